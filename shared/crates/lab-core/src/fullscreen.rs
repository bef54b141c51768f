//! The whole terminal for one screen of text: drawn row by row, and given back however the program ends.

mod keys;
mod line;

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use anstream::{AutoStream, ColorChoice};
use anyhow::{Context, Result};
use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, DisableLineWrap, EnableLineWrap, EndSynchronizedUpdate,
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};

pub use keys::{Input, Key, Keys};
pub use line::{Line, clean, wrapped};

/// Whether the terminal is ours. Whoever writes to it holds the lock, so that nothing is drawn after it was given back.
static IS_OURS: Mutex<bool> = Mutex::new(false);

/// A terminal that takes no bytes for this long is not waited for.
const PATIENCE: Duration = Duration::from_millis(500);

/// Columns and rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub columns: usize,
    /// Rows.
    pub rows: usize,
}

/// The terminal, while it is ours.
pub struct Screen {
    shown: Vec<String>,
    size: Size,
    has_colour: bool,
}

/// True where a screen can be drawn and keys can be read.
pub fn is_possible() -> bool {
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    io::stdin().is_terminal() && io::stdout().is_terminal() && !is_dumb
}

impl Screen {
    /// Takes the terminal.
    pub fn open() -> Result<Self> {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            previous(panic);
        }));
        let has_colour = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
        let screen = Screen { shown: Vec::new(), size: size(), has_colour };
        take()?;
        Ok(screen)
    }

    /// Columns and rows now.
    pub fn size(&self) -> Size {
        size()
    }

    /// Draws what differs from what is shown. Fails when the terminal has gone.
    pub fn draw(&mut self, lines: &[Line]) -> io::Result<()> {
        let size = size();
        let is_new = size != self.size || self.shown.is_empty();
        let rows: Vec<String> = (0..size.rows)
            .map(|row| lines.get(row).map(|line| line.paint(self.has_colour)).unwrap_or_default())
            .collect();
        if !is_new && rows == self.shown {
            return Ok(());
        }
        let mut bytes = Vec::new();
        queue!(bytes, BeginSynchronizedUpdate)?;
        for (row, text) in rows.iter().enumerate().filter(|(row, text)| is_new || self.shown.get(*row) != Some(text)) {
            queue!(bytes, MoveTo(0, u16::try_from(row).unwrap_or(u16::MAX)), Clear(ClearType::CurrentLine))?;
            bytes.extend_from_slice(text.as_bytes());
        }
        queue!(bytes, EndSynchronizedUpdate)?;
        (self.shown, self.size) = (rows, size);
        let is_ours = lock();
        if *is_ours { write(&bytes) } else { Ok(()) }
    }

    /// Gives the terminal back while something else uses it.
    pub fn lend<T>(&mut self, work: impl FnOnce() -> T) -> Result<T> {
        give_back();
        let done = work();
        self.shown.clear();
        take()?;
        Ok(done)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Puts the terminal back as it was, from any thread; nothing where it is not ours. False when it takes no bytes any more.
pub fn give_back() -> bool {
    let until = Instant::now() + PATIENCE;
    let mut is_ours = loop {
        match IS_OURS.try_lock() {
            Ok(guard) => break guard,
            Err(TryLockError::Poisoned(poisoned)) => break poisoned.into_inner(),
            Err(TryLockError::WouldBlock) if Instant::now() < until => std::thread::sleep(Duration::from_millis(10)),
            Err(TryLockError::WouldBlock) => {
                let _ = disable_raw_mode();
                return false;
            }
        }
    };
    if std::mem::take(&mut *is_ours) {
        // Where the terminal has gone there is nothing to put in order.
        let _ = execute!(io::stdout(), EndSynchronizedUpdate, EnableLineWrap, LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
    }
    true
}

fn take() -> Result<()> {
    let mut is_ours = lock();
    // First, so that a failure half-way is put in order as well.
    *is_ours = true;
    enable_raw_mode()
        .and_then(|()| execute!(io::stdout(), EnterAlternateScreen, DisableLineWrap, Hide, Clear(ClearType::All)))
        .context("Failed to set up the terminal")
}

fn lock() -> MutexGuard<'static, bool> {
    IS_OURS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn write(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

fn size() -> Size {
    let asked = rustix::termios::tcgetwinsize(io::stdout()).ok().filter(|size| size.ws_col > 0 && size.ws_row > 0);
    asked.map_or(Size { columns: 80, rows: 24 }, |size| Size {
        columns: usize::from(size.ws_col),
        rows: usize::from(size.ws_row),
    })
}
