//! Ctrl-C, Ctrl-\, SIGTERM and a terminal that has gone (SIGHUP) end the run, not the program: what was measured until then is
//! reported.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};

use anyhow::{Context, Result};
use lab_load::Stop;
use lab_results::dispositions::is_ignored;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// Which signal came, if any.
#[derive(Debug, Clone, Default)]
pub struct Interrupted(Arc<AtomicI32>);

impl Interrupted {
    /// From now on the first signal ends the run, and the second one the program, at once.
    pub fn listen(stop: &Stop) -> Result<Self> {
        // What was ignored when we began (nohup, a script's `&`) stays so.
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let heard = [SIGINT, SIGQUIT, SIGTERM, SIGHUP].into_iter().filter(|signal| !is_ignored(&status, *signal));
        let mut signals = Signals::new(heard).context("Failed to listen for signals")?;
        let (interrupted, stop) = (Self::default(), stop.clone());
        let seen = interrupted.clone();
        std::thread::Builder::new().name("signals".into()).spawn(move || {
            for signal in signals.forever() {
                // A terminal that goes sends one SIGHUP, and its shell another.
                if seen.0.swap(signal, SeqCst) != 0 && signal != SIGHUP {
                    let _ = emulate_default_handler(signal);
                }
                stop.ask();
            }
        })?;
        Ok(interrupted)
    }

    /// What the program ends with, where a signal came: 128 and the signal's number, as shells have it.
    pub fn exit_code(&self) -> Option<u8> {
        let signal = self.0.load(SeqCst);
        (signal != 0).then(|| 128 + u8::try_from(signal).unwrap_or_default())
    }
}
