//! Helpers, and the same opinions.

use crate::contract::{Decision, Evidence, Opinion, Review, order_line};

fn merge(evidence: Evidence) -> Opinion {
    Opinion { decision: Decision::Merge, evidence }
}

fn decline(evidence: Evidence) -> Opinion {
    Opinion { decision: Decision::Decline, evidence }
}

/// The review of all four.
pub fn review() -> Review {
    Review {
        pr_231: decline(Evidence::Allocations { lines: 40, on_main: 213, with_change: 213 }),
        pr_234: merge(Evidence::Allocations { lines: 40, on_main: 213, with_change: 206 }),
        pr_237: decline(Evidence::Slower { lines: 2_000, times: 4.0 }),
        pr_240: decline(Evidence::Differs {
            order: vec![order_line("A", 1, 100), order_line("B", 1, 100), order_line("A", 1, 100)],
        }),
    }
}
