//! What people see: colours only on a terminal, progress only there, quiet when the reader has gone.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressStyle};

use crate::child;

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

/// Prints a line to standard output. A reader that has gone (`| head`) ends the program without a complaint.
#[macro_export]
macro_rules! say {
    () => { $crate::terminal::print_line("") };
    ($($argument:tt)*) => { $crate::terminal::print_line(&format!($($argument)*)) };
}

/// See [`say!`].
pub fn print_line(line: &str) {
    if writeln!(anstream::stdout().lock(), "{line}").is_err() {
        crate::child::end_all();
        std::process::exit(0);
    }
}

/// Prints raw text, such as JSON, under the same rule.
pub fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    print_line(&serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Columns of the terminal, 80 where there is none; never below 40.
pub fn width() -> usize {
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
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// Says the stage to the `lab` that watches this one, where one does.
pub fn say_stage(stage: &str) {
    if child::is_watched() {
        // Nobody listens any more? Then we are about to be ended.
        let _ = writeln!(std::io::stderr(), "{}", serde_json::json!({ "stage": stage }));
    }
}
