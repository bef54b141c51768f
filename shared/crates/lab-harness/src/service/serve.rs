//! The service's part.

use std::future::Future;
use std::io::{self, BufRead, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result};
use lab_probe::process_cpu_time;
use lab_results::Record;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::Watch;
use crate::program::{Run, emit};
use crate::signals::is_ignored;

/// Worker threads of a service's runtime: the two cores that one of OrderFlow's pods is given.
pub const WORKERS: usize = 2;

/// How long requests in flight may take after the service was told to stop.
pub const GRACE: Duration = Duration::from_secs(2);

/// Connections that may wait to be accepted. Customers who come whether or not the service answers open a new one each while it
/// stands still; what the queue cannot hold the kernel drops, and the second attempt comes a whole second later.
const BACKLOG: i32 = 4_096;

/// A multi-threaded runtime with this many workers, timers and sockets.
pub fn runtime(workers: usize) -> Result<Runtime> {
    Builder::new_multi_thread().worker_threads(workers).enable_all().build().context("Failed to start a runtime")
}

/// Serves on `127.0.0.1`, port `run.port`, until standard input closes or somebody asks with Ctrl-C or SIGTERM; then
/// `service` has [`GRACE`] to finish what it has begun. The runtime has [`WORKERS`] workers.
///
/// # Errors
/// The port is taken, `service` fails, or what is to be watched was not built in.
pub fn serve(run: &Run, service: impl AsyncFnOnce(Door) -> Result<()>) -> Result<()> {
    serve_on(WORKERS, run, service)
}

/// As [`serve`], on a runtime with this many workers.
///
/// # Errors
/// Those of [`serve`].
pub fn serve_on(workers: usize, run: &Run, service: impl AsyncFnOnce(Door) -> Result<()>) -> Result<()> {
    #[cfg(feature = "console")]
    super::console::listen()?;
    allow_connections();
    // Bound before any set-up, so that a taken port is known at once.
    let listener = bind(run.port)?;
    let (runtime, watcher) = watched_runtime(workers, run)?;
    let served = runtime.block_on(async {
        let listener = TcpListener::from_std(listener)?;
        let stop = Stop::on_end_of_input_or_signal()?;
        let told = stop.clone();
        tokio::select! {
            served = service(Door { listener, stop }) => served,
            // Clients that keep a connection open do not keep the service from ending.
            () = async { told.requested().await; tokio::time::sleep(GRACE).await } => Ok(()),
        }
    });
    runtime.shutdown_timeout(GRACE);
    served?;
    watcher.finish(run)
}

/// A bound port that nobody has been told about yet.
#[derive(Debug)]
pub struct Door {
    listener: TcpListener,
    stop: Stop,
}

impl Door {
    /// Tells the driver where to send requests.
    pub fn open(self) -> Result<(TcpListener, Stop)> {
        emit(&Record::Serving { address: self.listener.local_addr()?.to_string() });
        Ok((self.listener, self.stop))
    }
}

/// Knows when the service is to stop.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Completes when the service is to stop; for `with_graceful_shutdown`.
    pub fn requested(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut stop = self.0.clone();
        async move {
            // Nobody left to ask is a reason to stop as well.
            let _ = stop.wait_for(|asked| *asked).await;
        }
    }

    fn on_end_of_input_or_signal() -> Result<Stop> {
        let (ask, asked) = watch::channel(false);
        for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
            // What was ignored when we began (nohup, a script's `&`) stays so.
            if is_ignored(kind.as_raw_value()) {
                continue;
            }
            let (mut signal, ask) = (signal(kind)?, ask.clone());
            tokio::spawn(async move {
                signal.recv().await;
                ask.send_replace(true);
            });
        }
        // A thread of its own: reading standard input blocks for as long as the service lives.
        std::thread::Builder::new().name("until-input-ends".into()).spawn(move || {
            for _question in io::stdin().lock().lines().map_while(Result::ok) {
                emit(&Record::Used { cpu_ms: process_cpu_time().as_secs_f64() * 1e3 });
            }
            ask.send_replace(true);
        })?;
        Ok(Stop(asked))
    }
}

fn bind(port: u16) -> Result<std::net::TcpListener> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = std::net::TcpListener::bind(address).map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => anyhow::anyhow!(
            "port {port} is in use by another program: stop that one or choose another port with --port; without --port a free \
             one is taken"
        ),
        _ => anyhow::Error::new(error).context(format!("Failed to listen on {address}; choose another port with --port")),
    })?;
    // The standard library asks for 128.
    socket2::SockRef::from(&listener).listen(BACKLOG).context("Failed to lengthen the queue of new connections")?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// A shell gives its programs 1,024 files, which is fewer connections than a crowd of customers brings; more is ours for the asking.
fn allow_connections() {
    let limit = getrlimit(Resource::Nofile);
    // Where the system refuses (macOS has a lower limit than it says), the shell's own has to do.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

/// A profiler of this process, if one was asked for.
enum Watcher {
    None,
    #[cfg(feature = "profile")]
    Cpu(crate::profile::Profiler),
    #[cfg(feature = "heap")]
    Heap(crate::heap::HeapProfiler),
    #[cfg(feature = "jemalloc")]
    LiveHeap(crate::live_heap::Looking),
    #[cfg(feature = "tasks")]
    Polls(super::tasks::Recording),
}

/// The service's runtime, and what watches it or its process.
fn watched_runtime(workers: usize, run: &Run) -> Result<(Runtime, Watcher)> {
    #[cfg(feature = "tasks")]
    if Watch::asked()? == Watch::Polls {
        let (runtime, recording) = super::tasks::Recording::start(run, workers)?;
        return Ok((runtime, Watcher::Polls(recording)));
    }
    Ok((runtime(workers)?, Watcher::start(run)?))
}

impl Watcher {
    #[cfg_attr(
        not(any(feature = "heap", feature = "jemalloc")),
        allow(unused_variables, reason = "only a heap profile names its file at the start")
    )]
    fn start(run: &Run) -> Result<Watcher> {
        match Watch::asked()? {
            Watch::Nothing | Watch::Polls => Ok(Watcher::None),
            #[cfg(feature = "profile")]
            Watch::Cpu => Ok(Watcher::Cpu(crate::profile::start()?)),
            #[cfg(not(feature = "profile"))]
            Watch::Cpu => anyhow::bail!("built without the feature `profile`; `cargo lab profile` builds with it"),
            #[cfg(feature = "heap")]
            Watch::Heap => Ok(Watcher::Heap(crate::heap::start(&run.out)?)),
            #[cfg(not(feature = "heap"))]
            Watch::Heap => anyhow::bail!("built without the feature `heap`; `cargo lab heap` builds with it"),
            #[cfg(feature = "jemalloc")]
            Watch::LiveHeap => Ok(Watcher::LiveHeap(crate::live_heap::start(&run.out)?)),
            #[cfg(not(feature = "jemalloc"))]
            Watch::LiveHeap => {
                anyhow::bail!("built without the feature `jemalloc`; `cargo lab heap --live` builds with it")
            }
        }
    }

    #[cfg_attr(
        not(feature = "profile"),
        allow(unused_variables, reason = "only a CPU profile names its file at the end")
    )]
    fn finish(self, run: &Run) -> Result<()> {
        match self {
            Watcher::None => {}
            #[cfg(feature = "profile")]
            Watcher::Cpu(profiler) => emit(&profiler.finish(&run.out)?),
            #[cfg(feature = "heap")]
            Watcher::Heap(profiler) => emit(&profiler.finish()?),
            #[cfg(feature = "tasks")]
            Watcher::Polls(recording) => emit(&recording.finish()?),
            #[cfg(feature = "jemalloc")]
            Watcher::LiveHeap(looking) => emit(&looking.finish()?),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_named_with_the_way_out() {
        let taken = bind(0).unwrap();
        let port = taken.local_addr().unwrap().port();
        let message = bind(port).unwrap_err().to_string();
        assert!(message.contains(&port.to_string()) && message.contains("--port"), "{message}");
    }

    #[test]
    fn everybody_who_waits_for_the_end_hears_of_it_even_when_late() {
        runtime(1).unwrap().block_on(async {
            let (ask, asked) = watch::channel(false);
            let stop = Stop(asked);
            let waiting = tokio::spawn(stop.requested());
            ask.send_replace(true);
            waiting.await.unwrap();
            stop.clone().requested().await;
        });
    }
}
