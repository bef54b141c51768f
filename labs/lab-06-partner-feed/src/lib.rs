//! Lab 06: partner-feed. The learner edits `feed.rs`.

use std::process::ExitCode;

pub mod contract;
pub mod feed;

/// The program.
pub fn main() -> ExitCode {
    lab_harness::kernel::main::<contract::FeedTotals>(|feed| feed::feed_totals(feed))
}
