//! `lab verify` as a child: it can be ended at any moment, and takes its own children with it.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};

use anyhow::{Context, Result};
use lab_results::Verdict;
use serde::Deserialize;

use super::Plan;
use lab_core::child::{self, Ender, Running, Sees, WATCHED, describe, in_background};

/// The two halves of what follows a save.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Right answers and counts, at once. It is not kept.
    Counts,
    /// All of it. It is kept, and counts as an attempt.
    Complete,
}

impl Phase {
    /// The word that people and programs see.
    pub fn as_str(self) -> &'static str {
        match self {
            Phase::Counts => "counts",
            Phase::Complete => "complete",
        }
    }
}

/// News of a verification.
#[derive(Debug)]
pub enum News {
    /// It began this stage.
    Stage(String),
    /// It ended.
    Ended(Ending),
}

/// What a verification came to.
#[derive(Debug, Clone)]
pub enum Ending {
    /// A verdict, and what was said besides.
    Verdict(Box<Verdict>, Vec<String>),
    /// It could not be done.
    Failed(String),
}

/// A verification under way; dropping it ends it.
#[derive(Debug)]
pub struct Verification {
    /// Which half.
    pub phase: Phase,
    ender: Ender,
    news: Receiver<News>,
    has_ended: bool,
}

impl Verification {
    /// Starts one. The calling thread must outlive it: on Linux it ends with that thread, however that happens.
    pub fn start(plan: &Plan, phase: Phase, seed: u64) -> Result<Self> {
        let Plan { workspace, lab, options, program } = plan;
        let mut command = child::command(program, Sees::Everything);
        command
            .args(["verify", &lab.nn(), "--json", "--seed", &seed.to_string()])
            .args(match phase {
                Phase::Counts => &["--no-time", "--draft"][..],
                Phase::Complete if options.quick => &["--quick"],
                Phase::Complete if options.no_time => &["--no-time"],
                Phase::Complete => &[],
            })
            // Our own folder may be the one that somebody removes and puts back.
            .current_dir(&workspace.root)
            .env("LAB_STATE", std::path::absolute(&workspace.state)?)
            .env(WATCHED, "1")
            .env_remove("LAB_SMOKE")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut running = Running::start(&mut command)?;
        let stdout = running.child.stdout.take().context("stdout is piped")?;
        let stderr = running.child.stderr.take().context("stderr is piped")?;
        let (sender, news) = channel();
        let ender = running.ender();
        in_background("verification", move || {
            let found = follow(running, stdout, stderr, &sender).unwrap_or_else(|e| Ending::Failed(format!("{e:#}")));
            let _ = sender.send(News::Ended(found));
        })?;
        Ok(Verification { phase, ender, news, has_ended: false })
    }

    /// The next news, if there is any.
    pub fn news(&mut self) -> Option<News> {
        let news = match self.news.try_recv() {
            Ok(news) => Some(news),
            Err(TryRecvError::Empty) => None,
            // Whoever listened to it can only have panicked.
            Err(TryRecvError::Disconnected) => Some(News::Ended(Ending::Failed("the verification was lost".into()))),
        };
        self.has_ended |= matches!(news, Some(News::Ended(_)));
        news
    }
}

impl Drop for Verification {
    fn drop(&mut self) {
        if !self.has_ended {
            self.ender.end(|limit| {
                // Stages may come before the end, but not more than a few.
                std::iter::from_fn(|| self.news.recv_timeout(limit).ok()).any(|news| matches!(news, News::Ended(_)))
            });
        }
    }
}

/// Listens to the end and reads the verdict.
fn follow(running: Running, mut stdout: impl Read, stderr: impl Read + Send, sender: &Sender<News>) -> Result<Ending> {
    let (document, said) = std::thread::scope(|scope| {
        let said = scope.spawn(|| listen(stderr, sender));
        let mut document = String::new();
        let read = stdout.read_to_string(&mut document).map(|_| document);
        (read, said.join().unwrap_or_default())
    });
    let status = running.wait()?;
    Ok(match serde_json::from_str(&document.context("Failed to read a verdict")?) {
        Ok(verdict) => Ending::Verdict(Box::new(verdict), said),
        Err(_) if said.is_empty() => Ending::Failed(format!("the verification {}", describe(status))),
        Err(_) => Ending::Failed(said.join("\n")),
    })
}

#[derive(Deserialize)]
struct Stage {
    stage: String,
}

/// Passes stages on and keeps the rest, by line.
fn listen(stderr: impl Read, sender: &Sender<News>) -> Vec<String> {
    let mut said = Vec::new();
    for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
        match serde_json::from_slice(&line) {
            Ok(Stage { stage }) => {
                let _ = sender.send(News::Stage(stage));
            }
            Err(_) => said.push(String::from_utf8_lossy(&line).into_owned()),
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_told_from_everything_else() {
        let (sender, news) = channel();
        let said = listen(&b"{\"stage\":\"Counting\"}\n\xff{\"stage\":1}\nerror: no disc\n"[..], &sender);
        assert_eq!(said, ["\u{fffd}{\"stage\":1}", "error: no disc"]);
        assert!(matches!(news.try_recv(), Ok(News::Stage(stage)) if stage == "Counting"));
        assert!(news.try_recv().is_err());
    }
}
