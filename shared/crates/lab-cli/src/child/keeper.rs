//! Who ends what we started when we were killed and cannot: builds and tools, which know nothing of us.
//!
//! `lab` starts itself once more with [`VERB`], in a group of its own, and tells it on its standard input which groups begin and end.
//! That input closes however `lab` ends; what has begun by then and not ended is ended.

use std::io::{BufRead, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ExitCode, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::alive::is_alive;
use super::environment::{Sees, command};

/// The hidden verb.
pub const VERB: &str = "end-what-is-left";
/// How long what is left may take to end on its own before it is killed.
const GRACE: Duration = Duration::from_secs(3);

struct Keeper {
    child: Child,
    words: ChildStdin,
}

static KEEPER: Mutex<Option<Keeper>> = Mutex::new(None);

/// A group has begun that does not end with us by itself.
pub fn begins(group: Pid) {
    let mut keeper = KEEPER.lock().expect("no thread panics with this lock");
    if keeper.is_none() {
        *keeper = start();
    }
    tell(&mut keeper, '+', group);
}

/// A group has ended.
pub fn ended(group: Pid) {
    tell(&mut KEEPER.lock().expect("no thread panics with this lock"), '-', group);
}

/// Nothing is left to keep: to be called where this process ends or becomes another program, so that nobody has to bury it.
pub fn dismiss() {
    if let Some(Keeper { mut child, words }) = KEEPER.lock().expect("no thread panics with this lock").take() {
        drop(words);
        // Whether it was still there makes no difference.
        let _ = child.wait();
    }
}

/// A keeper only guards against SIGKILL: where none can be started, or it was killed itself, we go on without.
fn start() -> Option<Keeper> {
    // Also where the file was built anew meanwhile.
    let own = if cfg!(target_os = "linux") { "/proc/self/exe".into() } else { std::env::current_exe().ok()? };
    let mut keeper = command(own, Sees::Surroundings);
    keeper
        .arg(VERB)
        .current_dir("/")
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = keeper.spawn().ok()?;
    let words = child.stdin.take()?;
    Some(Keeper { child, words })
}

fn tell(keeper: &mut Option<Keeper>, what: char, group: Pid) {
    if let Some(keeper) = keeper {
        let _ = writeln!(keeper.words, "{what}{}", group.as_raw_nonzero());
    }
}

/// The keeper's whole life.
pub fn keep(words: impl BufRead) -> ExitCode {
    let mut groups: Vec<Pid> = Vec::new();
    for line in words.lines().map_while(Result::ok) {
        let Some((what, group)) = read(&line) else { continue };
        groups.retain(|other| *other != group);
        if what == '+' {
            groups.push(group);
        }
    }
    for group in &groups {
        let _ = kill_process_group(*group, Signal::TERM);
    }
    let until = Instant::now() + GRACE;
    while Instant::now() < until && groups.iter().any(|group| is_alive(*group)) {
        std::thread::sleep(Duration::from_millis(20));
    }
    for group in &groups {
        let _ = kill_process_group(*group, Signal::KILL);
    }
    ExitCode::SUCCESS
}

fn read(line: &str) -> Option<(char, Pid)> {
    let what = line.chars().next().filter(|what| "+-".contains(*what))?;
    Some((what, line[1..].parse().ok().and_then(Pid::from_raw)?))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn sleeper() -> Child {
        Command::new("sleep").arg("600").process_group(0).spawn().expect("sleep runs")
    }

    #[test]
    fn what_has_begun_and_not_ended_is_ended_and_nothing_else() {
        let (mut left, mut ended) = (sleeper(), sleeper());
        let [of_left, of_ended] = [&left, &ended].map(Pid::from_child).map(|pid| pid.as_raw_nonzero());
        keep(format!("+{of_ended}\n+{of_left}\nnonsense\n+0\n-{of_ended}\n").as_bytes());
        left.wait().expect("it was ended");
        assert!(ended.try_wait().expect("asked").is_none(), "it had ended for the keeper and was left alone");
        ended.kill().and_then(|()| ended.wait()).expect("ended");
    }
}
