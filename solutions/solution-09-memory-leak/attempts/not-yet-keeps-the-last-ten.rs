//! The last ten texts: too few for what many people ask for.
// misses: searches_per_hot_request

use std::collections::VecDeque;

use crate::contract::{Hits, Index};

/// What answers the requests of a process, from its start to its end.
#[derive(Default)]
pub struct SearchBox {
    last: VecDeque<(String, Hits)>,
}

impl SearchBox {
    /// The products for a text.
    pub fn answer(&mut self, index: &Index, text: &str) -> Hits {
        if let Some((_, hits)) = self.last.iter().find(|(last, _)| last == text) {
            return *hits;
        }
        let hits = index.find(text);
        if text.len() <= 1_000 {
            self.last.truncate(9);
            self.last.push_front((text.to_string(), hits));
        }
        hits
    }
}
