//! What the known attempts of a lab say of themselves, in comments.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use lab_core::catalogue::Lab;
use lab_core::pristine::{self, Files};
use lab_core::workspace::Workspace;

/// How an attempt says which gates it misses: a comment of this and the names of their counts, on a line of its own; [`TIME`] alone where it
/// passes all of them and is NOT YET, or wrong, where it is timed.
pub(super) const MISSES: &str = "misses: ";
/// What an attempt misses that only its time tells from a solution.
pub(super) const TIME: &str = "time";
/// The line of an attempt that cannot be compiled with the others, because it cannot be compiled.
const APART: &str = "built apart: it does not compile";
/// How the sentence begins that says what an attempt is, where the file's own documentation stands before it.
const ATTEMPT: &str = "Attempt: ";
/// What comments begin with: documentation of Rust's, Rust, YAML and TOML, SQL.
const COMMENTS: [&str; 4] = ["//!", "//", "#", "--"];
/// What stands in a comment elsewhere is a whole file beside an attempt whose format has no comments: `not-yet-a.md` beside
/// `not-yet-a.json`.
const BESIDE: &str = "md";

/// What an attempt says.
pub(super) struct Said {
    /// The counts whose gates it misses, where it says so.
    pub misses: Option<Vec<String>>,
    /// Whether it has to be built by itself.
    pub is_apart: bool,
    /// Its first sentence: what somebody thought.
    pub about: String,
}

/// What the attempt of this path says.
pub(super) fn said(path: &Path) -> Result<Said> {
    let text = text(path)?;
    let misses = text.lines().find_map(|line| comment(line)?.strip_prefix(MISSES));
    let misses = misses.map(|counts| counts.split(',').map(|count| count.trim().to_string()).collect());
    let is_apart = text.lines().any(|line| comment(line) == Some(APART));
    Ok(Said { misses, is_apart, about: about(&text) })
}

/// All attempts, by name.
pub(super) fn attempts(workspace: &Workspace, lab: &Lab) -> Result<Vec<(String, PathBuf)>> {
    let folder = workspace.root.join("solutions").join(lab.solution_name()).join("attempts");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut attempts = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == BESIDE) {
            continue;
        }
        let name = path.file_stem().context("an entry has a name")?.to_string_lossy().into_owned();
        attempts.push((name, path));
    }
    attempts.sort();
    Ok(attempts)
}

/// What an attempt is: the first paragraph of its documentation, or the one that begins with [`ATTEMPT`].
fn about(text: &str) -> String {
    // In Rust an ordinary comment is none of the file's documentation.
    let mark = COMMENTS.into_iter().find(|mark| *mark != "//" && text.starts_with(mark)).unwrap_or("//!");
    let lines = text.lines().map_while(|line| line.strip_prefix(mark)).map(str::trim);
    let lines: Vec<&str> = lines.filter(|line| !line.starts_with(MISSES)).collect();
    let paragraphs = lines.split(|line| line.is_empty()).map(|lines| lines.join(" "));
    let mut paragraphs: Vec<String> = paragraphs.filter(|paragraph| !paragraph.is_empty()).collect();
    let said = paragraphs.iter().find_map(|paragraph| paragraph.strip_prefix(ATTEMPT).map(String::from));
    said.or_else(|| (!paragraphs.is_empty()).then(|| paragraphs.swap_remove(0))).unwrap_or_default()
}

/// What a line says that is a comment.
fn comment(line: &str) -> Option<&str> {
    COMMENTS.iter().find_map(|mark| line.strip_prefix(mark)).map(str::trim)
}

/// All that an attempt's files say. What stands beside it is a comment.
fn text(path: &Path) -> Result<String> {
    if let Ok(beside) = std::fs::read_to_string(path.with_extension(BESIDE)) {
        return Ok(beside.lines().map(|line| format!("# {line}\n")).collect());
    }
    let mut files = Files::new();
    pristine::collect(path.parent().unwrap_or(path), path, &mut files)?;
    Ok(files.values().map(|text| String::from_utf8_lossy(text)).collect())
}

#[cfg(test)]
mod tests {
    use super::{about, said};

    #[test]
    fn what_an_attempt_is_stands_first_or_behind_its_word() {
        assert_eq!(about("//! Two\n//! lines.\n//!\n//! More.\nuse x;\n"), "Two lines.");
        assert_eq!(about("//! The file's own.\n//!\n//! Attempt: asks again.\n"), "asks again.");
        assert_eq!(about("use x;\n"), "");
        assert_eq!(about("# misses: pages\n# One window\n# only.\ngroups:\n"), "One window only.");
    }

    #[test]
    fn what_stands_beside_an_attempt_or_in_any_formats_comment_is_said() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
        write("not-yet-a.json", "{}\n");
        write("not-yet-a.md", "Sixty replicas.\n\nmisses: lost, paid\n");
        write("not-yet-b.sql", "-- One index.\n-- misses: rows\nCREATE INDEX i ON t (c);\n");
        write("invalid-c.rs", "//! It lacks a bracket.\n// built apart: it does not compile\nfn f( {}\n");
        for (name, misses, is_apart, about) in [
            ("not-yet-a.json", Some(vec!["lost", "paid"]), false, "Sixty replicas."),
            ("not-yet-b.sql", Some(vec!["rows"]), false, "One index."),
            ("invalid-c.rs", None, true, "It lacks a bracket."),
        ] {
            let said = said(&folder.path().join(name)).expect("it is read");
            assert_eq!(said.misses, misses.map(|counts| counts.into_iter().map(String::from).collect()), "{name}");
            assert_eq!((said.is_apart, said.about.as_str()), (is_apart, about), "{name}");
        }
    }
}
