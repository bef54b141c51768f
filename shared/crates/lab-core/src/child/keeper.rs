//! Who ends what we started when we were killed and cannot: builds and tools, which know nothing of us.
//!
//! `lab` starts itself once more with [`VERB`], in a group of its own, and tells it on its standard input which groups begin and end.
//! That input closes however `lab` ends; what has begun by then and not ended is ended. Between a start and the word of it `lab` can be
//! killed, too: a start is announced, and who was started carries the keeper's number in the environment.

use std::io::{BufRead, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, getpgid, kill_process_group};

use super::alive::is_alive;
use super::environment::{Sees, command};

/// The hidden verb.
pub const VERB: &str = "end-what-is-left";
/// The variable that names the keeper to what is kept.
const KEPT_BY: &str = "LAB_KEPT_BY";
/// How long what is left may take to end on its own before it is killed.
const GRACE: Duration = Duration::from_secs(3);

struct Keeper {
    child: Child,
    words: ChildStdin,
}

static KEEPER: Mutex<Option<Keeper>> = Mutex::new(None);

/// A command is about to be started that does not end with us by itself.
pub fn will_start(command: &mut Command) {
    let mut keeper = KEEPER.lock().expect("no thread panics with this lock");
    if keeper.is_none() {
        *keeper = start();
    }
    if let Some(keeper) = &mut *keeper {
        command.env(KEPT_BY, keeper.child.id().to_string());
        keeper.say(Word::WillStart);
    }
}

/// What was announced has become a group, or none where it could not be started.
pub fn has_started(group: Option<Pid>) {
    say(group.map_or(Word::DidNotStart, Word::Began));
}

/// A group has ended.
pub fn ended(group: Pid) {
    say(Word::Ended(group));
}

fn say(word: Word) {
    if let Some(keeper) = &mut *KEEPER.lock().expect("no thread panics with this lock") {
        keeper.say(word);
    }
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

/// What the keeper is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    WillStart,
    DidNotStart,
    Began(Pid),
    Ended(Pid),
}

impl Word {
    fn read(line: &str) -> Option<Word> {
        let group = |number: &str| number.parse().ok().and_then(Pid::from_raw);
        match line.split_at_checked(1)? {
            ("?", "") => Some(Word::WillStart),
            ("!", "") => Some(Word::DidNotStart),
            ("+", number) => Some(Word::Began(group(number)?)),
            ("-", number) => Some(Word::Ended(group(number)?)),
            _ => None,
        }
    }
}

impl Keeper {
    fn say(&mut self, word: Word) {
        let line = match word {
            Word::WillStart => "?".into(),
            Word::DidNotStart => "!".into(),
            Word::Began(group) => format!("+{}", group.as_raw_nonzero()),
            Word::Ended(group) => format!("-{}", group.as_raw_nonzero()),
        };
        // Where it was killed itself, we go on without.
        let _ = writeln!(self.words, "{line}");
    }
}

/// The keeper's whole life.
pub fn keep(words: impl BufRead) -> ExitCode {
    let mut groups: Vec<Pid> = Vec::new();
    let mut is_starting = false;
    for word in words.lines().map_while(Result::ok).filter_map(|line| Word::read(&line)) {
        is_starting = word == Word::WillStart || is_starting && matches!(word, Word::Ended(_));
        match word {
            Word::Began(group) => groups.push(group),
            Word::Ended(group) => groups.retain(|other| *other != group),
            Word::WillStart | Word::DidNotStart => {}
        }
    }
    for group in &groups {
        let _ = kill_process_group(*group, Signal::TERM);
    }
    let until = Instant::now() + GRACE;
    while Instant::now() < until && (is_starting || groups.iter().any(|group| is_alive(*group))) {
        for group in if is_starting { kept() } else { Vec::new() } {
            let _ = kill_process_group(group, Signal::TERM);
            groups.push(group);
            is_starting = false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    for group in &groups {
        let _ = kill_process_group(*group, Signal::KILL);
    }
    ExitCode::SUCCESS
}

/// The leaders of groups that were started for this keeper and of which it was not told. Without /proc nobody can be found.
fn kept() -> Vec<Pid> {
    let carries = format!("{KEPT_BY}={}", std::process::id());
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let carrying = processes.filter(|process| {
        let environment = std::fs::read(process.path().join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == carries.as_bytes())
    });
    let pids = carrying.filter_map(|process| Pid::from_raw(process.file_name().to_str()?.parse().ok()?));
    pids.filter(|pid| getpgid(Some(*pid)).is_ok_and(|group| group == *pid)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper() -> Child {
        Command::new("sleep").arg("600").process_group(0).spawn().expect("sleep runs")
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_was_started_and_never_told_is_found_and_ended() {
        let mut told = Command::new("sleep");
        let mut untold =
            told.arg("600").env(KEPT_BY, std::process::id().to_string()).process_group(0).spawn().expect("sleep runs");
        keep("?\n!\n".as_bytes());
        assert!(untold.try_wait().expect("asked").is_none(), "nothing was starting");
        let mut other = sleeper();
        let pid = Pid::from_child(&other).as_raw_nonzero();
        keep(format!("+{pid}\n?\n-{pid}\n").as_bytes());
        untold.wait().expect("it was ended");
        assert!(other.try_wait().expect("asked").is_none(), "it had ended for the keeper and was left alone");
        other.kill().and_then(|()| other.wait().map(drop)).expect("ended");
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
