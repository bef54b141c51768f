//! What the tool writes into pages: tables, dates, and what stands between two marker lines.

use std::fmt::Display;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context, Result};

use lab_core::workspace::{Workspace, write_atomically};

/// A table in Markdown, a line a row.
pub fn table<Heading: Display, Value: Display>(
    headings: impl IntoIterator<Item = Heading>,
    rows: impl IntoIterator<Item = impl IntoIterator<Item = Value>>,
) -> String {
    let headings: Vec<String> = headings.into_iter().map(|heading| heading.to_string()).collect();
    let mut text = line(&headings) + &format!("|{}\n", "---|".repeat(headings.len()));
    for row in rows {
        let cells: Vec<String> = row.into_iter().map(|cell| cell.to_string()).collect();
        text += &line(&cells);
    }
    text
}

fn line(cells: &[String]) -> String {
    // An empty heading takes no room.
    let cells = cells.iter().map(|cell| if cell.is_empty() { " ".into() } else { format!(" {cell} ") });
    format!("|{}|\n", cells.collect::<Vec<_>>().join("|"))
}

/// `2026-11-23`, from seconds since 1970.
pub fn date(seconds: u64) -> String {
    let time = humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds)).to_string();
    time.split_once('T').map_or(time.clone(), |(date, _)| date.to_string())
}

/// The text with everything between two marker lines replaced; nothing when a marker is missing.
pub fn between(text: &str, begin: &str, end: &str, inner: &str) -> Option<String> {
    let (before, rest) = text.split_once(begin)?;
    let (_, after) = rest.split_once(end)?;
    Some(format!("{before}{begin}\n{inner}{end}{after}"))
}

/// What stands between two markers; nothing where one is missing.
pub fn recorded<'a>(text: &'a str, begin: &str, end: &str) -> Option<&'a str> {
    Some(text.split_once(begin)?.1.split_once(end)?.0)
}

/// Writes what a run found between two marker lines of a page, which is named from the top of the checkout.
pub fn record_between(workspace: &Workspace, page: &str, begin: &str, end: &str, inner: &str) -> Result<()> {
    let path = workspace.root.join(page);
    let text = std::fs::read_to_string(&path).with_context(|| format!("Cannot read {page}"))?;
    let text = between(&text, begin, end, &format!("\n{inner}\n"))
        .with_context(|| format!("{page} lacks the lines {begin} and {end}"))?;
    write_atomically(&path, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::{between, table};

    #[test]
    fn a_table_has_a_line_a_row_and_room_for_what_is_empty() {
        let expected = "| | b |\n|---|---|\n| 1 | 2 |\n| 3 | |\n";
        assert_eq!(table(["", "b"], [["1", "2"], ["3", ""]]), expected);
    }

    #[test]
    fn replaces_only_what_stands_between_the_markers() {
        assert_eq!(between("a<b>old</b>c", "<b>", "</b>", "new\n").as_deref(), Some("a<b>\nnew\n</b>c"));
        assert_eq!(between("a</b>", "<b>", "</b>", ""), None);
    }
}
