//! `cargo bench -p solution-06-partner-feed`: yours beside the reference.

use lab_06_partner_feed::feed::feed_totals as yours;
use solution_06_partner_feed::contract::FeedTotals;
use solution_06_partner_feed::feed::feed_totals as reference;

fn main() {
    lab_harness::bench::kernel::<FeedTotals>(
        "feed_totals",
        &[("yours", |feed| yours(feed)), ("reference", |feed| reference(feed))],
    );
}
