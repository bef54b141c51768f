//! What people see: colours only on a terminal, progress only there, quiet when the reader has gone.

use std::io::{IsTerminal, Write};
use std::os::fd::AsFd;
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use unicode_width::UnicodeWidthStr;

use crate::child;
use crate::output::Output;

/// What was printed, and whether it arrived.
static STDOUT: Output = Output::new();

/// Something good.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// Something that hurts.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// Something to look at twice.
pub const WARN: Style = AnsiColor::Yellow.on_default().bold();
/// A heading.
pub const HEADING: Style = Style::new().bold();
/// Something to type.
pub const COMMAND: Style = AnsiColor::Cyan.on_default();
/// Something beside the point.
pub const QUIET: Style = Style::new().dimmed();

/// Text in a style; the style is stripped where the output is no terminal.
pub fn paint(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Prints a line to standard output. Where a reader has gone (`| head`) nothing more is printed, and the command goes on to its own
/// end and exit code; what could not be written for another reason is told by [`all_was_printed`].
#[macro_export]
macro_rules! say {
    () => { $crate::terminal::print_line("") };
    ($($argument:tt)*) => { $crate::terminal::print_line(&format!($($argument)*)) };
}

/// Prints a line to standard error, if anybody listens there: the exit code speaks, too.
#[macro_export]
macro_rules! complain {
    ($($argument:tt)*) => { $crate::terminal::print_aside(&format!("{}\n", format_args!($($argument)*))) };
}

/// See [`say!`].
pub fn print_line(line: &str) {
    print(&format!("{line}\n"));
}

/// Prints sentences: on a terminal between whose words its lines end, elsewhere as they are.
pub fn print_words(text: &str) {
    match std::io::stdout().is_terminal() {
        true => broken(text, width()).iter().for_each(|line| print_line(line)),
        false => print_line(text),
    }
}

/// Text in lines of at most so many columns. What is to be typed, in its style or between backticks, stays whole also where it is longer:
/// what the terminal breaks itself can still be copied.
fn broken(text: &str, columns: usize) -> Vec<String> {
    let (begin, end) = (COMMAND.render().to_string(), COMMAND.render_reset().to_string());
    let is_command = |part: &str| {
        let behind = part.rfind(&begin).map(|at| &part[at + begin.len()..]);
        part.matches('`').count() % 2 == 1 || behind.is_some_and(|behind| !behind.contains(&end))
    };
    let columns_of = |part: &str| anstream::adapter::strip_str(part).to_string().width();
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let mut parts: Vec<String> = Vec::new();
        for word in line.split(' ') {
            match parts.last_mut() {
                Some(part) if is_command(part) => *part = format!("{part} {word}"),
                _ => parts.push(word.into()),
            }
        }
        let mut parts = parts.into_iter();
        let mut so_far = parts.next().unwrap_or_default();
        for part in parts {
            if columns_of(&so_far) + 1 + columns_of(&part) <= columns {
                so_far = format!("{so_far} {part}");
            } else if !part.is_empty() {
                lines.push(std::mem::replace(&mut so_far, part).trim_end().into());
            }
        }
        lines.push(so_far);
    }
    lines
}

/// Prints text that ends no line, such as a question that is answered behind it, under the same rule.
pub fn print(text: &str) {
    let stdout = std::io::stdout();
    let has_colour = AutoStream::choice(&stdout) != ColorChoice::Never;
    let text = if has_colour { text.to_string() } else { anstream::adapter::strip_str(text).to_string() };
    STDOUT.print(stdout.as_fd(), text.as_bytes());
}

/// See [`complain!`].
pub fn print_aside(text: &str) {
    // Nothing is left to report it to.
    let _ = write!(anstream::stderr().lock(), "{text}");
}

/// Whether anybody can still read what we print: a command that would go on for ever ends where nobody can.
pub fn is_read() -> bool {
    STDOUT.is_open()
}

/// Whether everything that was printed can be read; to be asked at the end, when all else was done.
pub fn all_was_printed() -> Result<()> {
    match STDOUT.failure() {
        Some(error) => {
            Err(error).context("Failed to write to standard output, so that what was printed is not complete")
        }
        None => Ok(()),
    }
}

/// Prints raw text, such as JSON, under the same rule.
pub fn print_json(value: &impl serde::Serialize) -> Result<()> {
    print_line(&serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Columns of the terminal, 80 where there is none; never below 40.
pub fn width() -> usize {
    // What a test looks at is as wide everywhere.
    if cfg!(test) {
        return 80;
    }
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let asked = || rustix::termios::tcgetwinsize(std::io::stdout()).ok().map(|size| usize::from(size.ws_col));
    columns.or_else(asked).filter(|&columns| columns > 0).unwrap_or(80).max(40)
}

/// A line that turns while something takes long; only on a terminal.
pub fn spinner(message: impl Into<String>) -> ProgressBar {
    let message = message.into();
    say_stage(&message);
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed:>4}").expect("the template is constant");
    let bar = ProgressBar::new_spinner().with_style(style).with_message(message);
    if child::is_thread_possible() {
        bar.enable_steady_tick(Duration::from_millis(120));
    }
    bar
}

/// As [`spinner`], for what nobody can hurry: without a terminal it is said as well, because silence looks like a hang.
pub fn waiting(message: impl Into<String>) -> ProgressBar {
    let message = message.into();
    say_waiting(&message);
    spinner(message)
}

/// See [`waiting`]; where something turns already.
pub fn say_waiting(message: &str) {
    if !std::io::stderr().is_terminal() && !child::is_watched() {
        complain!("{message} ...");
    }
}

/// Says the stage to the `lab` that watches this one, where one does.
pub fn say_stage(stage: &str) {
    if child::is_watched() {
        // Nobody listens any more? Then we are about to be ended.
        let _ = writeln!(std::io::stderr(), "{}", serde_json::json!({ "stage": stage }));
    }
}

/// A word as a shell takes it.
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if word.chars().all(is_plain) { word.into() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_broken_between_words_and_commands_are_not() {
        let broken = |text: &str, columns| {
            let lines = super::broken(text, columns).into_iter();
            lines.map(|line| anstream::adapter::strip_str(&line).to_string()).collect::<Vec<_>>()
        };
        let hint = paint(COMMAND, "make hint-03 ARGS=\"--level 4\"");
        let hint = format!("Hint 4 is about this gate: {hint}. Read on");
        assert_eq!(broken(&hint, 40), ["Hint 4 is about this gate:", "make hint-03 ARGS=\"--level 4\". Read on"]);
        assert_eq!(broken(&hint, 20)[2], "make hint-03 ARGS=\"--level 4\".");
        assert_eq!(broken("run `make verify-01` now", 12), ["run", "`make verify-01`", "now"]);
        assert_eq!(broken("code: a   ticket: b\n\n  c", 9), ["code: a", "ticket: b", "", "  c"]);
    }
}
