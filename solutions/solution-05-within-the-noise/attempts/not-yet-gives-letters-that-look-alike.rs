//! Two letters that look alike are two articles, on main as well.
// misses: objections_240

use crate::contract::{Decision, Evidence, Opinion, Review, order_line};

/// Each with what was measured again.
pub fn review() -> Review {
    Review {
        // The same requests for memory, and 1.00x when timed in turns: the same work in other words.
        pr_231: Opinion {
            decision: Decision::Decline,
            evidence: Evidence::Allocations { lines: 40, on_main: 213, with_change: 213 },
        },
        // Small, and no noise: seven requests less, each time.
        pr_234: Opinion {
            decision: Decision::Merge,
            evidence: Evidence::Allocations { lines: 40, on_main: 213, with_change: 206 },
        },
        // Each line walks over all articles so far.
        pr_237: Opinion { decision: Decision::Decline, evidence: Evidence::Slower { lines: 2_000, times: 4.0 } },
        // Customers do not sort their baskets.
        pr_240: Opinion {
            decision: Decision::Decline,
            evidence: Evidence::Differs {
                order: vec![order_line("ä", 1, 0), order_line("a\u{308}", 1, 0), order_line("", 1, 0)],
            },
        },
    }
}
