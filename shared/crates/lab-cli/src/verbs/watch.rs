//! `lab watch`: verifies at every save, on one screen, until somebody quits.

mod plain;
mod session;
mod sources;
mod verification;
mod view;

use std::io::BufRead;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Signal, kill_current_process_group};

use crate::verbs::{answer, diff, hint};
use lab_core::catalogue::Lab;
use lab_core::fullscreen::{self, Input, Key, Keys, Screen};
use lab_core::progress;
use lab_core::say;
use lab_core::terminal::{BAD, QUIET, paint};
use lab_core::workspace::Workspace;
use session::Session;

/// How often the sources are looked at and the screen is brought up to date. Keys are not waited for.
const TICK: Duration = Duration::from_millis(100);

/// What a shell says of a program that SIGHUP ended.
const HUNG_UP: u8 = 128 + 1;

/// How to watch.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The seed of every run; a new one at each save where it is not given.
    pub seed: Option<u64>,
    /// Small sizes and no time, in one phase.
    pub quick: bool,
    /// Full sizes and no time, in one phase.
    pub no_time: bool,
    /// A JSON document a line, and no screen.
    pub json: bool,
}

/// What is verified, and by which program.
#[derive(Debug)]
pub struct Plan<'a> {
    workspace: &'a Workspace,
    lab: &'a Lab,
    options: &'a Options,
    /// This program, by the path that it has now: a build may replace it while it runs.
    program: PathBuf,
}

/// Watches until somebody quits.
pub fn run(workspace: &Workspace, lab: &Lab, options: &Options) -> Result<u8> {
    let program = std::env::current_exe().context("Failed to find this program")?;
    let mut session = Session::new(Plan { workspace, lab, options, program });
    if options.json || !fullscreen::is_possible() {
        return plain::follow(&mut session, TICK, options.json);
    }
    on_screen(&mut session)
}

fn on_screen(session: &mut Session) -> Result<u8> {
    let is_continued = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGCONT, is_continued.clone())?;
    let mut screen = Screen::open()?;
    let mut keys = Keys::default();
    loop {
        session.step();
        if screen.draw(&session.view.lines(Instant::now(), screen.size())).is_err() {
            return Ok(HUNG_UP);
        }
        let Input::Keys(pressed) = keys.wait(TICK)? else { return Ok(HUNG_UP) };
        for key in pressed {
            if is_last(key, session, &mut screen)? {
                return Ok(0);
            }
        }
        // Stopped by a signal and continued, we find the terminal as the shell left it.
        if is_continued.swap(false, SeqCst) {
            screen.lend(|| ())?;
        }
    }
}

/// Does what a key is for. True for the one that quits.
fn is_last(key: Key, session: &mut Session, screen: &mut Screen) -> Result<bool> {
    let (workspace, lab) = (session.plan.workspace, session.plan.lab);
    let (now, size) = (Instant::now(), screen.size());
    let page = isize::try_from(size.rows / 2).unwrap_or(1);
    session.view.notice.clear();
    match key {
        Key::Char('q' | 'Q') | Key::Control('c') => return Ok(true),
        Key::Escape if session.view.hint.is_none() => return Ok(true),
        Key::Escape => session.view.show(None),
        Key::Char('h' | 'H') => match hint::read(workspace, lab, None) {
            Ok(hint) => session.view.show(Some(hint)),
            Err(error) => session.view.notice = format!("{error:#}"),
        },
        Key::Char(level @ '1'..='4') => show_again(level as u8 - b'0', session)?,
        Key::Char('v' | 'V') => session.verify_again(),
        Key::Char('a' | 'A') => in_front(screen, || answer::run(workspace, lab, &[], false))?,
        // Their own change until the lab is SOLVED, the solution's from then on.
        Key::Char('d' | 'D') => in_front(screen, || diff::show(workspace, lab, &diff::Options::default()))?,
        // The terminal is raw, so that this key is ours to obey: for `make` above us as well.
        Key::Control('z') => screen.lend(|| kill_current_process_group(Signal::TSTP))??,
        Key::Up => session.view.scroll(-1, now, size),
        Key::Down => session.view.scroll(1, now, size),
        Key::PageUp => session.view.scroll(-page, now, size),
        Key::PageDown | Key::Char(' ') => session.view.scroll(page, now, size),
        Key::Char(_) | Key::Control(_) => {}
    }
    Ok(false)
}

fn show_again(level: u8, session: &mut Session) -> Result<()> {
    let (workspace, lab) = (session.plan.workspace, session.plan.lab);
    if level <= progress::of(workspace, &lab.name)?.read_so_far() {
        session.view.show(Some(hint::read(workspace, lab, Some(level))?));
    } else {
        session.view.notice = format!("You have not read hint {level} yet. h shows the next one.");
    }
    Ok(())
}

/// Runs a verb on the terminal as it was, and comes back when its reader has read it.
fn in_front(screen: &mut Screen, verb: impl FnOnce() -> Result<u8>) -> Result<()> {
    screen.lend(|| {
        if let Err(error) = verb() {
            say!("{} {error:#}", paint(BAD, "error:"));
        }
        say!("{}", paint(QUIET, "Press Enter to go back to the watch."));
        // At the end of the input there is nobody to wait for.
        let _ = std::io::stdin().lock().read_line(&mut String::new());
    })
}
