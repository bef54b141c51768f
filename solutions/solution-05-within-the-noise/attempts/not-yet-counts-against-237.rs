//! Its counts are right, and they speak for it.
// misses: objections_237

use crate::contract::{Decision, Evidence, Opinion, Review, order_line};

/// The review of all four.
pub fn review() -> Review {
    Review {
        pr_231: Opinion {
            decision: Decision::Decline,
            evidence: Evidence::Allocations { lines: 40, on_main: 213, with_change: 213 },
        },
        pr_234: Opinion {
            decision: Decision::Merge,
            evidence: Evidence::Allocations { lines: 40, on_main: 213, with_change: 206 },
        },
        pr_237: Opinion {
            decision: Decision::Decline,
            evidence: Evidence::Allocations { lines: 2000, on_main: 9064, with_change: 7034 },
        },
        pr_240: Opinion {
            decision: Decision::Decline,
            evidence: Evidence::Differs {
                order: vec![order_line("A", 1, 100), order_line("B", 1, 100), order_line("A", 1, 100)],
            },
        },
    }
}
