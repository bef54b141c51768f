//! What was measured, as pages that people look at: a learner's report, and a trainer's board.
//!
//! Each page is one HTML file that needs nothing else: its style, charts and flamegraphs are inside, and a content security policy
//! keeps everything else out. Whatever a person or a program wrote is escaped where it is inserted. Nothing here reads a clock,
//! a file or a socket: the caller hands over texts, and gets a text.
//!
//! Without the feature `pages` this is only what a [`Page`] is of. `lab` fills one from what is on disk and hands it to this crate's
//! program as JSON, so that nobody compiles a page before they want to see one.

mod attempts;
mod handover;
mod sources;

#[cfg(feature = "pages")]
mod board;
#[cfg(feature = "pages")]
mod charts;
#[cfg(feature = "pages")]
mod document;
#[cfg(feature = "pages")]
mod flamegraph;
#[cfg(feature = "pages")]
mod page;
#[cfg(feature = "pages")]
mod prose;
#[cfg(feature = "pages")]
mod tables;
#[cfg(feature = "pages")]
mod words;

use serde::{Deserialize, Serialize};

pub use attempts::Attempt;
pub use handover::{Board, Handover, HandoverLab, Learner, read_handover};
pub use sources::{Answer, Diff, Gone, Lab, Picture, Program, Report, Runs, older_subject, parse};

/// A page that somebody wants.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Page {
    /// A learner's report, as one file.
    Report(Report),
    /// The same, served: it loads itself again once `/stamp` says something else than `stamp`.
    Live {
        /// What it shows.
        report: Report,
        /// What tells it from any other.
        stamp: String,
    },
    /// A trainer's board, as one file.
    Board(Board),
}

#[cfg(feature = "pages")]
impl Page {
    /// The page as HTML.
    pub fn html(&self) -> String {
        match self {
            Page::Report(report) => page::report(report),
            Page::Live { report, stamp } => page::live_report(report, stamp),
            Page::Board(board) => board::board(board),
        }
    }
}
