//! Other sizes, and another order.

use crate::contract::{Decision, Evidence, Opinion, Review, order_line};

/// The review of all four.
pub fn review() -> Review {
    Review {
        pr_231: Opinion {
            decision: Decision::Decline,
            evidence: Evidence::Allocations { lines: 500, on_main: 2_477, with_change: 2_477 },
        },
        pr_234: Opinion {
            decision: Decision::Merge,
            evidence: Evidence::Allocations { lines: 500, on_main: 2_477, with_change: 2_463 },
        },
        pr_237: Opinion { decision: Decision::Decline, evidence: Evidence::Slower { lines: 1500, times: 3.0 } },
        pr_240: Opinion {
            decision: Decision::Decline,
            evidence: Evidence::Differs {
                order: vec![
                    order_line("TEA", 2, 350),
                    order_line("MUG", 1, 990),
                    order_line("POT", 1, 2_990),
                    order_line("TEA", 1, 350),
                ],
            },
        },
    }
}
