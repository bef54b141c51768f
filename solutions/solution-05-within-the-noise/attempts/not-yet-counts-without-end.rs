//! The largest number that there is, twice.
// misses: objections_240

use crate::contract::{Decision, Evidence, Opinion, Review};

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
        pr_240: Opinion {
            decision: Decision::Merge,
            evidence: Evidence::Allocations { lines: 40, on_main: u64::MAX, with_change: u64::MAX },
        },
    }
}
