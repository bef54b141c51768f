//! Looks into the map while it holds on to what it found there.
// built apart: it does not compile

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
        let known = self.known.get(text);
        if self.known.len() >= 1_000 {
            self.known.clear();
        }
        *known.unwrap_or(&index.find(text))
    }
}
