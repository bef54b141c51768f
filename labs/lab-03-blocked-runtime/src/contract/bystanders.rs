//! Who is kept waiting by a sign-in, for benches.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use lab_harness::service;
use orderflow_accounts::{Accounts, Credentials, SignIn, credentials};
use tokio::runtime::Runtime;
use tokio::task::yield_now;

/// Cheap tasks beside a sign-in on a runtime with a single worker.
#[derive(Debug)]
pub struct Bystanders {
    single: Runtime,
    accounts: Arc<Accounts>,
    typed: Credentials,
}

impl Bystanders {
    /// All accounts of a seed.
    pub fn new(seed: u64) -> Result<Bystanders> {
        let typed = credentials(seed).swap_remove(3);
        Ok(Bystanders { single: service::runtime(1)?, accounts: Arc::new(Accounts::of_seed(seed)), typed })
    }

    /// How long fifty of them take when somebody has just begun to sign in.
    pub fn wait(&self, part: SignIn) -> Duration {
        let signing_in = (part.sign_in)(Arc::clone(&self.accounts), self.typed.clone());
        self.single.block_on(async {
            let signing_in = tokio::spawn(signing_in);
            let started = Instant::now();
            let cheap: Vec<_> = (0..50).map(|_| tokio::spawn(yield_now())).collect();
            for task in cheap {
                let _ = task.await;
            }
            let waited = started.elapsed();
            // One sign-in at a time.
            let _answer = signing_in.await;
            waited
        })
    }
}
