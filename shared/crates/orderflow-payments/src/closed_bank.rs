//! A bank that lets everybody wait until it opens.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tokio::sync::{Notify, watch};

use crate::{Answering, Reply, answering};

/// A bank that answers nobody until it is opened, and then accepts every charge.
#[derive(Debug)]
pub struct ClosedBank {
    asked: AtomicU64,
    arrived: Notify,
    is_open: watch::Sender<bool>,
}

impl ClosedBank {
    /// Closed, and nobody has asked.
    pub fn new() -> Arc<ClosedBank> {
        Arc::new(ClosedBank { asked: AtomicU64::new(0), arrived: Notify::new(), is_open: watch::Sender::new(false) })
    }

    /// How it decides.
    pub fn answering(self: &Arc<ClosedBank>) -> Answering {
        let bank = Arc::clone(self);
        answering(move |_| {
            bank.asked.fetch_add(1, Relaxed);
            bank.arrived.notify_one();
            let mut is_open = bank.is_open.subscribe();
            async move {
                // An error only says that the payment is over, and that nobody hears the answer.
                let _opened = is_open.wait_for(|is_open| *is_open).await;
                Reply::Accepted
            }
        })
    }

    /// Completes when somebody has asked.
    pub async fn is_asked(&self) {
        self.arrived.notified().await;
    }

    /// Answers everybody from now on.
    pub fn open(&self) {
        self.is_open.send_replace(true);
    }

    /// How often it was asked.
    pub fn times_asked(&self) -> u64 {
        self.asked.load(Relaxed)
    }
}
