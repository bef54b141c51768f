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

/// What a line begins with below which a page repeats what is recorded in another file: `<!-- NAME:begin, from PATH -->`.
pub const QUOTED: &str = ":begin, from ";

/// The page with each such part as it is in the other file now, which has the markers `<!-- NAME:begin -->` and `<!-- NAME:end -->`.
pub fn with_quoted(workspace: &Workspace, text: &str) -> Result<String> {
    let mut page = text.to_string();
    for begin in text.lines().filter(|line| line.contains(QUOTED)) {
        let named = begin.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
        let (name, path) = named.and_then(|rest| rest.split_once(QUOTED)).with_context(|| format!("`{begin}`?"))?;
        let other =
            std::fs::read_to_string(workspace.root.join(path)).with_context(|| format!("Cannot read {path}"))?;
        let end = format!("<!-- {name}:end -->");
        let inner = recorded(&other, &format!("<!-- {name}:begin -->"), &end)
            .with_context(|| format!("{path} records no {name}"))?;
        page = between(&page, begin, &end, inner.trim_start_matches('\n'))
            .with_context(|| format!("a page lacks {end} behind `{begin}`"))?;
    }
    Ok(page)
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
    use super::{between, table, with_quoted};
    use lab_core::workspace::Workspace;

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

    #[test]
    fn what_another_file_records_is_repeated_as_it_is_now() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let workspace = Workspace { root: root.path().into(), target: "/".into(), state: "/".into() };
        let source = "one\n<!-- steps:begin -->\n| 2 |\n<!-- steps:end -->\n";
        std::fs::write(root.path().join("README.md"), source).expect("written");
        let page = |inner: &str| format!("a\n<!-- steps:begin, from README.md -->\n{inner}<!-- steps:end -->\nb\n");
        assert_eq!(with_quoted(&workspace, &page("| 1 |\n")).expect("repeated"), page("| 2 |\n"));
        assert_eq!(with_quoted(&workspace, "nothing").expect("as it was"), "nothing");
        for (wrong, says) in
            [(page("").replace("steps", "ways"), "records no ways"), (page("").replace("README", "NONE"), "NONE.md")]
        {
            let error = with_quoted(&workspace, &wrong).expect_err("there is nothing to repeat");
            assert!(format!("{error:#}").contains(says), "{error:#}");
        }
    }
}
