//! Watching without a terminal: a line for each phase that ends.
//!
//! As JSON each line is `{"phase", "verdict", "notes"}`, `{"phase", "error"}` where a verification could not be done, or `{"gone"}`
//! with the file that is not there.

use std::time::Duration;

use anyhow::Result;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde_json::json;

use super::session::Session;
use super::verification::{Ending, Phase};
use super::view::{Doing, headline};
use lab_core::fullscreen::clean;
use lab_core::say;
use lab_core::terminal::is_read;

/// Follows until a signal comes, or until nobody reads any more.
pub fn follow(session: &mut Session, tick: Duration, is_json: bool) -> Result<u8> {
    if !is_json {
        say!("Watching labs/{}/src. Ctrl-C ends it.", session.plan.lab.name);
    }
    let tick = Timespec::try_from(tick)?;
    let mut was_missing = false;
    loop {
        let phase = session.step();
        let is_missing = matches!(session.view.doing, Doing::Missing);
        if is_missing && !was_missing {
            let edited = &session.plan.lab.meta.edit;
            let words = || format!("gone      {edited} is not there. Waiting for it.");
            say!("{}", if is_json { json!({ "gone": edited }).to_string() } else { words() });
        }
        was_missing = is_missing;
        if let (Some(phase), Some((found, _))) = (phase, &session.view.result) {
            say!("{}", if is_json { document(found, phase) } else { line(found, phase) });
        }
        if !is_read() {
            return Ok(0);
        }
        let stdout = std::io::stdout();
        let mut reader = [PollFd::new(&stdout, PollFlags::empty())];
        if poll(&mut reader, Some(&tick)).is_ok() && reader[0].revents().intersects(PollFlags::ERR | PollFlags::NVAL) {
            return Ok(0);
        }
    }
}

fn document(found: &Ending, phase: Phase) -> String {
    let document = match found {
        Ending::Verdict(verdict, notes) => json!({ "phase": phase.as_str(), "verdict": verdict, "notes": notes }),
        Ending::Failed(words) => json!({ "phase": phase.as_str(), "error": words }),
    };
    document.to_string()
}

fn line(found: &Ending, phase: Phase) -> String {
    let (word, text) = match found {
        Ending::Verdict(verdict, _) => (headline(verdict, phase).1, verdict.reason.trim_end()),
        Ending::Failed(words) => ("FAILED", words.trim_end()),
    };
    let text: Vec<String> = text.lines().map(clean).collect();
    format!("{:<8}  {word}  {}", phase.as_str(), text.join("\n"))
}
