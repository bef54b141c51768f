//! A database for one run, held by a process of its own.
//!
//! A program that is interrupted, panics or is killed cannot tidy up after itself. So it does not hold its database:
//! [`lease`] starts the same program again with the hidden verb [`HOLD_DATABASE`], as a **janitor** in a process group of its
//! own, which a Ctrl-C at the terminal does not reach. The janitor makes the database, prints where it is, and waits until
//! its standard input ends. That happens when the lease is dropped, and however else the program ends; then it removes all.

use crate::signals::is_ignored;
use anyhow::{Context, anyhow, bail};
use lab_results::Record;
use lab_results::names::database_name;
use orderflow_store::throwaway::Throwaway;
use orderflow_store::{Backend, StoreError};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use crate::trouble::MachineTrouble;

/// The hidden verb under which a program must call [`hold_database`].
pub const HOLD_DATABASE: &str = "hold-database";
/// A PostgreSQL server of the learner's own.
const SERVER_URL: &str = "DATABASE_URL";

/// An empty database that exists as long as this value.
#[derive(Debug)]
pub struct Lease {
    /// Where it is: made for `orderflow_store::connect`.
    pub url: String,
    janitor: Child,
    /// Its end tells the janitor to tidy up.
    stdin: Option<ChildStdin>,
}

/// Starts a janitor and waits until its database is there. The server for `DB=postgres` is the one that `DATABASE_URL`
/// names, or one of our own.
pub fn lease(backend: Backend) -> anyhow::Result<Lease> {
    lease_of(backend).context(MachineTrouble)
}

fn lease_of(backend: Backend) -> anyhow::Result<Lease> {
    let program = std::env::current_exe().context("Could not find this program's own file to start its janitor")?;
    let mut command = Command::new(&program);
    for name in misleading_variables() {
        command.env_remove(name);
    }
    let mut janitor = command
        .arg(HOLD_DATABASE)
        .env(Backend::VARIABLE, backend.as_str())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .with_context(|| format!("Could not start `{} {HOLD_DATABASE}`", program.display()))?;
    let stdin = janitor.stdin.take();
    let stdout = janitor.stdout.take();
    // From here on the lease's drop waits for the janitor, whatever it answers.
    let mut lease = Lease { url: String::new(), janitor, stdin };
    let mut line = String::new();
    if let Some(stdout) = stdout {
        BufReader::new(stdout).read_line(&mut line).context("Could not read the janitor's answer")?;
    }
    match serde_json::from_str(&line) {
        Ok(Record::Database { url }) => lease.url = url,
        Ok(Record::Failed { message }) => bail!("{message}"),
        _ => bail!(
            "The janitor of the {} database ended without an answer; run `DB={backend} {} {HOLD_DATABASE}` to see why",
            database_name(backend.as_str()),
            program.display()
        ),
    }
    Ok(lease)
}

/// sqlx reads PostgreSQL's variables in the process that connects, which is this one: it is run again without those that mislead it.
pub(crate) fn begin_without_postgresqls_variables() -> anyhow::Result<()> {
    let misleading = misleading_variables();
    if misleading.is_empty() {
        return Ok(());
    }
    let mut again = Command::new(std::env::current_exe().context("Could not find this program's own file")?);
    for name in misleading {
        again.env_remove(name);
    }
    Err(again.args(std::env::args_os().skip(1)).exec()).context("Could not begin again without PostgreSQL's variables")
}

/// PostgreSQL's own variables are about somebody's own server; where there is none, the one that we start must not obey them.
fn misleading_variables() -> Vec<OsString> {
    let names = std::env::vars_os().map(|(name, _)| name);
    names.filter(|name| server().is_none() && name.to_string_lossy().starts_with("PG")).collect()
}

impl Drop for Lease {
    fn drop(&mut self) {
        drop(self.stdin.take());
        // It has said on stderr what it could not remove; there is nothing to add.
        let _ = self.janitor.wait();
    }
}

/// The janitor's whole life, to be called for the verb [`HOLD_DATABASE`]: makes the database that `DB` and `DATABASE_URL`
/// ask for, answers, waits for the end of standard input or a signal, removes the database.
pub fn hold_database() -> ExitCode {
    match hold() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Whoever reads stdout may be gone, and stderr with it: neither may stop us, so no println! and no eprintln!.
            let _ = writeln!(io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn hold() -> anyhow::Result<()> {
    let stop = Arc::new(AtomicBool::new(false));
    let (sender, stopped) = channel();
    stop_on_signal(stop.clone(), sender.clone())?;
    stop_on_end_of_input(stop.clone(), sender)?;

    // On the main thread: Linux would end the server together with the thread that started it.
    let throwaway = match create(&stop) {
        Ok(throwaway) => throwaway,
        Err(StoreError::Stopped) => return Ok(()),
        Err(error) => return answer(&Record::Failed { message: error.to_string() }),
    };
    if answer(&Record::Database { url: throwaway.url().into() }).is_ok() {
        // An error means that nobody is left who could say stop: the same thing.
        let _ = stopped.recv();
    }
    throwaway.remove().map_err(|error| anyhow!(error))
}

fn create(stop: &AtomicBool) -> Result<Throwaway, StoreError> {
    Throwaway::create(Backend::from_env()?, server().as_deref(), stop)
}

fn server() -> Option<String> {
    std::env::var(SERVER_URL).ok().filter(|url| !url.is_empty())
}

/// The janitor's one line.
fn answer(record: &Record) -> anyhow::Result<()> {
    let line = serde_json::to_string(record)?;
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}").and_then(|()| stdout.flush()).context("Nobody reads the janitor's answer")
}

fn stop_on_signal(stop: Arc<AtomicBool>, stopped: Sender<()>) -> anyhow::Result<()> {
    // What was ignored when we began (nohup, a script's `&`) stays so; then the end of standard input ends us, as it does anyhow.
    let heard = [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|signal| !is_ignored(*signal));
    let mut signals = Signals::new(heard).context("Could not listen for signals")?;
    thread::Builder::new().name("signals".into()).spawn(move || {
        for _ in signals.forever() {
            stop.store(true, Ordering::Relaxed);
            let _ = stopped.send(());
        }
    })?;
    Ok(())
}

fn stop_on_end_of_input(stop: Arc<AtomicBool>, stopped: Sender<()>) -> anyhow::Result<()> {
    thread::Builder::new().name("until-input-ends".into()).spawn(move || {
        // What is written to a janitor means nothing; a read that fails is an end, too.
        let mut ignored = [0; 64];
        while io::stdin().lock().read(&mut ignored).is_ok_and(|count| count > 0) {}
        stop.store(true, Ordering::Relaxed);
        let _ = stopped.send(());
    })?;
    Ok(())
}
