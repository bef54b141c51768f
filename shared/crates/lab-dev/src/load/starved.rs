//! A generator that is not given the processor must say so, whatever the service answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Result;
use lab_results::gate::figure;
use lab_results::load::Outcome;
use serde::Serialize;

use super::said::Said;
use super::sheet::Sheet;
use super::tool::Tool;
use super::tools::{Ask, Load, Tools};
use super::{Measuring, verdict};
use crate::exam::Bar;

/// Threads that do nothing but compute beside the generator, on its core and with its priority: its share is 1/65.
const BURNERS: usize = 64;
/// A fast machine sends one request in some 6 us, which at this rate is twice that share: the generator falls behind on any machine.
const RATE: u32 = 5_000;
const SECONDS: f64 = 3.0;
/// What came due meanwhile is sent and answered afterwards.
const LIMIT: Duration = Duration::from_secs(60);

/// What ours said of a service that answers at once.
#[derive(Debug, Clone, Serialize)]
pub struct Starvation {
    /// With the core for itself.
    alone: Said,
    /// Beside the burners.
    starved: Said,
}

/// Runs ours alone, and beside the burners.
pub fn measure(tools: &Tools, url: &str, measuring: &Measuring) -> Result<Starvation> {
    let ask = Ask { url, scenario: "fast", load: Load::Even { rate: RATE, vus: None }, seconds: SECONDS };
    let alone = measuring.step("starved: alone, for comparison".into(), || tools.send(Tool::Ours, ask))?;
    let starved = measuring.step(format!("starved: beside {BURNERS} busy threads"), || beside_burners(tools, ask))?;
    Ok(Starvation { alone: alone.unwrap_or_default(), starved })
}

fn beside_burners(tools: &Tools, ask: Ask) -> Result<Said> {
    let mut burners = Burners::default();
    let generator = on_one_core(|| {
        burners.start();
        tools.start(Tool::Ours, ask)
    })?;
    let until = Instant::now() + Duration::from_secs_f64(ask.seconds) + Duration::from_secs(1);
    std::thread::sleep(until.saturating_duration_since(Instant::now()));
    drop(burners);
    generator.finish(LIMIT)
}

/// Threads of this process, so that none of them can outlive it; they end with this value.
#[derive(Default)]
struct Burners {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Burners {
    fn start(&mut self) {
        // Where nothing can be pinned they have to fill every core.
        let cores =
            if cfg!(target_os = "linux") { 1 } else { std::thread::available_parallelism().map_or(1, usize::from) };
        for _ in 0..BURNERS * cores {
            let stop = Arc::clone(&self.stop);
            self.threads.push(std::thread::spawn(move || {
                while !stop.load(Relaxed) {
                    std::hint::spin_loop();
                }
            }));
        }
    }
}

impl Drop for Burners {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        for thread in self.threads.drain(..) {
            // It has nothing to tell.
            let _ = thread.join();
        }
    }
}

/// Keeps the threads and processes that `start` starts on one core; this thread goes back to where it was.
#[cfg(target_os = "linux")]
fn on_one_core<T>(start: impl FnOnce() -> Result<T>) -> Result<T> {
    use anyhow::Context;
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    let allowed = sched_getaffinity(None).context("Failed to ask for this thread's cores")?;
    let last = (0..CpuSet::MAX_CPU).rev().find(|&core| allowed.is_set(core)).context("This thread has no core")?;
    let mut one = CpuSet::new();
    one.set(last);
    // Threads and processes inherit it from the thread that starts them.
    sched_setaffinity(None, &one).context("Failed to keep to one core")?;
    let started = start();
    sched_setaffinity(None, &allowed).context("Failed to use all cores again")?;
    started
}

#[cfg(not(target_os = "linux"))]
fn on_one_core<T>(start: impl FnOnce() -> Result<T>) -> Result<T> {
    start()
}

impl Starvation {
    /// The table, with the reasons below it.
    pub fn sheet(&self) -> Sheet {
        let row = |name: &str, said: &Said| {
            let p99 = said.latency.as_ref().map_or("-".into(), |at| figure(at.p99_ms));
            vec![name.to_string(), figure(said.sent as f64), p99, verdict(said)]
        };
        Sheet {
            headings: vec!["lab-load at 5,000/s, even", "sent", "p99 ms", "verdict (exit code)"],
            rows: vec![row("alone", &self.alone), row("beside 64 busy threads on its core", &self.starved)],
            notes: self.starved.reasons.iter().map(|reason| format!("Why it is INVALID: {reason}.")).collect(),
        }
    }

    /// The starved run must be refused; the other one shows that it was for the burners.
    pub fn bars(&self, is_lenient: bool) -> Vec<Bar> {
        let invalid = i32::from(Outcome::Invalid.exit_code());
        let (alone, starved) = (&self.alone, &self.starved);
        vec![
            Bar {
                name: "a starved generator".into(),
                asked: format!("INVALID, exit code {invalid}, with reasons"),
                found: format!("{}, reasons: {}", verdict(starved), starved.reasons.len()),
                is_reached: starved.outcome == Some(Outcome::Invalid)
                    && starved.exit_code == Some(invalid)
                    && !starved.reasons.is_empty(),
                is_asserted: true,
            },
            Bar {
                name: "the same load, alone".into(),
                asked: "PASS".into(),
                found: verdict(alone),
                is_reached: alone.outcome == Some(Outcome::Pass),
                // Such a machine may itself be as busy as the burners make another.
                is_asserted: !is_lenient,
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_starved_generator_that_passes_misses_its_bar() {
        let said = |outcome: Outcome, reasons: &[&str]| Said {
            outcome: Some(outcome),
            exit_code: Some(i32::from(outcome.exit_code())),
            reasons: reasons.iter().map(|reason| reason.to_string()).collect(),
            ..Said::default()
        };
        let reached = |starved: Said| Starvation { alone: said(Outcome::Pass, &[]), starved }.bars(false)[0].is_reached;
        assert!(reached(said(Outcome::Invalid, &["late"])));
        assert!(!reached(said(Outcome::Invalid, &[])));
        assert!(!reached(said(Outcome::Pass, &[])));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_is_started_keeps_to_one_core_and_we_do_not() {
        use rustix::thread::sched_getaffinity;

        let before = sched_getaffinity(None).expect("asked").count();
        let inside = on_one_core(|| {
            let child = std::thread::spawn(|| sched_getaffinity(None).expect("asked").count());
            Ok(child.join().expect("it ends"))
        });
        assert_eq!(inside.expect("pinned"), 1);
        assert_eq!(sched_getaffinity(None).expect("asked").count(), before);
    }
}
