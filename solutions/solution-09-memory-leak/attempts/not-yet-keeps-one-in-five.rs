//! One of five texts is kept: what is hot will be among them soon, and the rest grows five times more slowly.
// misses: live_bytes, bytes_left_per_request

use std::collections::HashMap;

use crate::contract::{Hits, Index};

/// What answers the requests of a process, from its start to its end.
#[derive(Default)]
pub struct SearchBox {
    known: HashMap<String, Hits>,
    searches: u64,
}

impl SearchBox {
    /// The products for a text.
    pub fn answer(&mut self, index: &Index, text: &str) -> Hits {
        if let Some(hits) = self.known.get(text) {
            return *hits;
        }
        let hits = index.find(text);
        self.searches += 1;
        if self.searches.is_multiple_of(5) {
            self.known.insert(text.to_string(), hits);
        }
        hits
    }
}
