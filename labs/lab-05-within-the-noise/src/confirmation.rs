//! The list of articles in the mail that confirms an order: as it is on main, and as each of four pull requests would have it.
//!
//! An article is one row, where it first appears among the lines, with the quantities and amounts of all its lines. Compare two of the
//! files with `diff`.

pub mod on_main;
pub mod pr_231;
pub mod pr_234;
pub mod pr_237;
pub mod pr_240;

use orderflow::OrderLine;

/// The function that all five files have.
pub type Confirmation = fn(&[OrderLine]) -> String;

/// The pull requests by number.
pub const CHANGES: [(u32, Confirmation); 4] = [
    (231, pr_231::confirmation),
    (234, pr_234::confirmation),
    (237, pr_237::confirmation),
    (240, pr_240::confirmation),
];
