//! Steps on the way to the solution, each in a file that can stand in the place of the lab's. `make solution-08` compares them, and the
//! attempts not-yet-1, -4 and -6 are links to them.

pub mod statements;
pub mod statements_and_text;
pub mod text_and_json;
