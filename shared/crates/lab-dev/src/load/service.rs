//! A service that is loaded, as a child.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};

use super::analytic::{PERIOD_MS, STALL_MS};
use lab_core::child::Sees;
use lab_core::runner::{Call, Session};

/// A service that does not listen after so long hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// A running service; it ends with this value.
pub struct Service {
    _session: Session,
    /// Where it listens, as `http://127.0.0.1:PORT`.
    pub url: String,
}

impl Service {
    /// The one that stands still, with the rhythm that [`super::analytic`] computes with.
    pub fn stalling(program: &Path) -> Result<Self> {
        Self::start(program, &["--period-ms", &PERIOD_MS.to_string(), "--stall-ms", &STALL_MS.to_string()])
    }

    /// Starts a program that can `serve`, on a free port.
    pub fn start(program: &Path, options: &[&str]) -> Result<Self> {
        let arguments = ["serve", "--port", "0"].iter().chain(options).map(ToString::to_string).collect();
        let call = Call { arguments, limit: LIMIT, sees: Sees::Surroundings, ..Call::default() };
        let mut session = Session::with_input(program, &call)?;
        match session.address() {
            Some(address) => Ok(Service { _session: session, url: format!("http://{address}") }),
            None => {
                session.finish()?.finished()?;
                bail!("{} ended before it listened", program.display())
            }
        }
    }
}
