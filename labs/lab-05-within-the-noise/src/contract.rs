//! What a review says, and what the judge asks of it. The judge uses its own copy of this file.

mod grade;
mod program;

use orderflow::random::SplitMix64;
use orderflow::{Cents, PRODUCTS, product};

pub use orderflow::OrderLine;
pub use program::main;

/// The review of all four pull requests.
#[derive(Debug, Clone, PartialEq)]
pub struct Review {
    /// "Iterators in place of loops"
    pub pr_231: Opinion,
    /// "Make room for the articles at once"
    pub pr_234: Opinion,
    /// "No map for a handful of articles"
    pub pr_237: Opinion,
    /// "An article's lines stand together"
    pub pr_240: Opinion,
}

/// Whether to merge, and what proves it. The judge measures again what you claim.
#[derive(Debug, Clone, PartialEq)]
pub struct Opinion {
    /// A pull request is merged when it saves work, keeps the text of every order as it is, and is nowhere much slower.
    pub decision: Decision,
    /// One proof is enough. It has to hold, and to speak for the decision.
    pub evidence: Evidence,
}

/// What becomes of a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It goes to production.
    Merge,
    /// It does not.
    Decline,
}

/// What can be measured again.
#[derive(Debug, Clone, PartialEq)]
pub enum Evidence {
    /// Main and the change were timed once each, in microseconds.
    TimedOnce {
        /// Main.
        on_main_us: f64,
        /// The change.
        with_change_us: f64,
    },
    /// What one call asks of the allocator, for [`order`]`(lines)`. Fewer requests speak for a change. The same number says that the same
    /// work is done, and that nothing is saved.
    Allocations {
        /// The order's lines.
        lines: usize,
        /// Requests on main.
        on_main: u64,
        /// Requests with the change.
        with_change: u64,
    },
    /// For [`order`]`(lines)` the change takes at least this many times as much CPU time as main, and at least [`MUCH_SLOWER`] times. The
    /// judge must find half of what you say or more: so far from 1 no clock has to be exact.
    Slower {
        /// The order's lines.
        lines: usize,
        /// CPU time of the change, divided by main's.
        times: f64,
    },
    /// For this order the text is not the one that main writes. Use [`order_line`] to make the lines.
    Differs {
        /// The order's lines.
        order: Vec<OrderLine>,
    },
}

/// The largest order that the shop takes, in lines.
pub const MOST_LINES: usize = 2_000;
/// The order that the pull requests were timed with, in lines.
pub const LINES: usize = 40;
/// Nobody argues about the noise of a change that takes so many times as much CPU time.
pub const MUCH_SLOWER: f64 = 2.0;

/// The order of the load test with so many lines: the same one each time. It is sorted by article.
pub fn order(lines: usize) -> Vec<OrderLine> {
    order_of(5, lines)
}

/// Another order of the same kind for each seed. One line in five repeats the article of the line before it.
fn order_of(seed: u64, lines: usize) -> Vec<OrderLine> {
    let mut random = SplitMix64::new(seed);
    let mut order: Vec<OrderLine> = Vec::new();
    while order.len() < lines {
        let quantity = 1 + random.below(9) as u32;
        let again = order.last().filter(|_| random.below(5) == 0).map(|last| last.product);
        let article = product(again.unwrap_or_else(|| 1 + random.below(u64::from(PRODUCTS)) as u32));
        let (product, unit_price) = (article.id, article.unit_price);
        order.push(OrderLine { product, sku: article.sku, name: article.name, quantity, unit_price });
    }
    order.sort_by_key(|line| line.product);
    order
}

/// A line of an order: `order_line("SKU-00042", 2, 1_999)` is two of that article at 19.99 each.
pub fn order_line(sku: &str, quantity: u32, cents: i64) -> OrderLine {
    OrderLine { product: 0, sku: sku.into(), name: format!("Article {sku}"), quantity, unit_price: Cents(cents) }
}
