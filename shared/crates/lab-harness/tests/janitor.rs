//! However a program ends, its janitor leaves no process and no folder behind.
//!
//! This test is its own victim: the janitor is a program's own file started again, so there is no test harness here, and
//! `main` knows the verbs. Each case has a temporary folder of its own, which must be empty in the end.

use lab_harness::database::{HOLD_DATABASE, hold_database, lease};
use orderflow_store::throwaway::postgres_programs;
use orderflow_store::{Backend, PoolSettings, StoreError, connect};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some(HOLD_DATABASE) => hold_database(),
        Some("victim") => victim(),
        _ => cases(),
    }
}

/// A program with a database that waits for its fate; with `VICTIM_PANICS` it brings it about itself.
fn victim() -> ExitCode {
    let lease = lease(Backend::from_env().unwrap()).unwrap();
    println!("{}", lease.url);
    assert!(std::env::var_os("VICTIM_PANICS").is_none(), "a panic in the middle of a run");
    loop {
        std::thread::park();
    }
}

fn cases() -> ExitCode {
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

fn all_of(backend: Backend) {
    case(backend, "killed", |start| kill(&start.victim(), Signal::KILL));
    case(backend, "killed before there is a database", |start| kill(&start.silent_victim(), Signal::KILL));
    case(backend, "interrupted at the terminal", |start| {
        // Ctrl-C goes to the whole group of the terminal's foreground job.
        kill_process_group(Pid::from_child(&start.victim().0), Signal::INT).unwrap();
    });
    case(backend, "panicked", |start| start.panicking_victim());
    case(backend, "its janitor was told to end", |start| kill(&start.janitor(), Signal::TERM));
    case(backend, "its janitor was interrupted early", |start| {
        let mut janitor = start.command(HOLD_DATABASE);
        // Nobody reads what it says, either.
        drop(janitor.stdout.take());
        kill_process(Pid::from_child(&janitor), Signal::INT).unwrap();
        janitor.wait().unwrap();
    });
}

fn case(backend: Backend, what: &str, end: impl FnOnce(&Start)) {
    eprintln!("{backend}: {what}");
    let folder = folder();
    end(&Start { backend, folder: folder.path(), variables: Vec::new() });
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
    janitor.kill().unwrap();
    // Its lock is free only when it is gone; a sweep before that would leave its folder alone.
    janitor.wait().unwrap();
    if setpriv {
        until(|| processes_in(folder.path()).is_empty(), || format!("{:?}", processes_in(folder.path())));
    }
    assert!(!is_empty(folder.path()));
    let next = Start { backend: Backend::Sqlite, ..start };
    kill(&next.janitor(), Signal::TERM);
    until(|| is_clean(folder.path()), || what_is_left(folder.path()));
}

fn a_scratch_database_is_dropped() {
    eprintln!("postgres: a scratch database on somebody's server");
    let folder = folder();
    let start = Start { backend: Backend::Postgres, folder: folder.path(), variables: Vec::new() };
    let (server, server_url) = start.janitor();
    let start = Start { variables: vec![("DATABASE_URL", server_url.clone().into())], ..start };
    let (victim, scratch_url) = start.victim();
    assert!(scratch_url.contains("/orderflow_lab_") && answers(&scratch_url));
    kill(&(victim, String::new()), Signal::KILL);
    until(|| !answers(&scratch_url), || format!("{scratch_url} is still there"));
    assert!(answers(&server_url));
    kill(&(server, String::new()), Signal::TERM);
    until(|| is_clean(folder.path()), || what_is_left(folder.path()));
}

struct Start<'a> {
    backend: Backend,
    folder: &'a Path,
    variables: Vec<(&'static str, OsString)>,
}

impl Start<'_> {
    fn command(&self, verb: &str) -> Child {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg(verb).env("TMPDIR", self.folder).env("DB", self.backend.as_str()).env_remove("DATABASE_URL");
        command.envs(self.variables.iter().cloned()).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
    }

    /// A program and the database it has.
    fn victim(&self) -> (Child, String) {
        let mut victim = self.command("victim");
        let url = line(&mut victim);
        (victim, url)
    }

    /// A program whose janitor has just started work.
    fn silent_victim(&self) -> (Child, String) {
        let victim = self.command("victim");
        until(|| !is_empty(self.folder), || "no janitor started".into());
        (victim, String::new())
    }

    fn panicking_victim(&self) {
        let start = Start { variables: vec![("VICTIM_PANICS", "1".into())], ..*self };
        let (mut victim, _) = start.victim();
        assert!(!victim.wait().unwrap().success());
    }

    /// A janitor of ours, with its database, and its standard input held open.
    fn janitor(&self) -> (Child, String) {
        let mut janitor = self.command(HOLD_DATABASE);
        let answer: serde_json::Value = serde_json::from_str(&line(&mut janitor)).unwrap();
        (janitor, answer["url"].as_str().unwrap().to_owned())
    }
}

fn line(child: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

/// Signals a process whose standard input we hold open, so that it is the signal that ends it.
fn kill((child, _): &(Child, String), signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
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
        Err(StoreError::NoAnswer { .. }) => false,
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
