//! Ending a run early.

use std::sync::Arc;

use tokio::sync::watch;

/// Ends a run early. All clones are one.
#[derive(Debug, Clone)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}

impl Stop {
    /// Nobody has asked yet.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Ends the run, from any thread.
    pub fn ask(&self) {
        self.0.send_replace(true);
    }

    /// Whether somebody has asked.
    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    pub(crate) async fn asked(&self) {
        // The sender lives in us, so that it cannot be gone.
        let _ = self.0.subscribe().wait_for(|asked| *asked).await;
    }
}
