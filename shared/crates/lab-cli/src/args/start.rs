//! From the words that were typed to what is to be done. A lab that was left out is that of the folder one is in; where there is none,
//! the labs are named in the words of the front door through which one came: make's, or Cargo's.

use std::ffi::OsString;
use std::path::Path;

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Arguments;
use lab_core::catalogue;
use lab_core::terminal::{BAD, COMMAND, paint};
use lab_core::workspace::Workspace;

/// What is said in place of doing something.
pub enum Said {
    /// Help or a version, for standard output.
    Help(String),
    /// What is wrong with the words that were typed, for standard error.
    Wrong(String),
}

/// Reads the command line; clap's own words for help and version, and ours or clap's for wrong usage.
pub fn arguments() -> Result<Arguments, Said> {
    let typed: Vec<OsString> = std::env::args_os().collect();
    let is_from_make = std::env::var_os("MAKELEVEL").is_some();
    let error = match Arguments::try_parse_from(&typed) {
        Ok(arguments) => return Ok(arguments),
        Err(error) => error,
    };
    let words = error.render().ansi().to_string();
    if !error.use_stderr() {
        return Err(Said::Help(words));
    }
    if !lacks_lab(&error) {
        return Err(Said::Wrong(if is_from_make { in_words_of_make(&words, &typed) } else { words }));
    }
    let here = std::env::current_dir().ok().and_then(|here| lab_of(&here));
    let of_here = here.and_then(|lab| Arguments::try_parse_from(with_lab(&typed, &lab)).ok());
    of_here.ok_or_else(|| Said::Wrong(which_lab(&verb(&typed), is_from_make) + "\n"))
}

/// Whether the one thing that is missing is the lab.
fn lacks_lab(error: &clap::Error) -> bool {
    let missing = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::Strings(missing)) => missing.clone(),
        Some(ContextValue::String(missing)) => vec![missing.clone()],
        _ => Vec::new(),
    };
    error.kind() == ErrorKind::MissingRequiredArgument && missing.iter().any(|missing| missing.contains("<LAB"))
}

/// The lab in whose folder, or in whose solution's, this is.
fn lab_of(here: &Path) -> Option<String> {
    here.ancestors().find_map(|folder| {
        let (name, parent) = (folder.file_name()?.to_str()?, folder.parent()?.file_name()?.to_str()?);
        let number = name.strip_prefix("lab-").filter(|_| parent == "labs");
        let number = number.or_else(|| name.strip_prefix("solution-").filter(|_| parent == "solutions"))?;
        folder.join("Cargo.toml").is_file().then(|| format!("lab-{number}"))
    })
}

/// The verb's first argument is its lab.
fn with_lab(typed: &[OsString], lab: &str) -> Vec<OsString> {
    let mut whole = typed.to_vec();
    whole.insert(2.min(whole.len()), lab.into());
    whole
}

fn verb(typed: &[OsString]) -> String {
    typed.get(1).map(|verb| verb.to_string_lossy().into_owned()).unwrap_or_default()
}

/// What a verb is called as a target: `make lab-01` is `cargo lab reproduce 01`.
fn target(verb: &str) -> &str {
    if verb == "reproduce" { "lab" } else { verb }
}

fn which_lab(verb: &str, is_from_make: bool) -> String {
    let labs = Workspace::find().and_then(|workspace| catalogue::labs(&workspace)).unwrap_or_default();
    let names: Vec<(String, String)> = labs.into_iter().map(|lab| (lab.nn(), lab.slug)).collect();
    let typed = |nn: &str| match is_from_make {
        true => format!("make {}-{nn}", target(verb)),
        false => format!("cargo lab {verb} {nn}"),
    };
    let mut words = format!("{} which lab? Name one of them:", paint(BAD, "error:"));
    for (nn, slug) in &names {
        words += &format!("\n  {}  {slug}", paint(COMMAND, typed(nn)));
    }
    words += &match is_from_make {
        true => format!(
            "\nIn a lab's folder, `make {}` means that lab. Options go into ARGS: {} ARGS=\"...\"",
            target(verb),
            typed("NN")
        ),
        false => format!("\nIn a lab's folder, `cargo lab {verb}` means that lab. Options: cargo lab {verb} --help"),
    };
    words
}

/// clap's words, with the usage as a target.
fn in_words_of_make(words: &str, typed: &[OsString]) -> String {
    let target = format!("make {}-NN ARGS=\"OPTIONS\"", target(&verb(typed)));
    let is_usage = |line: &str| anstream::adapter::strip_str(line).to_string().starts_with("Usage: cargo lab");
    let lines = words.split_inclusive('\n').map(|line| match is_usage(line) {
        true => format!("Usage: {target}\n"),
        false => line.replace("--help", &format!("cargo lab {} --help", verb(typed))),
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn only_a_lab_that_is_missing_is_looked_for_in_the_folder() {
        let error = |typed: &[&str]| Arguments::try_parse_from(words(typed)).expect_err("wrong usage");
        for typed in [&["lab", "verify"][..], &["lab", "dump"], &["lab", "hint", "--level", "2"], &["lab", "answer"]] {
            assert!(lacks_lab(&error(typed)), "{typed:?}");
        }
        for typed in
            [&["lab", "verify", "1", "--sed"][..], &["lab", "dance"], &["lab", "baseline", "save"], &["lab", "board"]]
        {
            assert!(!lacks_lab(&error(typed)), "{typed:?}");
        }
        let whole = with_lab(&words(&["lab", "verify", "--seed", "7"]), "lab-01-string-building");
        assert!(Arguments::try_parse_from(&whole).is_ok());
    }

    #[test]
    fn a_folder_is_its_labs_down_to_its_sources() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).expect("the repository");
        let lab = Some("lab-01-string-building".to_string());
        assert_eq!(lab_of(&root.join("labs/lab-01-string-building/src")), lab);
        assert_eq!(lab_of(&root.join("solutions/solution-01-string-building")), lab);
        assert_eq!(lab_of(&root.join("labs")), None);
        assert_eq!(lab_of(&root.join("shared/crates/lab-cli")), None);
    }

    #[test]
    fn wrong_options_are_explained_in_the_words_of_make() {
        let typed = words(&["lab", "verify", "01", "--sed"]);
        let error = Arguments::try_parse_from(&typed).expect_err("wrong usage");
        let said = in_words_of_make(&error.render().to_string(), &typed);
        assert!(said.contains("Usage: make verify-NN ARGS=") && !said.contains("Usage: cargo"), "{said}");
        assert!(said.contains("cargo lab verify --help"), "{said}");
    }
}
