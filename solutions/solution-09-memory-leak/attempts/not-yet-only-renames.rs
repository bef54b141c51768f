//! Other names for the same.
// misses: live_bytes, bytes_left_per_request

use std::collections::HashMap;

use crate::contract::{Hits, Index};

/// What answers the requests of a process, from its start to its end.
#[derive(Default)]
pub struct SearchBox {
    cache: HashMap<String, Hits>,
}

impl SearchBox {
    /// The products for a text.
    pub fn answer(&mut self, index: &Index, text: &str) -> Hits {
        if let Some(hits) = self.cache.get(text) {
            return *hits;
        }
        let hits = index.find(text);
        self.cache.insert(text.to_string(), hits);
        hits
    }
}
