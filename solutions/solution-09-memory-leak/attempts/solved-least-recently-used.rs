//! The least recently used goes first, by bytes: a second map knows the order.

use std::collections::{BTreeMap, HashMap};

use crate::contract::{Hits, Index};

/// What answers the requests of a process, from its start to its end.
#[derive(Default)]
pub struct SearchBox {
    known: HashMap<String, (Hits, u64)>,
    by_use: BTreeMap<u64, String>,
    bytes: usize,
    requests: u64,
}

impl SearchBox {
    /// The products for a text.
    pub fn answer(&mut self, index: &Index, text: &str) -> Hits {
        self.requests += 1;
        let now = self.requests;
        if let Some((hits, last)) = self.known.get_mut(text) {
            let text = self.by_use.remove(last).expect("in both");
            self.by_use.insert(now, text);
            *last = now;
            return *hits;
        }
        let hits = index.find(text);
        let bytes = |text: &str| 2 * text.len() + 224;
        if bytes(text) > 32 << 10 {
            return hits;
        }
        while self.bytes + bytes(text) > 256 << 10 {
            let Some((_, oldest)) = self.by_use.pop_first() else { break };
            self.known.remove(&oldest);
            self.bytes -= bytes(&oldest);
        }
        self.bytes += bytes(text);
        self.known.insert(text.to_string(), (hits, now));
        self.by_use.insert(now, text.to_string());
        hits
    }
}
