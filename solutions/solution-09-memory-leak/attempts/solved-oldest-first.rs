//! The oldest goes first, by bytes, used or not.

use std::collections::{HashMap, VecDeque};

use crate::contract::{Hits, Index};

/// What answers the requests of a process, from its start to its end.
#[derive(Default)]
pub struct SearchBox {
    known: HashMap<String, Hits>,
    by_age: VecDeque<String>,
    bytes: usize,
}

impl SearchBox {
    /// The products for a text.
    pub fn answer(&mut self, index: &Index, text: &str) -> Hits {
        if let Some(hits) = self.known.get(text) {
            return *hits;
        }
        let hits = index.find(text);
        let bytes = |text: &str| 2 * text.len() + 160;
        if bytes(text) > 32 << 10 {
            return hits;
        }
        while self.bytes + bytes(text) > 256 << 10 {
            let Some(oldest) = self.by_age.pop_front() else { break };
            self.known.remove(&oldest);
            self.bytes -= bytes(&oldest);
        }
        self.bytes += bytes(text);
        self.known.insert(text.to_string(), hits);
        self.by_age.push_back(text.to_string());
        hits
    }
}
