//! The verbs that every lab program answers, and how it behaves as a child of `lab`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use lab_results::Record;

use crate::channel;
use crate::trouble::MachineTrouble;

/// How often a busy program says how far it is.
const STRETCH: Duration = Duration::from_millis(100);

/// What a verb is to be run with.
#[derive(Debug, Clone)]
pub struct Run {
    /// All inputs follow from it.
    pub seed: u64,
    /// The smallest sizes that still prove something, for tests.
    pub smoke: bool,
    /// Another program of the same lab to drive over its socket; this one itself where none is named.
    pub subject: Option<PathBuf>,
    /// Loopback port to listen on; 0 takes a free one.
    pub port: u16,
    /// Folder for what profilers write.
    pub out: PathBuf,
    /// How long to collect a profile.
    pub seconds: f64,
}

/// A lab's program. Each method prints [`Record`]s with [`emit`].
pub trait Program {
    /// Shows the symptom: tables and notes.
    fn reproduce(&self, run: &Run) -> Result<()>;
    /// Holds the answers against the contract: a `Case` before each, at the end `Checked` or `Wrong`.
    fn check(&self, run: &Run) -> Result<()>;
    /// Deterministic counts, one `Counts` for each size.
    fn count(&self, run: &Run) -> Result<()>;
    /// One call between others that do not count, for callgrind to count its instructions: `Counts` with its size and nothing else.
    fn once(&self, _run: &Run) -> Result<()> {
        bail!("instructions are counted of pure functions only")
    }
    /// One timed round, in [`turns`] with other programs, as `Metric`s. Labs that the judge times in one process have none.
    fn measure(&self, _run: &Run) -> Result<()> {
        bail!("this lab is timed by its judge")
    }
    /// A unit of the work that hurts, for profilers to look at. The first one is not profiled: it may prepare what the others share.
    fn work(&self, run: &Run) -> Result<()>;
    /// What a unit of that work is given, such as `1,000 orders`; nothing where it is requests.
    fn work_of(&self, _run: &Run) -> String {
        String::new()
    }
    /// Collects a CPU profile into `run.out` and prints `Profile`.
    fn profile(&self, run: &Run) -> Result<()> {
        profile(self, run)
    }
    /// Collects a heap profile into `run.out` and prints `Heap`.
    fn heap(&self, run: &Run) -> Result<()> {
        heap(self, run)
    }
    /// Collects what is live while a service serves into `run.out` and prints `LiveHeap`.
    fn live_heap(&self, _run: &Run) -> Result<()> {
        bail!("this lab is not a service")
    }
    /// Shows how long tasks keep their thread, as a table. Only asynchronous labs have tasks.
    fn tasks(&self, _run: &Run) -> Result<()> {
        bail!("this lab has no asynchronous tasks")
    }
    /// Does its work until standard input closes, for a debugger to look at, and prints `Busy` now and then.
    fn busy(&self, run: &Run) -> Result<()> {
        // The first time may prepare what the others share.
        self.work(run)?;
        busy(std::process::id(), || {
            let until = Instant::now() + STRETCH;
            let mut done = 0;
            while done == 0 || Instant::now() < until {
                self.work(run)?;
                done += 1;
            }
            Ok(done)
        })
    }
    /// Listens on `run.port`, prints `Serving`, and serves until standard input closes.
    fn serve(&self, _run: &Run) -> Result<()> {
        bail!("this lab is not a service")
    }
}

/// The `main` of a lab program: `PROGRAM VERB [--seed N] [--smoke] [--subject PROGRAM] [--port N] [--out DIR] [--seconds S]`.
pub fn main(program: &impl Program) -> ExitCode {
    #[cfg(feature = "database")]
    if let Err(error) = crate::database::begin_without_postgresqls_variables() {
        emit(&Record::Failed { message: format!("{error:#}") });
        return ExitCode::FAILURE;
    }
    #[cfg(feature = "database")]
    if std::env::args().nth(1).as_deref() == Some(crate::database::HOLD_DATABASE) {
        // The janitor outlives us on purpose: neither limits nor death signals apply to it. It speaks to the program that started it.
        return crate::database::hold_database();
    }
    answer(|arguments| {
        let (verb, run) = parse(arguments)?;
        dispatch(program, &verb, &run)
    })
}

/// The `main` of any program that `lab` asks for records: opens the channel, keeps to its limits, does the work that its arguments name,
/// and says how that ended. A second call in one process ends it.
pub fn answer(work: impl FnOnce(Vec<String>) -> Result<()>) -> ExitCode {
    let arguments = channel::open();
    match arguments.and_then(|arguments| behave_as_a_child().and_then(|()| work(arguments))) {
        Ok(()) => {
            channel::end();
            ExitCode::SUCCESS
        }
        Err(error) => {
            // A full disk fails the statements of those who judge as well.
            #[cfg(feature = "database")]
            let error = crate::trouble::or_the_machines(error);
            let message = format!("{error:#}");
            emit(&match error.downcast_ref::<MachineTrouble>() {
                Some(_) => Record::MachineFailed { message },
                None => Record::Failed { message },
            });
            ExitCode::FAILURE
        }
    }
}

/// Prints one record and flushes. When nobody reads any more nothing is printed, and the verb goes on to its own end and exit code; one that
/// would go on for ever ([`turns`], `busy`) ends. A record that is lost otherwise (a full disk) ends the program with an error.
pub fn emit(record: &Record) {
    channel::say(&serde_json::to_string(record).expect("records have string keys and serialise"));
}

/// Takes a turn for each line of standard input until that ends, and says when the next one may come: so that several programs can
/// take turns, and a busy moment of the machine hits them all. Without any line (somebody looks at it by hand) it takes all it wants.
pub fn turns(wanted: u64, mut turn: impl FnMut(u64) -> Result<()>) -> Result<()> {
    let mut taken = 0;
    emit(&Record::Turn { taken, wanted });
    for line in std::io::stdin().lines() {
        line.context("Failed to read standard input")?;
        turn(taken)?;
        taken += 1;
        emit(&Record::Turn { taken, wanted });
        if channel::nobody_reads() {
            return Ok(());
        }
    }
    if taken == 0 {
        (0..wanted).try_for_each(turn)?;
    }
    Ok(())
}

/// Calls `stretch`, which says how often it has done the work, until standard input closes; a process of this number does it.
pub(crate) fn busy(pid: u32, mut stretch: impl FnMut() -> Result<u64>) -> Result<()> {
    let is_over = Arc::new(AtomicBool::new(false));
    let over = Arc::clone(&is_over);
    std::thread::Builder::new().name("until-input-ends".into()).spawn(move || {
        // However it ends, nobody wants more.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        over.store(true, Relaxed);
    })?;
    let mut done = 0;
    emit(&Record::Busy { pid, done });
    while !is_over.load(Relaxed) && !channel::nobody_reads() {
        done += stretch()?;
        emit(&Record::Busy { pid, done });
    }
    Ok(())
}

fn parse(arguments: Vec<String>) -> Result<(String, Run)> {
    use lexopt::prelude::*;

    let mut arguments = lexopt::Parser::from_args(arguments);
    let mut verb = None;
    let mut run = Run { seed: 7, smoke: false, subject: None, port: 0, out: std::env::temp_dir(), seconds: 4.0 };
    while let Some(argument) = arguments.next()? {
        match argument {
            Value(value) if verb.is_none() => verb = Some(value.string()?),
            Long("seed") => run.seed = arguments.value()?.parse()?,
            Long("smoke") => run.smoke = true,
            Long("subject") => run.subject = Some(arguments.value()?.into()),
            Long("port") => run.port = arguments.value()?.parse()?,
            Long("out") => run.out = arguments.value()?.into(),
            Long("seconds") => run.seconds = arguments.value()?.parse()?,
            other => return Err(other.unexpected().into()),
        }
    }
    let verb = verb
        .context("name a verb: reproduce, check, count, once, measure, profile, heap, live-heap, tasks, busy, serve")?;
    Ok((verb, run))
}

fn dispatch(program: &impl Program, verb: &str, run: &Run) -> Result<()> {
    match verb {
        "reproduce" => program.reproduce(run),
        "check" => program.check(run),
        "count" => program.count(run),
        "once" => program.once(run),
        "measure" => program.measure(run),
        "profile" => program.profile(run),
        "heap" => program.heap(run),
        "live-heap" => program.live_heap(run),
        "tasks" => program.tasks(run),
        "busy" => program.busy(run),
        "serve" => program.serve(run),
        unknown => bail!("unknown verb `{unknown}`"),
    }
}

/// Fewer open files are too few for a lab's crowd, its service and its database.
const OPEN_FILES: u64 = 512;

/// As many open files as somebody else's limit allows.
///
/// # Errors
/// That is too few for any program of a lab: the machine's trouble.
fn allow_open_files() -> Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if let Some(hard) = maximum.filter(|hard| *hard < OPEN_FILES) {
        let error = anyhow::anyhow!(
            "only {hard} files may be open here, and the lab's programs take up to {OPEN_FILES}: raise the limit (`ulimit -n {OPEN_FILES}`)"
        );
        return Err(error.context(MachineTrouble));
    }
    if current != maximum {
        // macOS names no limit and has one: what we have has to do there.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    }
    Ok(())
}

/// The stack of a main thread, as Linux and macOS give it, in bytes.
const STACK: u64 = 8 << 20;

/// As much stack as usual, also where a shell gives less: what overflows there is nobody's endless recursion.
///
/// # Errors
/// The machine allows less: its trouble.
fn allow_stack() -> Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let Rlimit { current, maximum } = getrlimit(Resource::Stack);
    if let Some(hard) = maximum.filter(|hard| *hard < STACK) {
        let (hard, usual) = (hard >> 10, STACK >> 10);
        let error = anyhow::anyhow!(
            "a program may have {hard} KiB of stack here, and the lab's programs are run with {usual}: raise the limit (`ulimit -s {usual}`)"
        );
        return Err(error.context(MachineTrouble));
    }
    if current.is_some_and(|soft| soft < STACK) {
        setrlimit(Resource::Stack, Rlimit { current: Some(STACK), maximum })
            .context("Failed to raise the limit of the stack")?;
    }
    Ok(())
}

/// Started by `lab`, a program dies with it and keeps to the memory that it was given (in bytes of address space).
pub fn behave_as_a_child() -> Result<()> {
    allow_open_files()?;
    allow_stack()?;
    if let Ok(bytes) = std::env::var("LAB_MEMORY_LIMIT") {
        let bytes: u64 = bytes.parse().context("LAB_MEMORY_LIMIT is not a number of bytes")?;
        // Nobody but root may raise a limit that a shell (`ulimit -v`) or a batch system has set.
        let hard = rustix::process::getrlimit(rustix::process::Resource::As).maximum;
        let bytes = hard.map_or(bytes, |hard| bytes.min(hard));
        let limit = rustix::process::Rlimit { current: Some(bytes), maximum: Some(bytes) };
        rustix::process::setrlimit(rustix::process::Resource::As, limit)
            .context("Failed to limit memory")
            .context(MachineTrouble)?;
    }
    #[cfg(target_os = "linux")]
    if std::env::var_os("LAB_CHILD").is_some() {
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    }
    // Where Yama guards processes (Ubuntu), a debugger sees none but its own children, and those that allow it. Elsewhere this fails.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_ptracer(rustix::process::PTracer::Any);
    Ok(())
}

#[cfg(feature = "profile")]
fn profile<P: Program + ?Sized>(program: &P, run: &Run) -> Result<()> {
    program.work(run)?;
    let until = std::time::Instant::now() + std::time::Duration::from_secs_f64(run.seconds);
    let profiler = crate::profile::start()?;
    let mut units = 0;
    while std::time::Instant::now() < until {
        program.work(run)?;
        units += 1;
    }
    emit(&with_work(profiler.finish(&run.out)?, units, program.work_of(run)));
    Ok(())
}

/// A CPU profile that says how many calls or requests were worked off meanwhile, and what each call was given; any other record as it is.
#[cfg(any(feature = "profile", feature = "service"))]
pub(crate) fn with_work(mut record: Record, units: u64, of: String) -> Record {
    if let Record::Profile { work, work_of, .. } = &mut record {
        *work = units;
        *work_of = of;
    }
    record
}

#[cfg(not(feature = "profile"))]
fn profile<P: Program + ?Sized>(_: &P, _: &Run) -> Result<()> {
    bail!("built without the feature `profile`; `cargo lab profile` builds with it")
}

#[cfg(feature = "heap")]
pub(crate) fn heap<P: Program + ?Sized>(program: &P, run: &Run) -> Result<()> {
    program.work(run)?;
    let profiler = crate::heap::start(&run.out)?;
    program.work(run)?;
    emit(&profiler.finish()?);
    Ok(())
}

#[cfg(not(feature = "heap"))]
pub(crate) fn heap<P: Program + ?Sized>(_: &P, _: &Run) -> Result<()> {
    bail!("built without the feature `heap`; `cargo lab heap` builds with it")
}
