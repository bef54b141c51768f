//! The search box on the shop's first page. Most people look for the same few things, so what was found for a text is kept.

use std::collections::HashMap;

use crate::contract::{Hits, Index};

/// So many bytes are kept since the last change of generations, and at most as many from before it.
const GENERATION: usize = 128 << 10;

/// What an entry takes besides its text: a table is up to half empty.
const ENTRY: usize = 2 * size_of::<(String, Hits)>();

/// What answers the requests of a process, from its start to its end.
#[derive(Default)]
pub struct SearchBox {
    known: HashMap<String, Hits>,
    known_before: HashMap<String, Hits>,
    bytes: usize,
}

impl SearchBox {
    /// The products for a text.
    pub fn answer(&mut self, index: &Index, text: &str) -> Hits {
        if let Some(hits) = self.known.get(text) {
            return *hits;
        }
        let hits = self.known_before.get(text).copied().unwrap_or_else(|| index.find(text));
        self.keep(text, hits);
        hits
    }

    /// A text that is asked for moves on to each new generation; one that is not goes with the old one.
    fn keep(&mut self, text: &str, hits: Hits) {
        let bytes = text.len() + ENTRY;
        if bytes > GENERATION / 8 {
            return;
        }
        if self.bytes + bytes > GENERATION {
            self.known_before = std::mem::take(&mut self.known);
            self.bytes = 0;
        }
        self.bytes += bytes;
        self.known.insert(text.to_string(), hits);
    }
}
