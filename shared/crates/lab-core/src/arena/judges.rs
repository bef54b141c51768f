//! What the code under test may not name.
//!
//! The learner's file is compiled into the judge's own process, and beside its crates: whoever calls them takes the counter back to zero,
//! or says a record that nobody measured. Nothing that a fix needs is in them. Refused, too, are what would bring in a file that is not
//! looked at here, and what keeps statements from being reported.

use std::fmt;

use crate::pristine::Files;

/// The crates that judge, as code names them. `orderflow_accounts` knows the seeded passwords; its types come through the contract.
const CRATES: [&str; 6] = ["lab_harness", "lab_load", "lab_probe", "lab_results", "lab_service", "orderflow_accounts"];

/// Methods of sqlx's that keep statements from being reported, and so from being counted.
const UNREPORTED: [&str; 3] = ["disable_statement_logging", "log_slow_statements", "log_statements"];

/// A place in a source that disturbs the judge.
#[derive(Debug, PartialEq, Eq)]
pub struct Named {
    line: usize,
    what: What,
}

#[derive(Debug, PartialEq, Eq)]
enum What {
    /// A crate of the judge's.
    Crate(&'static str),
    /// What compiles a file that this did not see.
    Elsewhere(&'static str),
    /// A method out of [`UNREPORTED`].
    Unreported(&'static str),
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Crate(name) => write!(f, "`{name}` is the judge's; the code under test has no use for it"),
            What::Elsewhere(what) => write!(f, "`{what}` brings in code from elsewhere, which the judge does not see"),
            What::Unreported(name) => {
                write!(f, "`{name}` keeps statements from being reported, and so from being counted")
            }
        }
    }
}

/// Why these files of a lab cannot be judged, if so: the first place in any of them.
pub fn refused<'a>(lab: &str, files: &Files, is_theirs: impl Fn(&str) -> bool + 'a) -> Option<String> {
    let theirs = files.iter().filter(|(path, _)| is_theirs(path));
    theirs.into_iter().find_map(|(path, text)| {
        let Named { line, what } = named(&String::from_utf8_lossy(text))?;
        Some(format!("labs/{lab}/{path}:{line}: {what}"))
    })
}

/// The first place in a source that disturbs the judge, comments and texts aside.
fn named(source: &str) -> Option<Named> {
    let tokens = tokens(source);
    // The compiler leaves such a line out, and so what opens a text in it opens none.
    if source.trim_start_matches('\u{feff}').starts_with("#!") && tokens.get(2).is_none_or(|token| token.text != "[") {
        return Some(Named { line: 1, what: What::Elsewhere("#!") });
    }
    let text = |at: Option<usize>| at.and_then(|at| tokens.get(at)).map_or("", |token| token.text);
    tokens.iter().enumerate().find_map(|(at, token)| {
        let (before, next) = (text(at.checked_sub(1)), text(Some(at + 1)));
        let what = match token.text {
            "include" if next == "!" && text(Some(at + 2)) != "=" => What::Elsewhere("include!"),
            // Imported under another name.
            "include" if next == "as" && [":", "{", ","].contains(&before) => What::Elsewhere("include!"),
            "path" if next == "=" && before == "[" => What::Elsewhere("#[path]"),
            // In `cfg_attr`, or handed to a macro that makes an attribute of it.
            "path" if next == "=" && ["(", ",", "{"].contains(&before) && text(Some(at + 2)) == TEXT => {
                What::Elsewhere("#[path]")
            }
            // What a macro of their own is handed, it may call or make an attribute of.
            "$" if text(Some(at + 2)) == "!" && text(Some(at + 3)) != "=" => What::Elsewhere("$name!"),
            "$" if before == "[" && at > 1 && text(at.checked_sub(2)) == "#" => What::Elsewhere("#[$name]"),
            name => match CRATES.into_iter().find(|known| *known == name) {
                Some(known) => What::Crate(known),
                None => What::Unreported(UNREPORTED.into_iter().find(|known| *known == name)?),
            },
        };
        Some(Named { line: token.line, what })
    })
}

/// What stands for any text between quotes.
const TEXT: &str = "\"";

/// A word or a sign of a source.
struct Token<'a> {
    text: &'a str,
    line: usize,
}

/// The words and signs of a source without its comments. Texts are [`TEXT`], characters and lifetimes are left out.
fn tokens(source: &str) -> Vec<Token<'_>> {
    let (mut tokens, mut at, mut line, mut lines_to) = (Vec::new(), 0, 1, 0);
    while let Some(next) = source[at..].chars().next() {
        line += source[lines_to..at].matches('\n').count();
        lines_to = at;
        let rest = &source[at..];
        let (length, text) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), None)
        } else if rest.starts_with("/*") {
            (length_of_comment(rest), None)
        } else if let Some(length) = length_of_raw_text(rest) {
            (length, Some(TEXT))
        } else if next == '"' {
            (length_to_quote(rest, '"'), Some(TEXT))
        } else if next == '\'' {
            (length_of_character(rest), None)
        } else if is_of_word(next) {
            let word = word(rest);
            // `r#name` is the name, and nothing else.
            let is_raw = word == "r" && rest[1..].starts_with('#') && rest[2..].starts_with(is_of_word);
            if is_raw { (2, None) } else { (word.len(), Some(word)) }
        } else {
            let length = next.len_utf8();
            (length, (!next.is_whitespace() && next != '\u{feff}').then(|| &rest[..length]))
        };
        tokens.extend(text.map(|text| Token { text, line }));
        at += length;
    }
    tokens
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn word(rest: &str) -> &str {
    &rest[..rest.find(|letter| !is_of_word(letter)).unwrap_or(rest.len())]
}

/// Comments of this kind stand in each other.
fn length_of_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    loop {
        let step = match &rest[at..] {
            "" => return at,
            inner if inner.starts_with("/*") => {
                depth += 1;
                2
            }
            inner if inner.starts_with("*/") => {
                depth -= 1;
                2
            }
            inner => inner.chars().next().map_or(1, char::len_utf8),
        };
        at += step;
        if depth == 0 {
            return at;
        }
    }
}

/// `r"..."`, `br#"..."#` and the like.
fn length_of_raw_text(rest: &str) -> Option<usize> {
    let prefix = ["r", "br", "cr"].into_iter().find(|prefix| word(rest) == *prefix)?;
    let hashes = rest[prefix.len()..].bytes().take_while(|byte| *byte == b'#').count();
    let opened = prefix.len() + hashes + 1;
    if !rest[opened - 1..].starts_with('"') {
        return None;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    Some(rest[opened..].find(&end).map_or(rest.len(), |found| opened + found + end.len()))
}

/// From one quote to the next that no backslash stands before.
fn length_to_quote(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    let end = rest.char_indices().skip(1).find(|(_, letter)| {
        let is_end = *letter == quote && !is_escaped;
        is_escaped = *letter == '\\' && !is_escaped;
        is_end
    });
    end.map_or(rest.len(), |(at, _)| at + quote.len_utf8())
}

/// `'x'` and `'\n'`, or the quote before a lifetime's name.
fn length_of_character(rest: &str) -> usize {
    let mut letters = rest.char_indices().skip(1);
    match (letters.next(), letters.next()) {
        (Some((_, '\\')), _) => length_to_quote(rest, '\''),
        (_, Some((at, '\''))) => at + 1,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> Option<(usize, String)> {
        named(source).map(|Named { line, what }| (line, what.to_string()))
    }

    #[test]
    fn a_crate_of_the_judges_is_found_however_it_is_written() {
        for source in [
            "fn f() { lab_harness::probe::statements::take(); }",
            "use lab_harness as other;",
            "fn f() { lab_service::case(\"x\"); }",
            "use ::r#lab_harness::emit;",
            "extern crate lab_probe;",
            "use orderflow_accounts::credentials;",
            "fn f<'a>(x: &'a str) { let q = '\"'; lab_results::stats::median(&[]); }",
            "fn f() { let b = (b'\\'', r#\"\"\"#, \"\\\"\"); /* /* */ */ lab_load::run() }",
        ] {
            let (line, words) = found(source).unwrap_or_else(|| panic!("{source}"));
            assert_eq!(line, 1);
            assert!(words.ends_with("is the judge's; the code under test has no use for it"), "{words}");
        }
        assert_eq!(found("\"\n\"\n/*\n*/ lab_probe").map(|(line, _)| line), Some(4));
    }

    #[test]
    fn code_from_elsewhere_is_found() {
        for source in [
            "include!(\"/tmp/x.rs\");",
            "use std::include as other;",
            "core::include ! { \"x\" }",
            "#[ path = \"/tmp/x.rs\" ] mod x;",
            "#[cfg_attr(all(), path = r\"/tmp/x.rs\")] mod x;",
            "macro_rules! m { ($i:ident) => { $i!(\"/tmp/x.rs\"); } } m!(include);",
            "macro_rules! m { ($p:ident) => { #[$p = \"/tmp/x.rs\"] mod x; } } m!(path);",
            "#!/usr/bin/env \"\nuse lab_harness::emit;",
        ] {
            let (_, words) = found(source).unwrap_or_else(|| panic!("{source}"));
            assert!(words.contains("from elsewhere"), "{words}");
        }
    }

    #[test]
    fn statements_that_nobody_reports_are_found() {
        let (_, words) = found("let quiet = options.disable_statement_logging();").expect("it is silent");
        assert!(words.ends_with("from being counted"), "{words}");
    }

    #[test]
    fn comments_texts_and_ordinary_words_are_nothing() {
        for source in [
            "// lab_harness\n/* lab_probe */ //! include!(\nfn f() {}",
            "const A: &str = \"lab_harness \\\" lab_probe\"; const B: &str = r#\"lab_harness \" \"#;",
            "fn f(path: &str, include: bool) { let path = \"a\"; g(path == \"a\", include, include != true, (include as u8)); }",
            "#![allow(unused)]\nuse std::path::Path;\nstruct S { path: u8 }",
            "macro_rules! m { ($a:expr, $($b:ident),*) => { $a != $b || vec![$a] == [$($b),*] } }",
            "let labs = lab_harnesses; let s = format!(\"{path}\", path = name);",
        ] {
            assert_eq!(found(source), None, "{source}");
        }
    }

    #[test]
    fn only_the_learners_files_are_asked_and_the_place_is_said() {
        let files: Files = [("src/main.rs", "use lab_harness::x;"), ("src/tiny.rs", "\nuse lab_harness::emit;")]
            .map(|(path, text)| (path.to_string(), text.as_bytes().to_vec()))
            .into();
        let words = refused("lab-99-tiny", &files, |path| path == "src/tiny.rs").expect("it names one");
        assert!(words.starts_with("labs/lab-99-tiny/src/tiny.rs:2: `lab_harness` is"), "{words}");
        assert_eq!(refused("lab-99-tiny", &files, |_| false), None);
    }
}
