//! What Cargo says while it builds: how far it is, and the compiler's words when it fails.

use std::io::{BufReader, IsTerminal, Read, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::child;

/// How long nothing is said of a build where nothing turns: minutes of silence look like a hang.
const SILENCE: Duration = Duration::from_secs(15);

/// What Cargo does while it is blocked.
pub(super) const WAITING: &str = "waiting for another build";

/// Reads Cargo's messages: reports what it compiles and how far it is, keeps the rest.
pub(super) fn follow(stderr: impl Read, report: impl Fn(&str)) -> String {
    let mut words = String::new();
    let mut line = Vec::new();
    for byte in BufReader::new(stderr).bytes().map_while(Result::ok) {
        match byte {
            b'\n' => words.push_str(&heard(&line, &report)),
            // Cargo writes its bar over itself; nothing of it is meant to stay.
            b'\r' => bar(&line, &report),
            byte => {
                line.push(byte);
                continue;
            }
        }
        line.clear();
    }
    if !line.is_empty() {
        words.push_str(&heard(&line, &report));
    }
    words
}

/// Reports a line, or returns it where it is none of Cargo's own.
fn heard(line: &[u8], report: impl Fn(&str)) -> String {
    let line = String::from_utf8_lossy(line);
    let plain = anstream::adapter::strip_str(&line).to_string();
    match plain.trim_start().split_once(' ') {
        Some((step @ ("Compiling" | "Downloading" | "Downloaded" | "Building"), rest)) => {
            report(&format!("{} {}", step.to_lowercase(), rest.split(" (").next().unwrap_or(rest)));
        }
        Some(("Blocking", _)) => report(WAITING),
        Some(("Finished" | "Locking" | "Updating" | "Adding" | "Fresh" | "Removing", _)) => {}
        _ => return format!("{line}\n"),
    }
    String::new()
}

/// Reports a bar such as `Building [=====>    ] 143/168: sqlx-core, tokio`.
fn bar(line: &[u8], report: impl Fn(&str)) {
    let plain = anstream::adapter::strip_str(&String::from_utf8_lossy(line)).to_string();
    let Some((_, counts)) = plain.trim_start().strip_prefix("Building [").and_then(|bar| bar.split_once("] ")) else {
        return;
    };
    let Some((counts, names)) = counts.split_once(": ") else { return };
    let Some((done, all)) = counts.split_once('/') else { return };
    let name = names.split([',', '(']).next().unwrap_or_default().trim();
    if !name.is_empty() && !name.ends_with("...") {
        report(&format!("compiling {name}, {done} of {all} done"));
    }
}

/// Says how far a build is, every so often, where there is no terminal on which something turns.
pub(super) struct Ticker {
    stage: Arc<Mutex<String>>,
    /// Dropped at the end: that is what the thread hears.
    _end: Sender<()>,
}

impl Ticker {
    /// One that says it on standard error; nothing where something turns there, or where another `lab` listens.
    pub(super) fn start(title: &str) -> Option<Self> {
        let is_seen = std::io::stderr().is_terminal() || child::is_watched();
        (!is_seen).then(|| {
            Ticker::every(SILENCE, title, |line| {
                // Nobody listens any more? Then nobody misses it.
                let _ = writeln!(std::io::stderr(), "{line}");
            })
        })
    }

    fn every(silence: Duration, title: &str, say: impl Fn(&str) + Send + 'static) -> Self {
        let stage = Arc::new(Mutex::new(title.to_string()));
        let (end, ended) = channel::<()>();
        let (shared, began) = (stage.clone(), Instant::now());
        // Where no thread can be made, the build goes on without a word on how far it is.
        let _ = std::thread::Builder::new().spawn(move || {
            while ended.recv_timeout(silence) == Err(RecvTimeoutError::Timeout) {
                let stage = shared.lock().unwrap_or_else(PoisonError::into_inner).clone();
                say(&format!("{stage} ({} s so far)", began.elapsed().as_secs()));
            }
        });
        Ticker { stage, _end: end }
    }

    /// What to say the next time.
    pub(super) fn set(&self, stage: &str) {
        *self.stage.lock().unwrap_or_else(PoisonError::into_inner) = stage.into();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn cargos_bar_says_how_far_it_is_and_the_compilers_words_are_kept() {
        let said = "   Compiling serde v1.0.229\n    Building [=>      ] 3/168: serde(build.rs), syn             \r\
                    \x1b[K    Building [====>   ] 143/168: sqlx-core, tokio...   \r   Compiling lab-02 v0.1.0 (/home/me)\n\
                    error[E0308]: mismatched types\n\n  | line 1\n    Finished `release` profile in 3 s\nno newline";
        let reports = RefCell::new(Vec::new());
        let words = follow(said.as_bytes(), |report| reports.borrow_mut().push(report.to_string()));
        let expected = [
            "compiling serde v1.0.229",
            "compiling serde, 3 of 168 done",
            "compiling sqlx-core, 143 of 168 done",
            "compiling lab-02 v0.1.0",
        ];
        assert_eq!(*reports.borrow(), expected);
        assert_eq!(words, "error[E0308]: mismatched types\n\n  | line 1\nno newline\n");
    }

    #[test]
    fn another_build_is_named_while_it_is_waited_for() {
        let reports = RefCell::new(Vec::new());
        follow(&b"    Blocking waiting for file lock on build directory\n"[..], |said| {
            reports.borrow_mut().push(said.to_string());
        });
        assert_eq!(*reports.borrow(), ["waiting for another build"]);
    }

    #[test]
    fn where_nothing_turns_a_line_says_how_far_it_is_again_and_again() {
        let (heard, lines) = channel();
        let ticker = Ticker::every(Duration::from_millis(1), "Building", move |line| {
            let _ = heard.send(line.to_string());
        });
        ticker.set("Building: compiling sqlx-core, 143 of 168 done");
        assert!(lines.iter().any(|line| line.starts_with("Building: compiling sqlx-core, 143 of 168 done (0 s")));
        drop(ticker);
        // The thread is through when its sender is gone: this ends.
        assert!(lines.iter().all(|line| line.starts_with("Building")));
    }
}
