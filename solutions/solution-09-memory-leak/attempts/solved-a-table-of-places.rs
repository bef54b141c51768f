//! A thousand places by hash, each for one text of at most 200 bytes: a new one takes the place of the old one.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::contract::{Hits, Index};

/// What answers the requests of a process, from its start to its end.
#[derive(Default)]
pub struct SearchBox {
    places: Vec<Option<(String, Hits)>>,
}

impl SearchBox {
    /// The products for a text.
    pub fn answer(&mut self, index: &Index, text: &str) -> Hits {
        if text.len() > 200 {
            return index.find(text);
        }
        self.places.resize(1_000, None);
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let place = &mut self.places[hasher.finish() as usize % 1_000];
        match place {
            Some((known, hits)) if known == text => *hits,
            _ => place.insert((text.to_string(), index.find(text))).1,
        }
    }
}
