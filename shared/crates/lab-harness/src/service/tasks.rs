//! Every poll of every task on a service's runtime, recorded by dial9 and summed up by the line that spawned the task. Needs
//! `--cfg tokio_unstable`, which `cargo lab console` sets.

use std::cell::Cell;
use std::collections::HashMap;
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use dial9::core::{Encodable, ThreadLocalEncoder, clock_monotonic_ns};
use dial9::format::{Decoder, InternedString, TraceEvent};
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
        let options = TokioAttachOptions::builder().task_tracking_enabled(true).tokio_hooks(times(&recorder)).build();
        let runtime = recorder.handle().attach_tokio_runtime(builder, options).context("Failed to start a runtime")?;
        Ok((runtime, Recording { recorder, trace, workers }))
    }

    /// The tasks by spawn site, once the runtime has shut down.
    pub(super) fn finish(self) -> Result<Record> {
        self.recorder.graceful_shutdown(PATIENCE);
        let (sites, span_ms) =
            read(&self.trace).with_context(|| format!("Failed to read dial9's trace {}", self.trace.display()))?;
        Ok(Record::Table(spawn_sites::table(sites, span_ms * self.workers as f64)))
    }
}

/// Our own event in dial9's trace: a poll that ended. dial9's begin and end tell the worker and no CPU time; under `block_in_place`
/// two threads are the same worker, and nobody can tell which begin an end belongs to.
struct Polled {
    timestamp_ns: u64,
    wall_ns: u64,
    cpu_ns: u64,
    spawn_loc: &'static Location<'static>,
}

#[derive(TraceEvent)]
struct PolledEvent {
    #[traceevent(timestamp)]
    timestamp_ns: u64,
    #[traceevent(unit = "ns")]
    wall_ns: u64,
    #[traceevent(unit = "ns")]
    cpu_ns: u64,
    spawn_loc: InternedString,
}

impl Encodable for Polled {
    fn encode(&self, encoder: &mut ThreadLocalEncoder<'_>) {
        let &Polled { timestamp_ns, wall_ns, cpu_ns, .. } = self;
        let spawn_loc = encoder.intern_string(&self.spawn_loc.to_string());
        encoder.encode(&PolledEvent { timestamp_ns, wall_ns, cpu_ns, spawn_loc });
    }
}

fn times(recorder: &Recorder) -> TokioHooks {
    thread_local!(static BEFORE: Cell<(u64, Duration)> = const { Cell::new((0, Duration::ZERO)) });
    let handle = recorder.handle().clone();
    let mut hooks = TokioHooks::default();
    hooks.on_before_task_poll(|_| BEFORE.set((clock_monotonic_ns(), thread_cpu_time())));
    hooks.on_after_task_poll(move |task| {
        let (timestamp_ns, (began_ns, cpu_before)) = (clock_monotonic_ns(), BEFORE.get());
        let cpu_ns = (thread_cpu_time() - cpu_before).as_nanos() as u64;
        let wall_ns = timestamp_ns.saturating_sub(began_ns);
        handle.record_event(Polled { timestamp_ns, wall_ns, cpu_ns, spawn_loc: task.spawned_at() });
    });
    hooks
}

/// What we read of a trace, by the names that events have in it.
#[derive(Deserialize)]
#[serde(tag = "event")]
enum Seen {
    TaskSpawnEvent {
        spawn_loc: String,
    },
    PollStartEvent {
        spawn_loc: String,
        scheduling_delay_ns: u64,
    },
    PolledEvent {
        timestamp_ns: u64,
        wall_ns: u64,
        cpu_ns: u64,
        spawn_loc: String,
    },
    #[serde(other)]
    Other,
}

/// The spawn sites of a trace, and the milliseconds from the first poll's begin to the last one's end.
fn read(trace: &Path) -> Result<(Vec<SpawnSite>, f64)> {
    let bytes = std::fs::read(trace)?;
    let mut decoder = Decoder::new(&bytes).context("it does not begin as a trace")?;
    let mut sites = HashMap::<String, SpawnSite>::new();
    let (mut first_ns, mut last_ns, mut unreadable) = (u64::MAX, 0, None);
    let ms = |ns: u64| ns as f64 / 1e6;
    let read = decoder.for_each_event(|event| match event.deserialize() {
        Ok(Seen::TaskSpawnEvent { spawn_loc }) => sites.entry(spawn_loc).or_default().tasks += 1,
        Ok(Seen::PollStartEvent { spawn_loc, scheduling_delay_ns }) => {
            let site = sites.entry(spawn_loc).or_default();
            site.longest_wait_ms = site.longest_wait_ms.max(ms(scheduling_delay_ns));
        }
        Ok(Seen::PolledEvent { timestamp_ns, wall_ns, cpu_ns, spawn_loc }) => {
            let site = sites.entry(spawn_loc).or_default();
            site.polls += 1;
            site.busy_ms += ms(wall_ns);
            site.longest_ms = site.longest_ms.max(ms(wall_ns));
            site.longest_cpu_ms = site.longest_cpu_ms.max(ms(cpu_ns));
            first_ns = first_ns.min(timestamp_ns - wall_ns);
            last_ns = last_ns.max(timestamp_ns);
        }
        Ok(Seen::Other) => {}
        Err(error) => unreadable = Some(anyhow!("{}: {error}", event.name)),
    });
    read.map_err(|error| anyhow!("{error}"))?;
    match unreadable {
        Some(error) => Err(error),
        None => {
            let named = sites.into_iter().map(|(location, site)| SpawnSite { location, ..site });
            Ok((named.collect(), ms(last_ns.saturating_sub(first_ns))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::task::{block_in_place, yield_now};

    fn compute(cpu: Duration) {
        let until = thread_cpu_time() + cpu;
        while thread_cpu_time() < until {}
    }

    #[test]
    fn tasks_are_counted_and_timed_by_the_line_that_spawned_them() {
        let folder = tempfile::tempdir().unwrap();
        let run = Run { seed: 7, smoke: true, subject: None, port: 0, out: folder.path().into(), seconds: 0.0 };
        let (runtime, recording) = Recording::start(&run, 2).unwrap();
        runtime.block_on(async {
            let turns = async |n: u32| {
                for _ in 0..n {
                    yield_now().await;
                }
            };
            let polite: Vec<_> = (0..5).map(|_| tokio::spawn(turns(3))).collect();
            let blocking = tokio::spawn(async { block_in_place(|| compute(Duration::from_millis(30))) });
            for task in polite {
                task.await.unwrap();
            }
            blocking.await.unwrap();
        });
        runtime.shutdown_timeout(PATIENCE);
        let trace = recording.trace.clone();
        let Record::Table(table) = recording.finish().unwrap() else { panic!("no table") };
        assert_eq!(table.rows.len(), 2, "{table:?}");
        let (mut sites, span_ms) = read(&trace).unwrap();
        sites.sort_by_key(|site| site.tasks);
        let [blocking, polite] = &sites[..] else { panic!("{sites:?}") };
        assert!(sites.iter().all(|site| site.location.contains("src/service/tasks.rs:")), "{sites:?}");
        // A task is polled once more than it yields.
        assert_eq!((polite.tasks, polite.polls, blocking.tasks, blocking.polls), (5, 20, 1, 1));
        assert!(blocking.longest_cpu_ms >= 30.0 && blocking.longest_ms >= 30.0, "{blocking:?}");
        assert!(blocking.longest_cpu_ms > 8.0 * polite.longest_cpu_ms, "{blocking:?} {polite:?}");
        assert!(span_ms >= blocking.longest_ms);
    }

    #[test]
    fn a_file_that_is_no_trace_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tasks.0.bin");
        std::fs::write(&file, "nothing of the kind").unwrap();
        assert!(read(&file).is_err());
    }
}
