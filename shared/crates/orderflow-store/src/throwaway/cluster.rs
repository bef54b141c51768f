use super::folder::Folder;
use super::orphan::{FAST_SHUTDOWN_WITHIN, POLL};
use super::programs::{command, find_on_path};
use super::{as_host, postgres_programs};
use crate::StoreError;
use rustix::process::{Pid, Signal, geteuid, kill_process, kill_process_group};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};
use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A socket's path must fit `sockaddr_un`: 108 bytes with the terminating zero on Linux, 104 on macOS.
const LONGEST_SOCKET_PATH: usize = 103;
const READY_WITHIN: Duration = Duration::from_secs(60);

/// A PostgreSQL server of our own, a child of this process, with all it has in one folder.
#[derive(Debug)]
pub(super) struct Cluster {
    url: String,
    server: Child,
    folder: Folder,
}

impl Cluster {
    pub(super) fn start(stop: &AtomicBool) -> Result<Self, StoreError> {
        let programs = postgres_programs()?;
        let account = Account::to_run_as()?;
        let folder = Folder::create()?;
        account.give(folder.path())?;
        initdb(&programs, &account, folder.path(), stop)?;
        let address = Address::choose(folder.path())?;
        let server = spawn_server(&programs, &account, folder.path(), &address)?;
        // From here on the server is stopped however this ends: the cluster's drop does it.
        let mut cluster = Cluster { url: address.url(), server, folder };
        cluster.wait_until_ready(stop)?;
        Ok(cluster)
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn remove(&mut self) -> Result<(), StoreError> {
        stop_child(&mut self.server);
        self.folder.remove()
    }

    /// Ready is when it lets us in: PostgreSQL listens earlier than it serves.
    fn wait_until_ready(&mut self, stop: &AtomicBool) -> Result<(), StoreError> {
        let options = PgConnectOptions::from_str(&self.url)
            .map_err(|error| StoreError::BadUrl { url: self.url.clone(), reason: error.to_string() })?;
        let runtime = super::scratch::runtime()?;
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            if stop.load(Ordering::Relaxed) {
                return Err(StoreError::Stopped);
            }
            if let Some(status) = self.server.try_wait().map_err(StoreError::io("watch the PostgreSQL server"))? {
                return Err(did_not_start(format!("it ended with {status}"), self.folder.path(), "server.log"));
            }
            let Err(refusal) = runtime.block_on(knock(&options)) else { return Ok(()) };
            if Instant::now() > deadline {
                let reason = format!("it lets nobody in after {} s: {refusal}", READY_WITHIN.as_secs());
                return Err(did_not_start(reason, self.folder.path(), "server.log"));
            }
            sleep(POLL);
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Nobody is left to tell; the next folder's sweep tries again.
        let _ = self.remove();
    }
}

async fn knock(options: &PgConnectOptions) -> Result<(), sqlx::Error> {
    let connection: PgConnection = options.connect().await?;
    connection.close().await
}

/// Whom PostgreSQL's programs run as: they refuse root.
struct Account {
    ids: Option<(u32, u32)>,
}

impl Account {
    fn to_run_as() -> Result<Self, StoreError> {
        if !geteuid().is_root() {
            return Ok(Account { ids: None });
        }
        let accounts = fs::read_to_string("/etc/passwd").map_err(StoreError::io("read /etc/passwd"))?;
        ["postgres", "nobody"].iter().find_map(|name| ids_of(&accounts, name)).map(|ids| Account { ids: Some(ids) }).ok_or_else(
            || StoreError::ClusterDidNotStart {
                reason: "PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody`; run this as an ordinary user".into(),
                log: String::new(),
            },
        )
    }

    fn give(&self, folder: &Path) -> Result<(), StoreError> {
        let Some((user, group)) = self.ids else { return Ok(()) };
        chown(folder, Some(user), Some(group)).map_err(StoreError::io(format!("hand {} over", folder.display())))
    }

    /// A command without our stdin and stdout (whoever reads those waits for their end).
    fn command(&self, program: &Path, folder: &Path, log: &str) -> Result<Command, StoreError> {
        let failed = || StoreError::io(format!("write {log} in {}", folder.display()));
        let output = File::create(folder.join(log)).map_err(failed())?;
        let errors = output.try_clone().map_err(failed())?;
        let mut command = command(program);
        command.current_dir(folder).stdin(Stdio::null()).stdout(output).stderr(errors);
        if let Some((user, group)) = self.ids {
            command.uid(user).gid(group);
        }
        Ok(command)
    }
}

fn ids_of(accounts: &str, name: &str) -> Option<(u32, u32)> {
    let mut fields =
        accounts.lines().map(|line| line.split(':')).find(|fields| fields.clone().next() == Some(name))?.skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

fn initdb(programs: &Path, account: &Account, folder: &Path, stop: &AtomicBool) -> Result<(), StoreError> {
    let mut command = account.command(&programs.join("initdb"), folder, "initdb.log")?;
    command.arg("-D").arg(folder.join("data"));
    // C sorts text by bytes, as SQLite does.
    command.args(["--no-sync", "--auth=trust", "--username=orderflow", "--encoding=UTF8", "--no-locale"]);
    // initdb starts programs of its own: a group lets us end them together.
    let mut child = command.process_group(0).spawn().map_err(StoreError::io(format!(
        "start initdb in {} (PostgreSQL's user must be able to reach it: set TMPDIR to a folder such as /tmp)",
        folder.display()
    )))?;
    loop {
        if let Some(status) = child.try_wait().map_err(StoreError::io("watch initdb"))? {
            return if status.success() {
                Ok(())
            } else {
                Err(did_not_start(format!("initdb ended with {status} in {}", folder.display()), folder, "initdb.log"))
            };
        }
        if stop.load(Ordering::Relaxed) {
            // Ending what has ended already is no failure.
            let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
            let _ = child.wait();
            return Err(StoreError::Stopped);
        }
        sleep(POLL);
    }
}

/// Where the server listens: a socket in its folder if the path is short enough, else a free loopback port.
enum Address {
    Socket(PathBuf),
    Port(u16),
}

impl Address {
    fn choose(folder: &Path) -> Result<Self, StoreError> {
        if folder.join(".s.PGSQL.5432").as_os_str().len() <= LONGEST_SOCKET_PATH {
            return Ok(Address::Socket(folder.to_owned()));
        }
        // Somebody could take the port before the server does; then it says so and the run is repeated.
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
        Ok(Address::Port(listener.map_err(StoreError::io("find a free port"))?.port()))
    }

    /// Port and `sslmode` are spelt out, so that PGPORT and PGSSLMODE in somebody's environment change nothing.
    fn url(&self) -> String {
        let (host, port) = match self {
            Address::Socket(folder) => (as_host(folder), 5432),
            Address::Port(port) => ("127.0.0.1".to_owned(), *port),
        };
        format!("postgres://orderflow@{host}:{port}/postgres?sslmode=disable")
    }

    fn settings(&self) -> [String; 3] {
        let (sockets, addresses, port) = match self {
            // The setting is a list: quotes keep a comma or a space in the path from ending the item.
            Address::Socket(folder) => (format!("\"{}\"", folder.display().to_string().replace('"', "\"\"")), "", 5432),
            Address::Port(port) => (String::new(), "127.0.0.1", *port),
        };
        [format!("unix_socket_directories={sockets}"), format!("listen_addresses={addresses}"), format!("port={port}")]
    }
}

fn spawn_server(programs: &Path, account: &Account, folder: &Path, address: &Address) -> Result<Child, StoreError> {
    let postgres = programs.join("postgres");
    let mut command = match dies_with_parent(&postgres) {
        Some(setpriv) => {
            let mut command = account.command(&setpriv, folder, "server.log")?;
            command.args(["--pdeathsig", "INT"]).arg(&postgres);
            command
        }
        None => account.command(&postgres, folder, "server.log")?,
    };
    command.arg("-D").arg(folder.join("data"));
    // Nothing here must outlive a power cut.
    let fixed =
        ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=100"].map(String::from);
    for setting in fixed.into_iter().chain(address.settings()) {
        command.arg("-c").arg(setting);
    }
    command.spawn().map_err(StoreError::io("start postgres"))
}

/// Linux can send a process a signal when its parent dies, even of SIGKILL. Asking for that in the child would take unsafe
/// code; util-linux's `setpriv` does it and then becomes the program. Where it is missing, or is BusyBox's, which cannot, a
/// server whose janitor was killed runs on until the next janitor's sweep.
fn dies_with_parent(postgres: &Path) -> Option<PathBuf> {
    let setpriv = find_on_path("setpriv").filter(|_| cfg!(target_os = "linux"))?;
    let mut probe = command(&setpriv);
    probe.args(["--pdeathsig", "INT"]).arg(postgres).arg("--version");
    let status = probe.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?;
    status.success().then_some(setpriv)
}

/// Fast shutdown first, which leaves no shared memory behind; then at once; then by force.
fn stop_child(server: &mut Child) {
    for signal in [Signal::INT, Signal::QUIT, Signal::KILL] {
        if let Ok(Some(_)) = server.try_wait() {
            return;
        }
        // Not yet waited for, so the number is still this server's.
        let _ = kill_process(Pid::from_child(server), signal);
        let deadline = Instant::now() + FAST_SHUTDOWN_WITHIN;
        while Instant::now() < deadline && matches!(server.try_wait(), Ok(None)) {
            sleep(POLL);
        }
    }
}

fn did_not_start(reason: String, folder: &Path, log: &str) -> StoreError {
    let text = fs::read(folder.join(log)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let tail = &lines[lines.len().saturating_sub(15)..];
    StoreError::ClusterDidNotStart { reason, log: tail.join("\n") }
}

#[cfg(test)]
mod tests {
    use super::{Address, ids_of};
    use std::path::PathBuf;

    #[test]
    fn accounts_are_found_by_their_whole_name() {
        let accounts =
            "root:x:0:0::/root:/bin/sh\npostgresql:x:7:7::/:\npostgres:x:101:104:PostgreSQL:/var:/bin/bash\n";
        assert_eq!(ids_of(accounts, "postgres"), Some((101, 104)));
        assert_eq!(ids_of(accounts, "nobody"), None);
    }

    #[test]
    fn a_long_path_gets_a_port() {
        assert!(matches!(Address::choose(&PathBuf::from("/tmp/short")), Ok(Address::Socket(_))));
        let long = PathBuf::from(format!("/tmp/{}", "x".repeat(100)));
        assert!(matches!(Address::choose(&long), Ok(Address::Port(port)) if port > 0));
    }
}
