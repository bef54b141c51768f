//! Pasted texts are not kept. Those of the others that come once are.
// misses: live_bytes, bytes_left_per_request

use std::collections::HashMap;

use crate::contract::{Hits, Index};

/// What answers the requests of a process, from its start to its end.
#[derive(Default)]
pub struct SearchBox {
    known: HashMap<String, Hits>,
}

impl SearchBox {
    /// The products for a text.
    pub fn answer(&mut self, index: &Index, text: &str) -> Hits {
        if let Some(hits) = self.known.get(text) {
            return *hits;
        }
        let hits = index.find(text);
        if text.len() <= 100 {
            self.known.insert(text.to_string(), hits);
        }
        hits
    }
}
