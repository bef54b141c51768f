//! `lab heap`: who asks for memory, before and after side by side.
//!
//! dhat counts every request; with `--live`, jemalloc samples what a running service holds. Both are built, and run, for each side
//! now: nothing is compared with a run of another day.

mod compare;
mod show;
mod sites;

use anyhow::{Context, Result, bail};
use lab_results::{Cell, ProgramRun, Record};

use crate::verbs::recorder::{self, Recorder};
use lab_core::arena::{self, Attempt};
use lab_core::catalogue::{self, Kind, Lab};
use lab_core::database;
use lab_core::error::Usage;
use lab_core::kept;
use lab_core::on_lab::OnLab;
use lab_core::runner::Call;
use lab_core::terminal::print_line;
use lab_core::workspace::Workspace;

/// A way to look at the heap.
struct Tool {
    /// The verb of the labs' programs, and where its runs are kept.
    verb: &'static str,
    /// The feature that it is built with.
    feature: &'static str,
}

const REQUESTED: Tool = Tool { verb: "heap", feature: "heap" };
const LIVE: Tool = Tool { verb: "live-heap", feature: "jemalloc" };

/// Profiles what the lab is now; beside the original once it is edited, or beside the solution.
pub fn run(workspace: &Workspace, lab: &Lab, on: &OnLab, live: bool) -> Result<u8> {
    let tool = if live { &LIVE } else { &REQUESTED };
    if live && lab.meta.kind != Kind::Service {
        return Err(Usage(not_long_running(workspace, lab)?).into());
    }
    if live && !can_build_jemalloc(workspace) {
        bail!(
            "jemalloc's own build fails in a folder with a space in its name, and {} has one: \
             CARGO_TARGET_DIR=/tmp/labs cargo lab heap {} --live",
            workspace.target.display(),
            lab.nn()
        );
    }
    let arena = arena::lay_out(workspace, lab, &Attempt::Current)?;
    let subjects = subjects(kept::subject(workspace, lab, false), on.solution);
    if subjects.contains(&"yours") && !arena.ignored.is_empty() {
        lab_core::complain!("Left out, because the contract is the judge's own: {}", arena.ignored.join(", "));
    }
    // All are built first: words of the compiler's should not wait for a profile.
    let build = |&subject| Ok((subject, arena.build_with(workspace, subject, tool.feature)?));
    let programs = subjects.iter().map(build).collect::<Result<Vec<_>>>()?;
    let recorder = Recorder { workspace, lab, verb: tool.verb, on };
    let (mut runs, mut kept) = (Vec::new(), Vec::new());
    for (subject, program) in programs {
        let program = recorder.program(subject, program)?;
        let doing = format!("Running {} ({subject}) under its heap profiler", lab.name);
        let call = Call { environment: vec![("DB", database::chosen()?)], limit: recorder::LIMIT, ..Call::default() };
        let records = recorder.run(&program, tool.verb, Some(recorder::seconds(on.smoke)), doing, call);
        let mut records = records.with_context(|| format!("{subject} failed"))?;
        records.iter_mut().for_each(as_the_checkout_has_it);
        let run = kept::run_of(lab, subject, on.seed, on.smoke, &records)?;
        kept.push(kept::keep_run(workspace, lab, tool.verb, &run));
        runs.push(run);
    }
    match (on.json, runs.as_slice()) {
        (true, runs) => print_json(runs)?,
        (false, [before, after]) => show::both(workspace, lab, before, after)?,
        (false, runs) => runs.iter().for_each(|run| show::alone(workspace, lab, run)),
    }
    kept.into_iter().for_each(kept::warn);
    Ok(0)
}

/// What a lab's programs are built with to have their heaps looked at, as far as it can be built here.
pub fn features(workspace: &Workspace, lab: &Lab) -> Vec<&'static str> {
    let has_live = lab.meta.kind == Kind::Service && can_build_jemalloc(workspace);
    let tools = [Some(REQUESTED), has_live.then_some(LIVE)];
    tools.into_iter().flatten().map(|tool| tool.feature).collect()
}

/// Its configure script takes a space for the end of a path.
fn can_build_jemalloc(workspace: &Workspace) -> bool {
    !workspace.target.to_string_lossy().contains(char::is_whitespace)
}

/// Whose profiles are taken, the earlier first.
fn subjects(now: &'static str, with_solution: bool) -> Vec<&'static str> {
    match (now, with_solution) {
        (now, true) => vec![now, "reference"],
        ("original", false) => vec!["original"],
        (now, false) => vec!["original", now],
    }
}

fn not_long_running(workspace: &Workspace, lab: &Lab) -> Result<String> {
    let services: Vec<String> = catalogue::labs(workspace)?
        .iter()
        .filter(|lab| lab.meta.kind == Kind::Service)
        .map(|lab| format!("{} ({})", lab.nn(), lab.slug))
        .collect();
    let (name, nn) = (&lab.name, lab.nn());
    Ok(format!(
        "{name} does not run for long, so that nothing can be seen live; `cargo lab heap {nn}` counts all that it requests. \
         Services are {}",
        services.join(", ")
    ))
}

/// The arena's folders are not where people look for a file.
fn as_the_checkout_has_it(record: &mut Record) {
    let without_role = |frame: &mut String| {
        for role in kept::SUBJECTS {
            *frame = frame.replace(&format!("({role}/src/"), "(src/");
        }
    };
    match record {
        Record::Heap { sites, .. } | Record::LiveHeap { sites, .. } => {
            sites.iter_mut().flat_map(|site| &mut site.frames).for_each(without_role);
        }
        Record::Table(by_size) => {
            for cell in by_size.rows.iter_mut().flatten() {
                if let Cell::Text(frame) = cell {
                    without_role(frame);
                    *frame = show::line(sites::parts(frame));
                }
            }
        }
        _ => {}
    }
}

/// Each run as a line, and what they come to side by side.
fn print_json(runs: &[ProgramRun]) -> Result<()> {
    for run in runs {
        print_line(&serde_json::to_string(run)?);
    }
    if let [before, after] = runs {
        print_line(&serde_json::to_string(&compare::compare(before, after)?)?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_named_as_in_the_checkout_in_lists_and_in_tables() {
        let frame = "lab_09_memory_leak::search::SearchBox::answer (yours/src/search.rs:20)";
        let table = |site: &str| {
            let rows = vec![vec![7.0.into(), site.into()]];
            Record::Table(lab_results::Table { title: String::new(), columns: Vec::new(), rows, plot: None })
        };
        let mut by_size = table(frame);
        as_the_checkout_has_it(&mut by_size);
        assert_eq!(by_size, table("search::SearchBox::answer (src/search.rs:20)"));
    }

    #[test]
    fn an_edited_lab_stands_beside_what_it_was_and_any_lab_beside_the_solution() {
        assert_eq!(subjects("original", false), ["original"]);
        assert_eq!(subjects("yours", false), ["original", "yours"]);
        assert_eq!(subjects("original", true), ["original", "reference"]);
        assert_eq!(subjects("yours", true), ["yours", "reference"]);
    }
}
