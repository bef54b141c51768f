//! A thousand texts of at most 200 bytes: entries times length are bytes, too.

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
        if text.len() <= 200 {
            if self.known.len() >= 1_000 {
                self.known.clear();
            }
            self.known.insert(text.to_string(), hits);
        }
        hits
    }
}
