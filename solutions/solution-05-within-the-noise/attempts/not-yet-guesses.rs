//! All four decisions are right, and nothing proves them.
// misses: objections_231, objections_234, objections_237, objections_240

use crate::contract::{Decision, Evidence, Opinion, Review};

/// The review of all four.
pub fn review() -> Review {
    Review {
        pr_231: Opinion {
            decision: Decision::Decline,
            evidence: Evidence::TimedOnce { on_main_us: 13.4, with_change_us: 11.9 },
        },
        pr_234: Opinion {
            decision: Decision::Merge,
            evidence: Evidence::TimedOnce { on_main_us: 12.1, with_change_us: 12.0 },
        },
        pr_237: Opinion {
            decision: Decision::Decline,
            evidence: Evidence::TimedOnce { on_main_us: 12.6, with_change_us: 9.4 },
        },
        pr_240: Opinion {
            decision: Decision::Decline,
            evidence: Evidence::TimedOnce { on_main_us: 12.2, with_change_us: 5.6 },
        },
    }
}
