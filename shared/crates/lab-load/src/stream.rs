//! Customers of one kind, and when they come.

use std::sync::Arc;
use std::time::Duration;

use crate::scenario::AnyScenario;
use crate::schedule::Schedule;

/// Customers of one kind.
pub(crate) struct Stream {
    pub(crate) scenario: Arc<dyn AnyScenario>,
    pub(crate) arrivals: Arrivals,
}

/// When they come.
pub(crate) enum Arrivals {
    Open(Schedule),
    Closed { users: usize, think: Duration, window: Duration },
}
