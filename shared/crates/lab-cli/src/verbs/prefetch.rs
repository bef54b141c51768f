//! `lab prefetch`: everything fetched and built, for a room without network.

use anyhow::{Result, bail};

use crate::arena::{self, Attempt};
use crate::cargo::{self, Build, Built};
use crate::catalogue::{self, Kind, Need};
use crate::child::Running;
use crate::flame;
use crate::say;
use crate::terminal::{GOOD, paint, spinner};
use crate::verbs::report::pages;
use crate::verbs::{console, heap, load, serve};
use crate::workspace::Workspace;

/// Fetches, then builds every lab, solution, bench, profiler and arena.
pub fn run(workspace: &Workspace) -> Result<u8> {
    say!("Fetching and building everything: about ten minutes on two cores, this once.");
    let bar = spinner("Fetching crates");
    let mut fetch = cargo::command(workspace, "fetch", &Build::default());
    let status = Running::start(&mut fetch)?.wait()?;
    bar.finish_and_clear();
    if !status.success() {
        bail!("Could not fetch the crates: is there a network? Try again where there is one");
    }
    for lab in catalogue::labs(workspace)? {
        for package in [lab.name.clone(), lab.solution_name()] {
            for feature in [None, Some("profile")] {
                let mut arguments = vec!["--package".to_string(), package.clone()];
                arguments.extend(feature.iter().flat_map(|feature| ["--features".to_string(), (*feature).into()]));
                let with = feature.map(|feature| format!(" with {feature}")).unwrap_or_default();
                build(workspace, &Build { title: format!("Building {package}{with}"), arguments, ..Build::default() })?;
            }
        }
        let benches = Build {
            title: format!("Building the bench of {}", lab.name),
            arguments: vec!["--package".into(), lab.name.clone(), "--benches".into()],
            ..Build::default()
        };
        build(workspace, &benches)?;
        if lab.meta.needs.contains(&Need::Async) {
            for instrumented in console::builds(workspace, &lab) {
                build(workspace, &instrumented)?;
            }
        }
        let arena = arena::lay_out(workspace, &lab, &Attempt::Current)?;
        if let Err(words) = arena.build(workspace, true)? {
            say!("{} does not compile as it is now, which is fine for an attempt:\n{words}", lab.name);
        }
        for feature in heap::features(workspace, &lab) {
            // An attempt that does not compile was named above.
            arena.build_with(workspace, "baseline", feature)?;
            arena.build_with(workspace, "reference", feature)?;
        }
        let kind = if lab.meta.kind == Kind::Kernel { ", its judge" } else { "" };
        say!("{} {}: program, solution, benches, profilers{kind}", paint(GOOD, "ready"), lab.name);
    }
    build(
        workspace,
        &Build {
            title: "Building the stalling service".into(),
            arguments: vec!["--package".into(), serve::STALLING.into()],
            ..Build::default()
        },
    )?;
    build(workspace, &load::generator(workspace))?;
    build(workspace, &flame::build(workspace))?;
    build(workspace, &pages::build(workspace))?;
    say!("{} the stalling service, the load generator, the flamegraph program, the pages", paint(GOOD, "ready"));
    say!("Everything is here. Without a network, set CARGO_NET_OFFLINE=true.");
    Ok(0)
}

fn build(workspace: &Workspace, build: &Build) -> Result<()> {
    match cargo::build(workspace, build)? {
        Built::Done(_) => Ok(()),
        Built::Failed(words) => bail!("{} failed:\n{words}", build.title),
    }
}
