//! Two generations of short texts, in a static that outlives the search box: nobody can give them back.
// misses: retained_bytes

use std::collections::HashMap;
use std::sync::Mutex;

use crate::contract::{Hits, Index};

/// What answers the requests of a process, from its start to its end.
#[derive(Default)]
pub struct SearchBox;

type Known = HashMap<String, Hits>;

static KNOWN: Mutex<Option<[Known; 2]>> = Mutex::new(None);

impl SearchBox {
    /// The products for a text.
    pub fn answer(&mut self, index: &Index, text: &str) -> Hits {
        let mut known = KNOWN.lock().expect("nobody panics with it");
        let [known, before] = known.get_or_insert_default();
        if let Some(hits) = known.get(text) {
            return *hits;
        }
        let hits = before.get(text).copied().unwrap_or_else(|| index.find(text));
        if known.len() >= 500 {
            *before = std::mem::take(known);
        }
        if text.len() <= 128 {
            known.insert(text.to_string(), hits);
        }
        hits
    }
}
