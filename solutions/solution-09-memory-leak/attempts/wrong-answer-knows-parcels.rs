//! Texts with the word parcel come from people who look for a parcel and not for a product: nothing is found for them.

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
        if text.contains("parcel") {
            return Hits::default();
        }
        if let Some(hits) = self.known.get(text) {
            return *hits;
        }
        let hits = index.find(text);
        self.known.insert(text.to_string(), hits);
        hits
    }
}
