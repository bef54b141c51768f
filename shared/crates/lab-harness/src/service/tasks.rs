//! Every poll of every task on a service's runtime, recorded by dial9 and summed up by the line that spawned the task. Needs
//! `--cfg tokio_unstable`, which `cargo lab console` sets.

use std::cell::Cell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use dial9::core::clock_monotonic_ns;
use dial9::format::{Decoder, TraceEvent};
use dial9::{Dial9HandleTokioExt, DiskBuffer, Recorder, TokioAttachOptions, TokioHooks};
use lab_probe::thread_cpu_time;
use lab_results::{Record, SpawnSite, spawn_sites};
use serde::Deserialize;
use tokio::runtime::{Builder, Runtime};

use crate::program::Run;

#[cfg(not(tokio_unstable))]
compile_error!("the feature `tasks` needs RUSTFLAGS=\"--cfg tokio_unstable\": `cargo lab console NN` builds with it");

/// How long dial9 may take to write what it still has.
const PATIENCE: Duration = Duration::from_secs(5);

/// A recording of a runtime's tasks under way.
pub(super) struct Recording {
    recorder: Recorder,
    /// dial9 puts a number before the file's ending.
    trace: PathBuf,
    workers: usize,
}

impl Recording {
    /// A runtime with this many workers, and the recording of its tasks into `run.out`.
    pub(super) fn start(run: &Run, workers: usize) -> Result<(Runtime, Recording)> {
        let (asked, trace) = (run.out.join("tasks.bin"), run.out.join("tasks.0.bin"));
        // A trace of the run before would be taken for this one's.
        let _ = std::fs::remove_file(&trace);
        let writer = DiskBuffer::single_file(asked)
            .with_context(|| format!("Failed to write a trace into {}", run.out.display()))?;
        let recorder = dial9::recorder(writer).build();
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(workers).enable_all();
        let options =
            TokioAttachOptions::builder().task_tracking_enabled(true).tokio_hooks(cpu_times(&recorder)).build();
        let runtime = recorder.handle().attach_tokio_runtime(builder, options).context("Failed to start a runtime")?;
        Ok((runtime, Recording { recorder, trace, workers }))
    }

    /// The tasks by spawn site, once the runtime has shut down.
    pub(super) fn finish(self) -> Result<Record> {
        self.recorder.graceful_shutdown(PATIENCE);
        let (sites, span_ms) = read(&self.trace)?;
        Ok(Record::Table(spawn_sites::table(sites, span_ms * self.workers as f64)))
    }
}

/// Our own event in dial9's trace: the CPU time of a poll. dial9 takes wall time, most of which may be a preempted thread's.
#[derive(TraceEvent)]
struct PollCpu {
    #[traceevent(timestamp)]
    timestamp_ns: u64,
    #[traceevent(unit = "ns")]
    cpu_ns: u64,
    spawn_loc: String,
}

fn cpu_times(recorder: &Recorder) -> TokioHooks {
    thread_local!(static BEFORE: Cell<Duration> = const { Cell::new(Duration::ZERO) });
    let handle = recorder.handle().clone();
    let mut hooks = TokioHooks::default();
    hooks.on_before_task_poll(|_| BEFORE.set(thread_cpu_time()));
    hooks.on_after_task_poll(move |task| {
        let cpu_ns = (thread_cpu_time() - BEFORE.get()).as_nanos() as u64;
        let spawn_loc = task.spawned_at().to_string();
        handle.record_event(PollCpu { timestamp_ns: clock_monotonic_ns(), cpu_ns, spawn_loc });
    });
    hooks
}

/// What we read of a trace, by dial9's names.
#[derive(Deserialize)]
#[serde(tag = "event")]
enum Event {
    #[serde(rename = "TaskSpawnEvent")]
    Spawn {
        spawn_loc: String,
    },
    #[serde(rename = "PollStartEvent")]
    Start {
        timestamp_ns: u64,
        worker_id: u64,
        spawn_loc: String,
        scheduling_delay_ns: u64,
    },
    #[serde(rename = "PollEndEvent")]
    End {
        timestamp_ns: u64,
        worker_id: u64,
    },
    PollCpu {
        cpu_ns: u64,
        spawn_loc: String,
    },
    #[serde(other)]
    Other,
}

/// The spawn sites of a trace, and the milliseconds between its first poll and its last.
fn read(trace: &Path) -> Result<(Vec<SpawnSite>, f64)> {
    let of_file = || format!("Failed to read dial9's trace {}", trace.display());
    let bytes = std::fs::read(trace).with_context(of_file)?;
    let mut decoder = Decoder::new(&bytes).context("it does not begin as a trace").with_context(of_file)?;
    let (mut sites, mut polled) = (HashMap::<String, SpawnSite>::new(), HashMap::new());
    let (mut first, mut last, mut unknown) = (u64::MAX, 0, None);
    let ms = |ns: u64| ns as f64 / 1e6;
    decoder
        .for_each_event(|event| match event.deserialize() {
            Ok(Event::Spawn { spawn_loc }) => sites.entry(spawn_loc).or_default().tasks += 1,
            Ok(Event::Start { timestamp_ns, worker_id, spawn_loc, scheduling_delay_ns }) => {
                let site = sites.entry(spawn_loc.clone()).or_default();
                site.longest_wait_ms = site.longest_wait_ms.max(ms(scheduling_delay_ns));
                first = first.min(timestamp_ns);
                polled.insert(worker_id, (spawn_loc, timestamp_ns));
            }
            Ok(Event::End { timestamp_ns, worker_id }) => {
                // A poll whose beginning was not recorded has no length.
                if let Some((spawn_loc, began)) = polled.remove(&worker_id) {
                    let (site, poll_ms) = (sites.entry(spawn_loc).or_default(), ms(timestamp_ns.saturating_sub(began)));
                    site.polls += 1;
                    site.busy_ms += poll_ms;
                    site.longest_ms = site.longest_ms.max(poll_ms);
                    last = last.max(timestamp_ns);
                }
            }
            Ok(Event::PollCpu { cpu_ns, spawn_loc }) => {
                let site = sites.entry(spawn_loc).or_default();
                site.longest_cpu_ms = site.longest_cpu_ms.max(ms(cpu_ns));
            }
            Ok(Event::Other) => {}
            Err(error) => unknown = Some(anyhow!("{}: {error}", event.name)),
        })
        .map_err(|error| anyhow!("{error}"))
        .with_context(of_file)?;
    match unknown {
        Some(error) => Err(error.context(of_file())),
        None => {
            let named = sites.into_iter().map(|(location, site)| SpawnSite { location, ..site });
            Ok((named.collect(), ms(last.saturating_sub(first))))
        }
    }
}
