//! The search box on the shop's first page. Most people look for the same few things, so what was found for a text is kept.

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
        self.known.insert(text.to_string(), hits);
        hits
    }
}
