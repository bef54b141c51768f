//! What lies far beyond the noise is merged, with the times of its author.
// misses: objections_237, objections_240

use crate::contract::{Decision, Evidence, Opinion, Review};

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
            decision: Decision::Merge,
            evidence: Evidence::TimedOnce { on_main_us: 12.6, with_change_us: 9.4 },
        },
        pr_240: Opinion {
            decision: Decision::Merge,
            evidence: Evidence::TimedOnce { on_main_us: 12.2, with_change_us: 5.6 },
        },
    }
}
