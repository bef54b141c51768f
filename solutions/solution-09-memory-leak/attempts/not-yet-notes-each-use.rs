//! The least recently used goes first, and few bytes are kept. But each use is noted in a queue, and the notes of what stays are never dropped.
// misses: live_bytes, bytes_left_per_request

use std::collections::{HashMap, VecDeque};

use crate::contract::{Hits, Index};

/// What answers the requests of a process, from its start to its end.
#[derive(Default)]
pub struct SearchBox {
    known: HashMap<String, (Hits, u64)>,
    uses: VecDeque<(String, u64)>,
    bytes: usize,
    requests: u64,
}

impl SearchBox {
    /// The products for a text.
    pub fn answer(&mut self, index: &Index, text: &str) -> Hits {
        self.requests += 1;
        let now = self.requests;
        self.uses.push_back((text.to_string(), now));
        if let Some((hits, last)) = self.known.get_mut(text) {
            *last = now;
            return *hits;
        }
        let hits = index.find(text);
        self.bytes += text.len() + 128;
        self.known.insert(text.to_string(), (hits, now));
        while self.bytes > 128 << 10 {
            let Some((text, at)) = self.uses.pop_front() else { break };
            if self.known.get(&text).is_some_and(|(_, last)| *last == at) {
                self.known.remove(&text);
                self.bytes -= text.len() + 128;
            }
        }
        hits
    }
}
