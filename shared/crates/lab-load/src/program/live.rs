//! How the run stands, while it lasts: a line that is written over on a terminal, one every 10 s elsewhere.

use std::io::{IsTerminal, Write, stderr};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use lab_load::Live;
use lab_results::gate::figure;

use super::terminal::width;

/// How often somebody looks.
pub const EVERY: Duration = Duration::from_millis(250);
/// How often a line is printed where it cannot be written over.
const SELDOM: Duration = Duration::from_secs(10);

/// Prints on a thread of its own: a terminal that somebody has stopped must not stop the generator.
pub struct LiveLine {
    lines: SyncSender<String>,
    printer: Option<JoinHandle<()>>,
}

impl LiveLine {
    /// Nothing is shown yet.
    pub fn start() -> Self {
        // Whoever is slow to print misses a line.
        let (lines, incoming) = sync_channel(1);
        // Where no thread can be started the run goes on without its line.
        let printer = std::thread::Builder::new().name("live".into()).spawn(move || print(&incoming)).ok();
        Self { lines, printer }
    }

    /// Shows a run that lasts so long, to be called every [`EVERY`].
    pub fn look(&self, length: Duration, title: &str) -> impl FnMut(&Live) + Send + use<> {
        let (lines, title) = (self.lines.clone(), title.to_owned());
        let interval = if stderr().is_terminal() { Duration::ZERO } else { SELDOM };
        let mut next = interval;
        move |live| {
            if live.elapsed >= next {
                next = live.elapsed + interval;
                let _ = lines.try_send(line(live, length, &title));
            }
        }
    }

    /// Takes the line away.
    pub fn end(self) {
        drop(self.lines);
        // It cannot panic, and if it did nobody would miss it.
        let _ = self.printer.map(JoinHandle::join);
    }
}

fn print(lines: &Receiver<String>) {
    let is_terminal = stderr().is_terminal();
    let mut is_open = false;
    for line in lines {
        let mut out = stderr().lock();
        let written = if is_terminal {
            // The last column stays free, because some terminals go on to the next line there.
            let line: String = line.chars().take(width(stderr()) - 1).collect();
            is_open = true;
            write!(out, "\r\x1b[2K{line}")
        } else {
            writeln!(out, "{line}")
        };
        let _ = written.and_then(|()| out.flush());
    }
    if is_open {
        let _ = write!(stderr().lock(), "\r\x1b[2K");
    }
}

/// What matters most stands first: it may be cut off.
fn line(live: &Live, length: Duration, title: &str) -> String {
    let Live { elapsed, due, ok, failed, in_flight, .. } = live;
    let latencies = match (live.recent_p50_ms, live.recent_p99_ms) {
        (Some(p50), Some(p99)) => format!("p50 {} p99 {} ms", figure(p50), figure(p99)),
        _ => "no answer".into(),
    };
    let at = elapsed.as_secs_f64();
    let of = length.as_secs_f64();
    format!("{title}{at:.0} of {of:.0} s  {due} due  {ok} ok  {failed} failed  {in_flight} in flight  {latencies}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_it_stands() {
        let live = Live {
            elapsed: Duration::from_millis(12_400),
            due: 124,
            sent: 124,
            ok: 120,
            failed: 1,
            in_flight: 3,
            recent_p50_ms: Some(1.25),
            recent_p99_ms: Some(1900.4),
            steps: Vec::new(),
        };
        let minute = Duration::from_secs(60);
        assert_eq!(
            line(&live, minute, ""),
            "12 of 60 s  124 due  120 ok  1 failed  3 in flight  p50 1.25 p99 1,900 ms"
        );
        let silent = Live { recent_p50_ms: None, recent_p99_ms: None, ..live };
        assert!(
            line(&silent, minute, "200/s: ").starts_with("200/s: 12 of")
                && line(&silent, minute, "").ends_with("no answer")
        );
    }
}
