//! The load test's largest order, with one more line of its first article.

use crate::contract::{Decision, Evidence, Opinion, Review, order};

/// The review of all four.
pub fn review() -> Review {
    let mut basket = order(1_999);
    basket.push(basket[0].clone());
    Review {
        pr_231: Opinion {
            decision: Decision::Decline,
            evidence: Evidence::Allocations { lines: 40, on_main: 213, with_change: 213 },
        },
        pr_234: Opinion {
            decision: Decision::Merge,
            evidence: Evidence::Allocations { lines: 40, on_main: 213, with_change: 206 },
        },
        pr_237: Opinion { decision: Decision::Decline, evidence: Evidence::Slower { lines: 2_000, times: 4.0 } },
        pr_240: Opinion { decision: Decision::Decline, evidence: Evidence::Differs { order: basket } },
    }
}
