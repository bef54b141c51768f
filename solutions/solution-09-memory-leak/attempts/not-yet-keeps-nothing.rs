//! Nothing is kept, so nothing grows; each request is searched for.
// misses: searches_per_hot_request

use crate::contract::{Hits, Index};

/// What answers the requests of a process, from its start to its end.
#[derive(Default)]
pub struct SearchBox;

impl SearchBox {
    /// The products for a text.
    pub fn answer(&mut self, index: &Index, text: &str) -> Hits {
        index.find(text)
    }
}
