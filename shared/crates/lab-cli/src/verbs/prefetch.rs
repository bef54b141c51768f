//! `lab prefetch`: everything fetched and built, for a room without network.
//!
//! The list is made of what the verbs themselves build. What a room needs first comes first.

mod agenda;
mod disk;

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use self::disk::bytes_on_disk;
use crate::verbs::report::pages;
use crate::verbs::{bench, console, dump, heap, offcpu, profile};
use lab_core::arena::{self, Attempt};
use lab_core::cargo::{self, Build, Built};
use lab_core::catalogue::{self, Kind, Lab, Need};
use lab_core::child::Running;
use lab_core::flame;
use lab_core::programs;
use lab_core::say;
use lab_core::terminal::{COMMAND, GOOD, HEADING, QUIET, WARN, paint, spinner};
use lab_core::workspace::Workspace;

/// One thing to build, and what it is for.
struct Step {
    what: String,
    work: Work,
}

/// How it is built.
enum Work {
    /// By Cargo, in our workspace.
    Plain(Build),
    /// Original, yours and reference, and the judge that times them.
    Judge(Lab),
    /// One of those, with a profiler inside.
    WithProfiler(Lab, &'static str, &'static str),
}

/// Fetches, then builds what the verbs need on these labs, or on those of an agenda; on all where none is named.
pub fn run(workspace: &Workspace, agenda: Option<&str>, wanted: Vec<Lab>) -> Result<u8> {
    let wanted = agenda.map_or(Ok(wanted), |agenda| agenda::labs(workspace, agenda))?;
    let is_all = wanted.is_empty();
    let labs = if is_all { catalogue::labs(workspace)? } else { wanted };
    fetch(workspace)?;
    let steps = steps(workspace, &labs, is_all);
    let enough = steps.iter().filter(|step| is_first(step)).count();
    say!(
        "{} steps. After step {enough} the labs can be run and verified; the rest are benches and profilers.",
        steps.len()
    );
    let (began, before) = (Instant::now(), bytes_on_disk(&workspace.target));
    let so_far = || so_far(began.elapsed(), bytes_on_disk(&workspace.target).saturating_sub(before));
    let mut failed = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let number = format!("{} of {}", index + 1, steps.len());
        say!("{}  {} {}", paint(HEADING, &number), step.what, paint(QUIET, so_far()));
        if let Err(error) = build(workspace, &step.work) {
            // An attempt that does not compile yet, or one tool that cannot be built, keeps nobody from the others.
            say!("{} {}: {error:#}", paint(WARN, "not built"), step.what);
            failed.push(number);
            if format!("{error:#}").contains(cargo::DISK_IS_FULL) {
                bail!("step {} is the last that was tried: nothing more fits on the disk", index + 1);
            }
        }
        if index + 1 == enough {
            say!("{} the labs can be run and verified", paint(GOOD, "ready"));
        }
    }
    if !failed.is_empty() {
        say!("{} step {}. The others are ready.", paint(WARN, "Not built:"), failed.join(", step "));
        return Ok(3);
    }
    say!("{} everything is here {}", paint(GOOD, "ready"), paint(QUIET, so_far()));
    say!("Without a network, set CARGO_NET_OFFLINE=true.");
    if labs.iter().any(|lab| lab.meta.needs.contains(&Need::Async)) {
        say!("tokio-console itself is a program of its own: {}", paint(COMMAND, "cargo lab console 03 --install"));
    }
    Ok(0)
}

fn fetch(workspace: &Workspace) -> Result<()> {
    say!("Fetching the crates");
    let bar = spinner("Fetching crates");
    let mut fetch = cargo::command(workspace, "fetch", &Build::default());
    let status = Running::start(&mut fetch)?.wait()?;
    bar.finish_and_clear();
    if !status.success() {
        bail!("Could not fetch the crates: is there a network? Try again where there is one");
    }
    Ok(())
}

/// What is built, in this order.
fn steps(workspace: &Workspace, labs: &[Lab], is_all: bool) -> Vec<Step> {
    let mut steps = Vec::new();
    let plain = |what: String, build: Build| Step { what, work: Work::Plain(build) };
    for lab in labs {
        for package in packages(lab) {
            steps.push(plain(format!("{package}: the program"), programs::build(workspace, lab, &package)));
        }
        steps.push(Step { what: format!("{}: what `verify` runs", lab.name), work: Work::Judge(lab.clone()) });
    }
    steps.push(plain("the pages of `report`".into(), pages::build(workspace)));
    let has_service = labs.iter().any(|lab| lab.meta.kind == Kind::Service);
    if is_all || has_service {
        steps.push(plain("the load generator".into(), programs::load_generator(workspace)));
    }
    if is_all {
        steps.push(plain("the book's stalling service".into(), programs::stalling_service(workspace)));
    }
    steps.push(plain("the program that draws flamegraphs".into(), flame::build(workspace)));
    for lab in labs {
        for package in packages(lab) {
            steps.push(plain(format!("{package}: `profile`"), profile::build(workspace, lab, &package)));
        }
        for (feature, verb) in
            heap::features(workspace, lab).into_iter().map(|f| (f, "heap")).chain([("profile", "flamediff")])
        {
            // An edited lab is compiled again at every edit, with a profiler too.
            for role in ["original", "reference"] {
                let work = Work::WithProfiler(lab.clone(), role, feature);
                steps.push(Step { what: format!("{} ({role}): `{verb}`, with {feature}", lab.name), work });
            }
        }
        steps.push(plain(format!("{}: `bench`", lab.name), bench::build(workspace, lab)));
    }
    for lab in labs {
        if lab.meta.needs.contains(&Need::Async) {
            let builds = console::builds(workspace, lab).into_iter();
            steps.extend(builds.map(|build| plain(format!("{}: `console`", package_of(&build)), build)));
        }
        for package in packages(lab) {
            steps.push(plain(format!("{package}: `dump`"), dump::build(workspace, lab, &package)));
        }
        let traced = offcpu::builds(workspace, lab).into_iter();
        steps.extend(traced.map(|build| plain(format!("{}: `offcpu`", package_of(&build)), build)));
    }
    steps
}

/// Whether a room can do nothing without it.
fn is_first(step: &Step) -> bool {
    matches!(step.work, Work::Judge(_)) || step.what.ends_with(": the program")
}

fn packages(lab: &Lab) -> [String; 2] {
    [lab.name.clone(), lab.solution_name()]
}

/// The package whose program a build is to bring.
fn package_name(build: &Build) -> &str {
    build.arguments.iter().skip_while(|argument| *argument != "--package").nth(1).map_or("", String::as_str)
}

/// The package of a build, and the features that it is built with.
fn package_of(build: &Build) -> String {
    build.arguments.iter().filter(|argument| !argument.starts_with("--")).cloned().collect::<Vec<_>>().join(" with ")
}

fn build(workspace: &Workspace, work: &Work) -> Result<()> {
    match work {
        Work::Plain(build) => match cargo::build(workspace, build)? {
            Built::Done(_) => Ok(()),
            Built::Failed(failure) => bail!("{}", failure.of(package_name(build))),
        },
        Work::Judge(lab) => match arena::lay_out(workspace, lab, &Attempt::Current)?.build(workspace, true)? {
            Ok(_) => Ok(()),
            Err(words) => bail!("it does not compile as it is now\n{words}"),
        },
        Work::WithProfiler(lab, role, feature) => {
            let arena = arena::lay_out(workspace, lab, &Attempt::Current)?;
            arena.build_with(workspace, role, feature).map(drop)
        }
    }
}

/// What the steps before took.
fn so_far(elapsed: Duration, bytes: u64) -> String {
    let seconds = elapsed.as_secs();
    format!("({} min {:02} s and {} MB so far)", seconds / 60, seconds % 60, bytes / 1_000_000)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    pub(super) fn workspace() -> Workspace {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).expect("the repository").to_path_buf();
        Workspace { target: root.join("target"), state: root.join(".lab"), root }
    }

    #[test]
    fn what_a_room_needs_first_comes_first_and_every_verb_that_builds_is_there() {
        let workspace = workspace();
        let labs = catalogue::labs(&workspace).expect("labs");
        let steps = steps(&workspace, &labs, true);
        let first = steps.iter().filter(|step| is_first(step)).count();
        assert_eq!(first, 3 * labs.len());
        assert!(steps[..first].iter().all(is_first), "nothing comes before what runs and judges");
        for step in &steps {
            // A failure is told in the words of that package's.
            assert!(!matches!(&step.work, Work::Plain(build) if package_name(build).is_empty()), "{}", step.what);
        }
        for lab in &labs {
            for verb in ["`verify`", "`profile`", "`flamediff`", "`heap`", "`bench`", "`dump`"] {
                let is_there = |step: &Step| step.what.contains(&lab.name) && step.what.contains(verb);
                assert!(steps.iter().any(is_there), "{}: {verb}", lab.name);
            }
            let has_console = steps.iter().any(|step| step.what.contains(&lab.name) && step.what.contains("`console`"));
            assert_eq!(has_console, lab.meta.needs.contains(&Need::Async), "{}", lab.name);
        }
    }

    #[test]
    fn some_labs_are_built_without_the_others() {
        let workspace = workspace();
        let labs: Vec<Lab> =
            catalogue::labs(&workspace).expect("labs").into_iter().filter(|lab| lab.number == 1).collect();
        let steps = steps(&workspace, &labs, false);
        assert!(steps.iter().all(|step| !step.what.contains("lab-02") && !step.what.contains("load generator")));
        assert!(steps.iter().any(|step| step.what.contains("pages")));
    }
}
