//! Lab 06 solved.

use std::process::ExitCode;

pub use lab_06_partner_feed::contract;
pub mod feed;

/// The program.
pub fn main() -> ExitCode {
    lab_harness::kernel::main::<contract::FeedTotals>(|feed| feed::feed_totals(feed))
}
