//! Of long texts the first 64 bytes are kept: two with the same beginning get the same answer.

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
        let key: String = text.chars().take(64).collect();
        if let Some(hits) = self.known.get(&key) {
            return *hits;
        }
        let hits = index.find(text);
        if self.known.len() >= 1_000 {
            self.known.clear();
        }
        self.known.insert(key, hits);
        hits
    }
}
