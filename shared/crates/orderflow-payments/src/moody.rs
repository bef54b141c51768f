//! A bank that treats each order in its own way.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::{Answering, Reply, answering};

/// How a bank treats an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mood {
    /// What it replies to the first charge.
    pub first: Reply,
    /// What it replies to each later one.
    pub later: Reply,
    /// How long it takes.
    pub latency: Duration,
}

impl Mood {
    /// Quick, and always with this reply.
    pub const fn quick(reply: Reply) -> Mood {
        Mood { first: reply, later: reply, latency: Duration::from_millis(2) }
    }
}

/// A bank with these moods, by the order's reference; all other orders it accepts quickly.
pub fn moody(moods: impl IntoIterator<Item = (String, Mood)>) -> Answering {
    let moods: HashMap<String, Mood> = moods.into_iter().collect();
    let seen = Mutex::new(HashSet::new());
    answering(move |charge| {
        let mood = moods.get(&charge.reference).copied().unwrap_or(Mood::quick(Reply::Accepted));
        let is_first = seen.lock().unwrap_or_else(PoisonError::into_inner).insert(charge.reference);
        async move {
            tokio::time::sleep(mood.latency).await;
            if is_first { mood.first } else { mood.later }
        }
    })
}
