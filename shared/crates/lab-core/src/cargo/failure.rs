//! Why a build failed, and whose trouble that is: a mistake in somebody's source, or the machine's.

use std::fmt;
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::flags::cargo_home;
use super::packages::Author;

/// How the sentence on a full disk begins. Whoever builds one thing after another stops there.
pub const DISK_IS_FULL: &str = "The disk is full";

/// Why valid code is refused.
const NO_UNSAFE: &str = "A lab is solved without `unsafe`: it reaches past everything that counts.\n";

/// A build that failed.
#[derive(Debug, Default)]
pub struct Failure {
    /// What the compiler says of sources, each with its package.
    mistakes: Vec<(String, String)>,
    /// Everything else that the compiler and Cargo said.
    words: String,
    /// What this machine lacks, as far as it can be told.
    lack: Option<String>,
    /// What was compiled before is no longer whole: the power went, or the disk was full.
    is_damaged: bool,
}

/// What rustc says of a source, or of what it could not do.
#[derive(Debug, Deserialize)]
pub struct Diagnostic {
    level: String,
    #[serde(default)]
    message: String,
    code: Option<Code>,
    #[serde(default)]
    spans: Vec<IgnoredAny>,
    rendered: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Code {
    code: String,
}

impl Diagnostic {
    /// What is wrong with a compiled crate, and with no source: it cannot be read, or another compiler or another version wrote it.
    fn is_damage(&self, author: &Author) -> bool {
        let rendered = self.rendered.as_deref().unwrap_or_default();
        match self.code.as_ref().map(|code| code.code.as_str()) {
            Some("E0460" | "E0514" | "E0786") => true,
            // An empty file is no crate at all. A crate that nobody declares is a mistake.
            Some("E0463") => {
                let sought = self.message.split('`').nth(1).unwrap_or_default();
                self.message.contains("which `") || author.crates.iter().any(|name| name == sought)
            }
            Some(_) => false,
            // The linker's words for a library of which the end is missing.
            None => {
                let words = ["malformed archive", "file too short", "file truncated", "file format not recognized"];
                rendered.contains(".rlib") && words.iter().any(|word| rendered.contains(word))
            }
        }
    }

    /// An error that a line of a source is responsible for. A linker that is not there, a disk that is full or a compiler that
    /// crashed is an error, too, and no line's.
    fn is_mistake(&self) -> bool {
        let rendered = self.rendered.as_deref().unwrap_or_default();
        // The linker looked for what a source declares.
        let is_unlinked = rendered.contains("undefined reference to") || rendered.contains("undefined symbol");
        // So is an allocator beside the one that counts: rustc names the crates, and no line.
        let is_second_allocator = rendered.contains("conflicts with global allocator in");
        self.is_error() && (self.code.is_some() || !self.spans.is_empty() || is_unlinked || is_second_allocator)
    }

    fn is_error(&self) -> bool {
        self.level.starts_with("error")
    }
}

impl Failure {
    /// Takes in what was said; `target` is where the build writes.
    pub fn new(diagnostics: Vec<(Author, Diagnostic)>, said: String, target: &Path) -> Self {
        let mut failure = Failure::default();
        for (author, diagnostic) in diagnostics.into_iter().filter(|(_, diagnostic)| diagnostic.is_error()) {
            let is_damage = diagnostic.is_damage(&author);
            failure.is_damaged |= is_damage;
            let is_mistake = diagnostic.is_mistake() && !is_damage;
            let is_unsafe = diagnostic.code.is_some_and(|code| code.code == "unsafe_code");
            let rendered = diagnostic.rendered.unwrap_or_default() + if is_unsafe { NO_UNSAFE } else { "" };
            match is_mistake {
                true => failure.mistakes.push((author.package, rendered)),
                false => failure.words.push_str(&rendered),
            }
        }
        failure.words.push_str(&said);
        let damage = "A compiled crate is damaged: remove all that is compiled with `cargo clean`, and try again.";
        failure.lack = lack(&failure.words, target, cargo_home().as_deref())
            .filter(|lack| !failure.is_damaged || lack.starts_with(DISK_IS_FULL))
            .or_else(|| failure.is_damaged.then(|| damage.into()));
        failure
    }

    /// Whether another build may succeed, once what was compiled of ours is compiled anew.
    pub fn is_damaged(&self) -> bool {
        self.is_damaged
    }

    /// The compiler's words about sources of these packages, if there is a mistake in one of them and nothing else is amiss.
    pub fn mistakes_in(&self, packages: &[impl AsRef<str>]) -> Option<String> {
        let words: String = self
            .mistakes
            .iter()
            .filter(|(package, _)| packages.iter().any(|wanted| wanted.as_ref() == package))
            .map(|(_, rendered)| rendered.as_str())
            .collect();
        (!words.is_empty() && self.lack.is_none()).then_some(words)
    }

    /// The failure of a build that was to bring a package's program, in words.
    pub fn of(&self, package: &str) -> String {
        match (self.mistakes_in(&[package]), &self.lack) {
            (Some(_), _) => format!("{package} does not compile:\n{self}"),
            (None, Some(lack)) => format!("{package} could not be built. {lack}\n{self}"),
            (None, None) => format!("{package} could not be built, and not for a mistake in its source:\n{self}"),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.mistakes.iter().try_for_each(|(_, rendered)| f.write_str(rendered))?;
        f.write_str(&self.words)
    }
}

/// What the machine lacks, in a sentence that says what to do.
fn lack(words: &str, target: &Path, home: Option<&Path>) -> Option<String> {
    let says = |any: &[&str]| any.iter().any(|part| words.contains(part));
    if says(&["No space left on device", "os error 28", "Disk quota exceeded"]) {
        return Some(full(target));
    }
    if let Some(manifest) = broken_manifest(words) {
        return Some(manifest);
    }
    if says(&["could not execute process"]) {
        return Some(match says(&["build-script-build"]) {
            true => format!(
                "No program can be started in {}: set CARGO_TARGET_DIR to a folder on a disk that is not mounted with noexec.",
                target.display()
            ),
            false => "Cargo could not start the compiler that it was told to use: see RUSTC and build.rustc.".into(),
        });
    }
    if says(&["Read-only file system", "Permission denied"]) {
        let is_named = |folder: &Path| words.contains(&*folder.to_string_lossy());
        if let Some(home) = home.filter(|home| is_named(home) && !is_named(target)) {
            return Some(format!(
                "Cargo's own folder {} cannot be written: make it writable, or set CARGO_HOME to a folder that is.",
                home.display()
            ));
        }
        return Some(format!(
            "Something cannot be written; builds go to {}: make it writable, or set CARGO_TARGET_DIR to a folder that is.",
            target.display()
        ));
    }
    if says(&["linker `", "linking with `", "failed to find tool", "error occurred in cc-rs"]) {
        return Some("The C compiler or linker is missing or fails: install gcc and the C library's headers (`cargo lab doctor`).".into());
    }
    if says(&["SIGXFSZ", "File too large"]) {
        return Some("The shell allows no file as large as the compiler writes (`ulimit -f`): raise the limit.".into());
    }
    if says(&["SIGXCPU"]) {
        return Some("The compiler needs more CPU time than the shell allows (`ulimit -t`): raise the limit.".into());
    }
    if says(&["SIGKILL", "memory allocation of", "Cannot allocate memory", "out of memory"]) {
        return Some("The compiler had too little memory: close other programs, or set CARGO_BUILD_JOBS=1.".into());
    }
    if says(&[
        "offline",
        "failed to download",
        "Could not resolve host",
        "network failure",
        "failed to get `",
        "Couldn't connect",
    ]) {
        return Some("A crate is not on this machine and could not be fetched: try again where there is a network (`cargo lab prefetch`).".into());
    }
    None
}

/// A manifest that keeps Cargo from building anything, as it reads those of all members first, and what puts it back.
fn broken_manifest(words: &str) -> Option<String> {
    let (_, rest) = words.split_once("failed to load manifest for workspace member `")?;
    let folder = Path::new(rest.split('`').next()?);
    let name = folder.file_name()?.to_string_lossy().into_owned();
    let number = name.strip_prefix("lab-").and_then(|rest| Some(rest.split_once('-')?.0));
    let back = match number.filter(|number| number.bytes().all(|byte| byte.is_ascii_digit())) {
        Some(number) => format!("`make reset-{number}` puts the original back."),
        None => "put it back, with git or from the archive.".into(),
    };
    Some(format!("{} is broken, and Cargo reads it before any build: {back}", folder.join("Cargo.toml").display()))
}

/// Names the folder whose disk is full: where builds go, or where the linker puts what it only needs for a moment.
fn full(target: &Path) -> String {
    let temporary = std::env::temp_dir();
    let free = |folder: &Path| rustix::fs::statvfs(folder).ok().map(|disk| disk.f_bavail * disk.f_frsize);
    const LITTLE: u64 = 32 << 20;
    let full: Vec<String> = [target, &temporary]
        .iter()
        .filter_map(|folder| Some((folder, free(folder)?)))
        .filter(|(_, free)| *free < LITTLE)
        .map(|(folder, free)| format!("{} ({} KiB free)", folder.display(), free >> 10))
        .collect();
    let which = match full.is_empty() {
        true => format!("{} or {}", target.display(), temporary.display()),
        false => full.join(" and "),
    };
    format!("{DISK_IS_FULL}: {which}. Make room, or set CARGO_TARGET_DIR and TMPDIR to folders elsewhere.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnostic(json: &str) -> Diagnostic {
        serde_json::from_str(json).expect("a diagnostic")
    }

    fn failure(package: &str, json: &str, said: &str) -> Failure {
        let author = Author { package: package.into(), crates: vec!["pristine".into()] };
        Failure::new(vec![(author, diagnostic(json))], said.into(), Path::new("/somewhere/target"))
    }

    #[test]
    fn only_an_error_in_a_line_of_ones_own_is_ones_own() {
        let typo = r#"{"level":"error","code":{"code":"E0425"},"spans":[{}],"rendered":"error[E0425]: no `x`\n"}"#;
        assert_eq!(failure("yours", typo, "").mistakes_in(&["yours"]).as_deref(), Some("error[E0425]: no `x`\n"));
        assert_eq!(failure("original", typo, "").mistakes_in(&["yours"]), None);
        let warning = r#"{"level":"warning","code":{"code":"dead_code"},"spans":[{}],"rendered":"warning\n"}"#;
        assert_eq!(failure("yours", warning, "").mistakes_in(&["yours"]), None);
    }

    #[test]
    fn a_linker_a_disk_and_a_network_that_are_not_there_are_nobodys_mistake() {
        let linker = r#"{"level":"error","code":null,"spans":[],"rendered":"error: linker `cc` not found\n"}"#;
        let full = r#"{"level":"error","code":null,"spans":[],"rendered":"error: failed to write x.o: No space left on device (os error 28)\n"}"#;
        let crash = r#"{"level":"error: internal compiler error","code":null,"spans":[],"rendered":"it panicked\n"}"#;
        for (json, said, advice) in [
            (linker, "", "linker is missing"),
            (full, "", "The disk is full: /somewhere/target"),
            (crash, "process didn't exit successfully (signal: 9, SIGKILL: kill)", "too little memory"),
            (crash, "process didn't exit successfully (signal: 25, SIGXFSZ: file size limit exceeded)", "ulimit -f"),
            (crash, "process didn't exit successfully (signal: 24, SIGXCPU: CPU time limit exceeded)", "ulimit -t"),
            (crash, "error: failed to download `serde`", "network"),
            (crash, "error: could not execute process `x -vV` (never executed)", "RUSTC"),
            (
                crash,
                "error: could not execute process `x -vV` (never executed)\nPermission denied (os error 13)",
                "RUSTC",
            ),
            (
                crash,
                "could not execute process `/t/build/x/build-script-build`\nPermission denied (os error 13)",
                "noexec",
            ),
            (crash, "failed to load manifest for workspace member `/x/labs/lab-01-tiny`\n", "`make reset-01`"),
            (crash, "failed to load manifest for workspace member `/x/shared/book`\n", "with git"),
            (crash, "error: failed to open `x.d`: Read-only file system (os error 30)", "CARGO_TARGET_DIR"),
        ] {
            let failure = failure("yours", json, said);
            assert_eq!(failure.mistakes_in(&["yours"]), None, "{json}");
            assert!(failure.of("yours").contains(advice), "{}", failure.of("yours"));
            assert!(!failure.of("yours").contains("does not compile"));
        }
    }

    #[test]
    fn a_folder_of_cargos_own_that_cannot_be_written_is_not_called_the_target() {
        let words = "error: failed to write `/home/me/.cargo/registry/x`\n  Permission denied (os error 13)";
        let said = lack(words, Path::new("/somewhere/target"), Some(Path::new("/home/me/.cargo"))).expect("a lack");
        assert!(said.contains("CARGO_HOME") && !said.contains("CARGO_TARGET_DIR"), "{said}");
    }

    #[test]
    fn a_compiled_crate_that_is_damaged_is_nobodys_mistake_and_one_that_nobody_declares_is() {
        let missing = |message: &str| {
            format!(
                r#"{{"level":"error","message":"{message}","code":{{"code":"E0463"}},"spans":[{{}}],"rendered":"error\n"}}"#
            )
        };
        let other = |code: &str| {
            format!(r#"{{"level":"error","code":{{"code":"{code}"}},"spans":[{{}}],"rendered":"error\n"}}"#)
        };
        let cut = r#"{"level":"error","code":null,"spans":[],"rendered":"error: linking with `cc` failed\nlibdep.rlib: file too short\n"}"#;
        for json in [
            missing("can't find crate for `pristine`"),
            missing("can't find crate for `serde` which `lab_harness` depends on"),
            other("E0786"),
            other("E0460"),
            other("E0514"),
            cut.to_string(),
        ] {
            let failure = failure("yours", &json, "");
            assert!(failure.is_damaged() && failure.mistakes_in(&["yours"]).is_none(), "{json}");
            assert!(failure.of("yours").contains("cargo clean"), "{}", failure.of("yours"));
        }
        let nobody = failure("yours", &missing("can't find crate for `nobody`"), "");
        assert!(!nobody.is_damaged() && nobody.mistakes_in(&["yours"]).is_some());
    }

    #[test]
    fn what_a_source_declares_and_no_library_has_is_its_mistake() {
        let json = r#"{"level":"error","code":null,"spans":[],"rendered":"error: linking with `cc` failed\nundefined reference to `nobody`\n"}"#;
        let failure = failure("yours", json, "");
        assert!(failure.lack.is_none() && failure.mistakes_in(&["yours"]).is_some(), "{failure:?}");
    }

    #[test]
    fn an_allocator_beside_the_one_that_counts_is_a_mistake() {
        let json = r#"{"level":"error","code":null,"spans":[],"rendered":"error: the `#[global_allocator]` in this crate conflicts with global allocator in: yours\n"}"#;
        assert!(failure("yours", json, "").mistakes_in(&["yours"]).is_some());
    }

    #[test]
    fn valid_code_that_is_refused_is_told_why() {
        let json = r#"{"level":"error","code":{"code":"unsafe_code"},"spans":[{}],"rendered":"error: usage of an `unsafe` block\n"}"#;
        let words = failure("yours", json, "").mistakes_in(&["yours"]).expect("a mistake");
        assert!(
            words.ends_with("A lab is solved without `unsafe`: it reaches past everything that counts.\n"),
            "{words}"
        );
    }

    #[test]
    fn a_full_disk_beside_a_mistake_is_no_verdict_on_it() {
        let typo = r#"{"level":"error","code":{"code":"E0425"},"spans":[{}],"rendered":"error[E0425]\n"}"#;
        let failure = failure("yours", typo, "error: No space left on device (os error 28)");
        assert_eq!(failure.mistakes_in(&["yours"]), None);
    }
}
