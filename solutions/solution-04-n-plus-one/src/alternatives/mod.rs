//! Other ways to the same page, each in a file that can stand in the place of the lab's. `make solution-04` compares them.

pub mod batched;
pub mod concurrent;
pub mod joined;
