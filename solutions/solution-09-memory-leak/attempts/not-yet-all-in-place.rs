//! No allocation at all: six thousand places in the search box itself, for texts of at most two hundred bytes. It holds them from the first request on.
// misses: live_bytes

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::contract::{Hits, Index};

/// What answers the requests of a process, from its start to its end.
pub struct SearchBox {
    places: [Place; 6_000],
}

#[derive(Clone, Copy)]
struct Place {
    length: usize,
    text: [u8; 200],
    hits: Hits,
}

impl Default for SearchBox {
    fn default() -> Self {
        SearchBox { places: [Place { length: usize::MAX, text: [0; 200], hits: [0; 10] }; 6_000] }
    }
}

impl SearchBox {
    /// The products for a text.
    pub fn answer(&mut self, index: &Index, text: &str) -> Hits {
        if text.len() > 200 {
            return index.find(text);
        }
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let place = &mut self.places[hasher.finish() as usize % 6_000];
        if place.length != text.len() || &place.text[..text.len()] != text.as_bytes() {
            place.hits = index.find(text);
            place.length = text.len();
            place.text[..text.len()].copy_from_slice(text.as_bytes());
        }
        place.hits
    }
}
