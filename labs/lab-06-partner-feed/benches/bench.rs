//! `make bench-06`: yours.

use lab_06_partner_feed::contract::FeedTotals;
use lab_06_partner_feed::feed::feed_totals;

fn main() {
    lab_harness::bench::kernel::<FeedTotals>("feed_totals", &[("yours", |feed| feed_totals(feed))]);
}
