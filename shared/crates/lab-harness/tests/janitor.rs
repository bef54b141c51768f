//! However a program ends, its janitor leaves no process and no folder behind.
//!
//! This test is its own victim: the janitor is a program's own file started again, so there is no test harness here, and
//! `main` knows the verbs. Each case has a temporary folder of its own, which must be empty in the end.
//!
//! Nothing depends on who started the tests: the victims begin with the system's own dispositions of signals and without PostgreSQL's
//! variables, and those that a failed case leaves are killed.

use lab_harness::database::{HOLD_DATABASE, hold_database, lease};
use lab_harness::program::{Program, Run};
use lab_harness::results::dispositions::is_ignored;
use orderflow_store::throwaway::postgres_programs;
use orderflow_store::{Backend, PoolSettings, StoreError, connect};
use rustix::process::{Pid, Resource, Signal, getrlimit, kill_process, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some(HOLD_DATABASE) => hold_database(),
        Some("victim") => victim(),
        Some("reproduce") => lab_harness::program::main(&TellsWhatItWasGiven),
        Some(WITH_SIGNALS_IGNORED) => {
            take_the_defaults_for_our_children();
            case(Backend::Sqlite, "interrupted, in a test that was told to ignore signals", interrupted);
            ExitCode::SUCCESS
        }
        _ => without_postgresqls_variables().unwrap_or_else(cases),
    }
}

/// The verb of a test that was started as `nohup` and a script's `&` start one.
const WITH_SIGNALS_IGNORED: &str = "with-signals-ignored";
/// A shell's words that start a program with every signal ignored that could end it.
const IGNORING: &str = "trap '' HUP INT QUIT TERM; exec \"$0\" \"$@\"";

/// sqlx reads PostgreSQL's variables in the process that connects, which this one is: it is run again without them.
fn without_postgresqls_variables() -> Option<ExitCode> {
    let steers: Vec<_> =
        std::env::vars_os().map(|(name, _)| name).filter(|name| name.to_string_lossy().starts_with("PG")).collect();
    if steers.is_empty() {
        return None;
    }
    let mut again = Command::new(std::env::current_exe().unwrap());
    steers.iter().for_each(|name| {
        again.env_remove(name);
    });
    panic!("{}", again.exec());
}

/// A signal that is ignored stays so in every child; one with a handler has its default there. So those that we were told to ignore get
/// a handler that does nothing.
fn take_the_defaults_for_our_children() {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM].into_iter().filter(|signal| is_ignored(&status, *signal)) {
        signal_hook::flag::register(signal, Arc::default()).unwrap();
    }
}

/// A program with a database that waits for its fate; with `VICTIM_PANICS` it brings it about itself.
fn victim() -> ExitCode {
    let lease = lease(Backend::from_env().unwrap()).unwrap();
    println!("{}", lease.url);
    assert!(std::env::var_os("VICTIM_PANICS").is_none(), "a panic in the middle of a run");
    // Whoever holds our input ends us with it, as where the tests are interrupted: we are in a group of our own.
    let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
    ExitCode::SUCCESS
}

fn cases() -> ExitCode {
    take_the_defaults_for_our_children();
    what_was_ignored_stays_ignored();
    a_program_is_told_postgresqls_variables_only_with_a_server();
    a_program_takes_the_files_and_the_stack_that_it_may_have_and_is_not_run_with_too_few();
    let mut ignoring = Command::new("sh");
    ignoring.args(["-c", IGNORING]).arg(std::env::current_exe().unwrap()).arg(WITH_SIGNALS_IGNORED);
    assert!(ignoring.status().unwrap().success(), "the test depends on how it was started");
    all_of(Backend::Sqlite);
    match postgres_programs() {
        Ok(programs) => {
            all_of(Backend::Postgres);
            the_server_does_not_outlive_a_killed_janitor(programs.into(), false);
            let path = std::env::var_os("PATH").unwrap_or_default();
            let setpriv =
                cfg!(target_os = "linux") && std::env::split_paths(&path).any(|it| it.join("setpriv").is_file());
            the_server_does_not_outlive_a_killed_janitor(path, setpriv);
            a_scratch_database_is_dropped();
        }
        Err(error) if std::env::var_os("LAB_CI").is_some() => panic!("LAB_CI is set: {error}"),
        Err(error) => eprintln!("skipped on PostgreSQL: {error}"),
    }
    ExitCode::SUCCESS
}

/// `nohup` means what it says: the janitor goes on until its input ends.
fn what_was_ignored_stays_ignored() {
    eprintln!("sqlite: signals that were ignored from the beginning");
    let folder = folder();
    let start = Start { backend: Backend::Sqlite, folder: folder.path(), variables: Vec::new() };
    let mut command = start.through(Command::new("sh"), HOLD_DATABASE);
    let (mut janitor, _) = answered(Started(command.spawn().unwrap()));
    for signal in [Signal::HUP, Signal::INT, Signal::TERM] {
        janitor = kill(janitor, signal);
    }
    if cfg!(target_os = "linux") {
        let status = fs::read_to_string(format!("/proc/{}/status", janitor.0.id())).unwrap();
        assert!([SIGHUP, SIGINT, SIGTERM].iter().all(|signal| is_ignored(&status, *signal)), "{status}");
        assert!(janitor.0.try_wait().unwrap().is_none() && !is_empty(folder.path()));
    }
    drop(janitor.0.stdin.take());
    assert!(janitor.0.wait().unwrap().success());
    until(|| is_clean(folder.path()), || what_is_left(folder.path()));
}

/// A lab's program that was started by hand, and says what it was told of PostgreSQL, and what it may have.
struct TellsWhatItWasGiven;

impl Program for TellsWhatItWasGiven {
    fn reproduce(&self, _: &Run) -> anyhow::Result<()> {
        let names = std::env::vars().map(|(name, _)| name).filter(|name| name.starts_with("PG"));
        println!("told: {}", names.collect::<Vec<_>>().join(" "));
        println!("open files: {}", getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX));
        println!("bytes of stack: {}", getrlimit(Resource::Stack).current.unwrap_or(u64::MAX));
        Ok(())
    }

    fn check(&self, _: &Run) -> anyhow::Result<()> {
        Ok(())
    }

    fn count(&self, _: &Run) -> anyhow::Result<()> {
        Ok(())
    }

    fn work(&self, _: &Run) -> anyhow::Result<()> {
        Ok(())
    }
}

/// They are about somebody's own server.
fn a_program_is_told_postgresqls_variables_only_with_a_server() {
    eprintln!("a program that was started with PostgreSQL's variables");
    for (server, told) in [("", "told: "), ("postgres://nobody@localhost/nothing", "told: PGOPTIONS")] {
        let mut program = Command::new(std::env::current_exe().unwrap());
        program.args(["reproduce", "--smoke"]).env("PGOPTIONS", "-c default_transaction_read_only=on");
        let said = program.env("DATABASE_URL", server).output().unwrap();
        let words = String::from_utf8(said.stdout).unwrap();
        assert_eq!((said.status.code(), words.lines().next()), (Some(0), Some(told)));
    }
}

/// Code that has too few open files, or too little stack, is not wrong.
fn a_program_takes_the_files_and_the_stack_that_it_may_have_and_is_not_run_with_too_few() {
    eprintln!("a program that was started with a limit of open files, or of its stack");
    for (limits, said, code) in [
        ("ulimit -Sn 128 && ulimit -Hn 700", "open files: 700", 0),
        ("ulimit -n 128", "\"type\":\"machine_failed\"", 1),
        ("ulimit -Ss 1024", "bytes of stack: 8388608", 0),
        ("ulimit -s 1024", "\"type\":\"machine_failed\"", 1),
    ] {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{limits} && exec \"$0\" reproduce --smoke")]).arg(std::env::current_exe().unwrap());
        let ended = shell.output().unwrap();
        let words = String::from_utf8(ended.stdout).unwrap();
        assert!(words.contains(said) && ended.status.code() == Some(code), "{limits}: {words}");
    }
}

fn all_of(backend: Backend) {
    case(backend, "killed", |start| kill(start.victim(), Signal::KILL));
    case(backend, "killed before there is a database", |start| kill(start.silent_victim(), Signal::KILL));
    case(backend, "interrupted at the terminal", interrupted);
    case(backend, "panicked", |start| {
        let mut victim = Start { variables: vec![("VICTIM_PANICS", "1".into())], ..*start }.victim();
        assert!(!victim.0.wait().unwrap().success());
        victim
    });
    case(backend, "its test has gone", |start| {
        let mut victim = start.victim();
        drop(victim.0.stdin.take());
        victim
    });
    case(backend, "its janitor was told to end", |start| kill(start.janitor().0, Signal::TERM));
    case(backend, "its janitor was interrupted early", |start| {
        let mut janitor = start.command(HOLD_DATABASE);
        // Nobody reads what it says, either.
        drop(janitor.0.stdout.take());
        let mut janitor = kill(janitor, Signal::INT);
        janitor.0.wait().unwrap();
        janitor
    });
}

/// Ctrl-C goes to the whole group of the terminal's foreground job.
fn interrupted(start: &Start) -> Started {
    let victim = start.victim();
    kill_process_group(victim.pid(), Signal::INT).unwrap();
    victim
}

/// `end` brings about the end of what it returns, which is kept until everything is clean, or this test fails.
fn case(backend: Backend, what: &str, end: impl FnOnce(&Start) -> Started) {
    eprintln!("{backend}: {what}");
    let folder = folder();
    let _ended = end(&Start { backend, folder: folder.path(), variables: Vec::new() });
    until(|| is_clean(folder.path()), || what_is_left(folder.path()));
}

/// SIGKILL leaves a janitor no time: the server ends by itself where `setpriv` could see to that, and the next janitor stops
/// what still runs and removes the folder.
fn the_server_does_not_outlive_a_killed_janitor(path: OsString, setpriv: bool) {
    eprintln!("postgres: its janitor was killed, {} setpriv", if setpriv { "with" } else { "without" });
    let folder = folder();
    let variables = vec![("PATH", path)];
    let start = Start { backend: Backend::Postgres, folder: folder.path(), variables };
    let (mut janitor, _) = start.janitor();
    janitor.0.kill().unwrap();
    // Its lock is free only when it is gone; a sweep before that would leave its folder alone.
    janitor.0.wait().unwrap();
    if setpriv {
        until(|| processes_in(folder.path()).is_empty(), || format!("{:?}", processes_in(folder.path())));
    }
    assert!(!is_empty(folder.path()));
    let next = Start { backend: Backend::Sqlite, ..start };
    let _next = kill(next.janitor().0, Signal::TERM);
    until(|| is_clean(folder.path()), || what_is_left(folder.path()));
}

fn a_scratch_database_is_dropped() {
    eprintln!("postgres: a scratch database on somebody's server");
    let folder = folder();
    // An empty variable names no server.
    let variables = vec![("DATABASE_URL", "".into())];
    let start = Start { backend: Backend::Postgres, folder: folder.path(), variables };
    let (server, server_url) = start.janitor();
    let start = Start { variables: vec![("DATABASE_URL", server_url.clone().into())], ..start };
    let (victim, scratch_url) = start.victim_and_url();
    assert!(scratch_url.contains("/orderflow_lab_") && answers(&scratch_url));
    let _victim = kill(victim, Signal::KILL);
    until(|| !answers(&scratch_url), || format!("{scratch_url} is still there"));
    assert!(answers(&server_url));
    let _server = kill(server, Signal::TERM);
    until(|| is_clean(folder.path()), || what_is_left(folder.path()));
}

struct Start<'a> {
    backend: Backend,
    folder: &'a Path,
    variables: Vec<(&'static str, OsString)>,
}

impl Start<'_> {
    fn command(&self, verb: &str) -> Started {
        Started(self.prepared(Command::new(std::env::current_exe().unwrap())).arg(verb).spawn().unwrap())
    }

    /// The same, started by a shell that ignores signals.
    fn through(&self, shell: Command, verb: &str) -> Command {
        let mut command = self.prepared(shell);
        command.args(["-c", IGNORING]).arg(std::env::current_exe().unwrap()).arg(verb);
        command
    }

    fn prepared(&self, mut command: Command) -> Command {
        command.env("TMPDIR", self.folder).env("DB", self.backend.as_str()).env_remove("DATABASE_URL");
        command.envs(self.variables.iter().cloned()).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command
    }

    /// A program that has a database.
    fn victim(&self) -> Started {
        self.victim_and_url().0
    }

    /// A program and the database it has.
    fn victim_and_url(&self) -> (Started, String) {
        let mut victim = self.command("victim");
        let url = line(&mut victim);
        (victim, url)
    }

    /// A program whose janitor has just started work.
    fn silent_victim(&self) -> Started {
        let victim = self.command("victim");
        until(|| !is_empty(self.folder), || "no janitor started".into());
        victim
    }

    /// A janitor of ours, with its database, and its standard input held open.
    fn janitor(&self) -> (Started, String) {
        answered(self.command(HOLD_DATABASE))
    }
}

/// A child of this test, which a failure does not leave behind: its janitor ends when its input does.
struct Started(Child);

impl Started {
    fn pid(&self) -> Pid {
        Pid::from_child(&self.0)
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // Where nothing failed it has ended, or is about to end with its input.
        if std::thread::panicking() && self.0.try_wait().is_ok_and(|ended| ended.is_none()) {
            let _ = kill_process_group(self.pid(), Signal::KILL);
            let _ = self.0.wait();
        }
    }
}

fn answered(mut janitor: Started) -> (Started, String) {
    let answer: serde_json::Value = serde_json::from_str(&line(&mut janitor)).unwrap();
    (janitor, answer["url"].as_str().unwrap().to_owned())
}

fn line(child: &mut Started) -> String {
    let mut line = String::new();
    BufReader::new(child.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

/// Signals a process whose standard input we hold open, so that it is the signal that ends it.
fn kill(child: Started, signal: Signal) -> Started {
    kill_process(child.pid(), signal).unwrap();
    child
}

/// A temporary folder that PostgreSQL's account can reach, too.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    folder
}

fn is_clean(folder: &Path) -> bool {
    is_empty(folder) && processes_in(folder).is_empty()
}

fn what_is_left(folder: &Path) -> String {
    let entries: Vec<_> = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.file_name()).collect();
    format!("left behind: {entries:?} {:?}", processes_in(folder))
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

/// The command lines that name the folder; without `/proc` none can be seen.
fn processes_in(folder: &Path) -> Vec<String> {
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let lines = processes.flatten().filter_map(|process| fs::read(process.path().join("cmdline")).ok());
    lines
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(&*folder.to_string_lossy()))
        .collect()
}

fn answers(url: &str) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    match runtime.block_on(connect(url, &PoolSettings::default())) {
        Ok(pool) => {
            runtime.block_on(pool.close());
            true
        }
        Err(StoreError::NoAnswer { .. } | StoreError::NotOpened { .. }) => false,
        Err(error) => panic!("{error}"),
    }
}

/// Ends as soon as it holds; the limit is only for the case that it never does.
fn until(holds: impl Fn() -> bool, otherwise: impl Fn() -> String) {
    let limit = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < limit, "{}", otherwise());
        sleep(Duration::from_millis(10));
    }
}
