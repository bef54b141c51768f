//! What the judge is examined with: seven kinds of work, each compiled nine times from one source, so that two copies do exactly
//! the same and any difference that is found between them is the instrument's own. A longer run of the same work plants a slowdown
//! of a known size.

pub mod burn;
pub mod growth;
pub mod work;

pub use work::{COPIES, Class, Data};
