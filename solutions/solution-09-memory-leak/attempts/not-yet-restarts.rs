//! Begins anew after each 20,000 requests, as the restart does: what is held is the smaller, the more often.
// misses: live_bytes

use std::collections::HashMap;

use crate::contract::{Hits, Index};

/// What answers the requests of a process, from its start to its end.
#[derive(Default)]
pub struct SearchBox {
    known: HashMap<String, Hits>,
    requests: u64,
}

impl SearchBox {
    /// The products for a text.
    pub fn answer(&mut self, index: &Index, text: &str) -> Hits {
        self.requests += 1;
        if self.requests.is_multiple_of(20_000) {
            self.known = HashMap::new();
        }
        if let Some(hits) = self.known.get(text) {
            return *hits;
        }
        let hits = index.find(text);
        self.known.insert(text.to_string(), hits);
        hits
    }
}
