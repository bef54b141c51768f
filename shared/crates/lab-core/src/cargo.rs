//! Builds, with progress while they last and the compiler's words when they fail.

mod announce;
mod failure;
mod flags;
mod fresh;
mod heard;
pub mod packages;

use std::ffi::OsString;
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::JoinHandle;

use anyhow::{Context, Result, bail};
use indicatif::ProgressBar;
use serde::Deserialize;

use self::failure::Diagnostic;
pub use self::failure::{DISK_IS_FULL, Failure};
use crate::child::{self, Running, Sees, in_background};
use crate::terminal::{say_stage, say_waiting, spinner};
use crate::workspace::{Workspace, create_folder};

pub use announce::{built_into, title};

/// A build to run.
#[derive(Debug, Clone, Default)]
pub struct Build {
    /// What people are told.
    pub title: String,
    /// Arguments after `cargo build --release`.
    pub arguments: Vec<String>,
    /// With types and local variables in the debug information of our own crates, for a debugger.
    pub for_debugger: bool,
    /// Another workspace than ours.
    pub manifest: Option<PathBuf>,
    /// Another target folder than the shared one, for builds with flags of their own.
    pub target: Option<PathBuf>,
    /// Flags of the compiler's behind the user's own, one an entry.
    pub rustflags: Vec<String>,
}

/// What a build brought.
#[derive(Debug)]
pub enum Built {
    /// The executables, by package name.
    Done(Vec<(String, PathBuf)>),
    /// Why it failed, and whose trouble that is.
    Failed(Failure),
}

impl Built {
    /// The one executable of a package; a build that must not fail.
    pub fn executable(self, package: &str) -> Result<PathBuf> {
        match self {
            Built::Failed(failure) => bail!("{}", failure.of(package)),
            Built::Done(executables) => executables
                .into_iter()
                .find_map(|(name, path)| (name == package).then_some(path))
                .with_context(|| format!("cargo built no program for {package}")),
        }
    }
}

#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    manifest_path: PathBuf,
    executable: Option<PathBuf>,
    message: Option<Diagnostic>,
}

/// Runs `cargo build --release`. Where a compiled crate is damaged, ours are
/// compiled anew: the damaged one may be one of them.
pub fn build(workspace: &Workspace, build: &Build) -> Result<Built> {
    match once(workspace, build)? {
        Built::Failed(failure) if failure.is_damaged() => {
            before(workspace, build)?.forget()?;
            once(workspace, build)
        }
        built => Ok(built),
    }
}

fn once(workspace: &Workspace, build: &Build) -> Result<Built> {
    let target = build.target.as_deref().unwrap_or(&workspace.target);
    create_folder(target)?;
    let before = before(workspace, build)?;
    let mut command = command(workspace, "build", build);
    // How many crates there are is only in its bar.
    command.env("CARGO_TERM_PROGRESS_WHEN", "always").env("CARGO_TERM_PROGRESS_WIDTH", "100");
    let format = if is_coloured() { "json-diagnostic-rendered-ansi" } else { "json" };
    command.args(["--release", "--message-format", format]).stdout(Stdio::piped()).stderr(Stdio::piped());
    if build.title.contains(announce::ONCE) {
        // Also where nothing turns: minutes of silence look like a hang.
        crate::complain!("{} ...", build.title);
    }
    let bar = spinner(&build.title);
    let mut running = Running::start(&mut command)?;
    let messages = BufReader::new(running.child.stdout.take().context("stdout is piped")?);
    let words = listen(&mut running, &build.title, &bar)?;
    let (mut executables, mut diagnostics) = (Vec::new(), Vec::new());
    for line in messages.lines().map_while(Result::ok) {
        match serde_json::from_str(&line) {
            Ok(Message { reason, manifest_path, executable: Some(executable), .. })
                if reason == "compiler-artifact" =>
            {
                executables.push((packages::author(&manifest_path).package, executable));
            }
            Ok(Message { manifest_path, message: Some(diagnostic), .. }) => {
                diagnostics.push((packages::author(&manifest_path), diagnostic));
            }
            _ => {}
        }
    }
    let status = running.wait()?;
    let words = words.join().unwrap_or_default();
    bar.finish_and_clear();
    before.built()?;
    let failed = || Built::Failed(Failure::new(diagnostics, words, target));
    Ok(if status.success() { Built::Done(executables) } else { failed() })
}

/// Sees to it that Cargo compiles what is there. Whoever runs Cargo's command by themselves calls this before, and
/// `built` of what it returns after it.
pub fn before(workspace: &Workspace, build: &Build) -> Result<fresh::Before> {
    let target = build.target.as_deref().unwrap_or(&workspace.target);
    let root = build.manifest.as_deref().and_then(Path::parent).unwrap_or(&workspace.root);
    let named = build.arguments.iter().zip(build.arguments.iter().skip(1)).filter(|(option, _)| *option == "--package");
    let named: Vec<&str> = named.map(|(_, name)| name.as_str()).collect();
    fresh::before(root, &named, &target.join("release"))
}

/// Builds a program of somebody else's into our folder of tools, with these options of `cargo install`; Cargo's words where that fails.
pub fn install(
    workspace: &Workspace,
    name: &str,
    version: &str,
    options: &[&str],
) -> Result<std::result::Result<(), String>> {
    let tools = workspace.tools();
    create_folder(&tools)?;
    let root = tools.to_str().context("the target path is not Unicode")?;
    let scratch = tools.join("build");
    let build = Build {
        title: format!("Building {name}"),
        arguments: ["--locked", "--root", root, "--version", version, name]
            .iter()
            .chain(options)
            .map(ToString::to_string)
            .collect(),
        target: Some(scratch.clone()),
        ..Build::default()
    };
    let bar = spinner(&build.title);
    let mut running = Running::start(command(workspace, "install", &build).stderr(Stdio::piped()))?;
    let words = listen(&mut running, &build.title, &bar)?;
    let status = running.wait()?;
    let words = words.join().unwrap_or_default();
    bar.finish_and_clear();
    if !status.success() {
        return Ok(Err(words));
    }
    // Some hundred megabytes that nobody needs any more; what was interrupted goes on from there.
    std::fs::remove_dir_all(&scratch).with_context(|| format!("Failed to tidy up {}", scratch.display()))?;
    Ok(Ok(()))
}

/// Reads what Cargo says on its standard error: shows what it compiles, returns the rest in the end.
fn listen(running: &mut Running, title: &str, bar: &ProgressBar) -> Result<JoinHandle<String>> {
    let stderr = running.child.stderr.take().context("stderr is piped")?;
    // What it also compiles was said above; here it would push out how far it is.
    let title = title.split(';').next().unwrap_or(title).to_string();
    let (progress, ticker) = (bar.clone(), heard::Ticker::start(&title));
    let report = move |what: &str| {
        let stage = format!("{title}: {what}");
        if what == heard::WAITING {
            say_waiting(&stage);
        }
        say_stage(&stage);
        if let Some(ticker) = &ticker {
            ticker.set(&stage);
        }
        progress.set_message(stage);
    };
    in_background("cargo", move || heard::follow(stderr, report))
}

/// A Cargo command in our workspace (or the build's own), with its flags and its target folder.
pub fn command(workspace: &Workspace, verb: &str, build: &Build) -> Command {
    // Under `cargo lab`, CARGO is the very cargo that runs us; by hand it is the one on the PATH.
    let mut command =
        child::command(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")), Sees::Everything);
    command.current_dir(&workspace.root).arg(verb).args(&build.arguments).stdin(Stdio::null());
    if let Some(manifest) = &build.manifest {
        command.arg("--manifest-path").arg(manifest);
    }
    let target = build.target.as_deref().unwrap_or(&workspace.target);
    // All of a build in one folder, also where the user's configuration has another for what lies between.
    command.env("CARGO_TARGET_DIR", target).env("CARGO_BUILD_BUILD_DIR", target);
    flags::set_profile(&mut command, build.for_debugger);
    flags::append(&mut command, &build.rustflags, &workspace.root);
    let colour = if is_coloured() { "always" } else { "never" };
    command.env("CARGO_TERM_COLOR", colour).env("CARGO_TERM_PROGRESS_WHEN", "never").env("CARGO_TERM_QUIET", "false");
    // What Cargo sets for us would make its own children build again.
    for (key, _) in std::env::vars_os() {
        let key = key.to_string_lossy().into_owned();
        if key.starts_with("CARGO_PKG_") || key.starts_with("CARGO_MANIFEST_") || key == "CARGO_BIN_NAME" {
            command.env_remove(key);
        }
    }
    command
}

fn is_coloured() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}
