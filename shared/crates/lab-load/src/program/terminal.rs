//! What people see: colours only on a terminal, quiet when the reader has gone.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use anstyle::{AnsiColor, Style};
use rustix::fs::{FileType, fstat};
use rustix::io::Errno;

/// Something good.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// Something that hurts.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// Something to look at twice.
pub const WARN: Style = AnsiColor::Yellow.on_default().bold();
/// A heading.
pub const HEADING: Style = Style::new().bold();
/// Something beside the point.
pub const QUIET: Style = Style::new().dimmed();

/// Text in a style; the style is stripped where the output is no terminal.
pub fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Prints to standard output. A reader that has gone (`| head`) is none of our business; a full disk is.
pub fn print(text: &str) -> io::Result<()> {
    let mut stdout = anstream::stdout().lock();
    let printed = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    printed.or_else(|error| if has_gone(&error) { Ok(()) } else { Err(error) })
}

/// A pipe that was closed, or a terminal, which answers with EIO from then on. A disk's EIO is a loss.
fn has_gone(error: &io::Error) -> bool {
    let is_device =
        || fstat(io::stdout()).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice);
    error.kind() == ErrorKind::BrokenPipe || (Errno::from_io_error(error) == Some(Errno::IO) && is_device())
}

/// Prints a line to standard error.
pub fn complain(line: &str) -> io::Result<()> {
    writeln!(anstream::stderr().lock(), "{line}")
}

/// Columns of the terminal at `output`, 80 where there is none; never below 40.
pub fn width(output: impl rustix::fd::AsFd) -> usize {
    // What a test looks at is as wide everywhere.
    if cfg!(test) {
        return 80;
    }
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let asked = || rustix::termios::tcgetwinsize(output).ok().map(|size| usize::from(size.ws_col));
    columns.or_else(asked).filter(|columns| *columns > 0).unwrap_or(80).max(40)
}
