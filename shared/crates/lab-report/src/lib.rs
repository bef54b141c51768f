//! What was measured, as pages that people look at: a learner's report, and a trainer's board.
//!
//! Each page is one HTML file that needs nothing else: its style, charts and flamegraphs are inside, and a content security policy
//! keeps everything else out. Whatever a person or a program wrote is escaped where it is inserted. Nothing here reads a clock,
//! a file or a socket: the caller hands over texts, and gets a text.

mod attempts;
mod board;
mod charts;
mod document;
mod flamegraph;
mod handover;
mod page;
mod prose;
mod sources;
mod words;

pub use attempts::Attempt;
pub use board::{Learner, board};
pub use handover::{Handover, HandoverLab, read_handover};
pub use page::{live_report, report};
pub use sources::{Answer, Diff, Gone, Lab, Program, Report, Runs, Verb, parse};
