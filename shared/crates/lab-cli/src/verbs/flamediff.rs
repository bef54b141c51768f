//! `lab flamediff`: where the time went before, where it goes now, and what changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};
use lab_results::gate::figure;
use lab_results::names::{NOT_FOR_THE_SLO, change_is_named, cpu_time_of_work};
use lab_results::{FrameChange, Record};

use crate::args::Differing;
use crate::verbs::recorder::{self, print_records, text};
use lab_core::arena::{self, Attempt};
use lab_core::catalogue::{Kind, Lab};
use lab_core::child::TemporaryFolder;
use lab_core::error::Usage;
use lab_core::flame;
use lab_core::kept;
use lab_core::next;
use lab_core::on_lab::arguments;
use lab_core::render::{grid, print, right_aligned};
use lab_core::runner::Call;
use lab_core::say;
use lab_core::terminal::{COMMAND, HEADING, QUIET, WARN, paint};
use lab_core::workspace::{Workspace, create_folder};

const VERB: &str = "flamediff";

/// Rounds of each program, in turns: what else the machine does falls on both.
const ROUNDS: u32 = 2;
/// What a program may take beyond the seconds that it is sampled: it fills a database, starts a service, resolves its stacks.
const AROUND: Duration = Duration::from_secs(180);
/// Below this a profile says which frames there are, and little about their share.
const FEW_SAMPLES: u64 = 100;

/// Samples both programs now, one after the other, and shows what changed.
pub fn run(workspace: &Workspace, lab: &Lab, options: &Differing) -> Result<u8> {
    let [before, after] = subjects(workspace, lab, options.solution)?;
    let arena = arena::lay_out(workspace, lab, &Attempt::Current)?;
    for path in &arena.ignored {
        lab_core::complain!("{}", paint(WARN, format!("{path} is edited; what is sampled has the lab's own.")));
    }
    let programs = [arena.build_with(workspace, before, "profile")?, arena.build_with(workspace, after, "profile")?];
    // What is kept is named after what was compared with its predecessor: `yours`, or `reference`.
    let out = kept::folder(workspace, lab, VERB, after, options.smoke);
    create_folder(&out)?;
    let sampled = sample_in_turns([before, after], &programs, options, &out)?;

    let mut arguments = vec!["diff".to_string()];
    for (sampled, name) in sampled.iter().zip(["before.folded", "after.folded"]) {
        let file = out.join(name);
        fs::write(&file, &sampled.folded).with_context(|| format!("Failed to write {}", file.display()))?;
        arguments.push(text(&file)?);
    }
    arguments.extend(["--out".into(), text(&out)?, "--names".into(), format!("{before},{after}")]);
    arguments.extend(["--cpu-ms".into(), format!("{},{}", sampled[0].cpu_ms, sampled[1].cpu_ms)]);
    arguments.extend(["--work".into(), format!("{},{}", sampled[0].work, sampled[1].work)]);
    let mut records = flame::run(workspace, arguments, Stdio::null())?;
    for record in &mut records {
        if let Record::FlameDiff { work_of, .. } = record {
            work_of.clone_from(&sampled[0].work_of);
        }
    }
    let run = kept::run_of(lab, after, options.seed, options.smoke, &records)?;
    let kept = kept::keep_run(workspace, lab, VERB, &run);
    if options.json {
        print_records(&records)?;
    } else {
        records.iter().for_each(|record| show(lab, record));
        next::say_after(workspace, lab, "flamediff");
    }
    kept::warn(kept);
    Ok(0)
}

/// Whose profile comes first, and whose second.
fn subjects(workspace: &Workspace, lab: &Lab, is_solution: bool) -> Result<[&'static str; 2]> {
    let now = kept::subject(workspace, lab, false);
    match (is_solution, now) {
        (true, now) => Ok([now, "reference"]),
        (false, "original") => {
            let is_solved = next::is_solved(workspace, lab);
            let solution = match is_solved {
                true => format!(", or compare with the solution: cargo lab flamediff {} --solution", lab.nn()),
                false => String::new(),
            };
            Err(Usage(format!(
                "Nothing is edited in {} yet, so there is nothing to compare. Change {} and run this again{solution}",
                lab.name,
                workspace.show(&lab.folder.join(&lab.meta.edit)),
            ))
            .into())
        }
        (false, now) => Ok(["original", now]),
    }
}

/// The sum of a program's rounds.
#[derive(Default)]
struct Sampled {
    folded: String,
    cpu_ms: f64,
    work: u64,
    work_of: String,
}

fn sample_in_turns(roles: [&str; 2], programs: &[PathBuf; 2], options: &Differing, out: &Path) -> Result<[Sampled; 2]> {
    let seconds = options.seconds.unwrap_or(if options.smoke { 1.0 } else { 4.0 }) / f64::from(ROUNDS);
    let rounds = TemporaryFolder::new_in(out).context("Failed to create a folder for the rounds")?;
    let mut sampled = [Sampled::default(), Sampled::default()];
    for round in 1..=ROUNDS {
        for ((role, program), sum) in roles.iter().zip(programs).zip(&mut sampled) {
            let mut arguments = arguments("profile", options.seed, options.smoke);
            arguments.extend(["--out".into(), text(rounds.path())?, "--seconds".into(), seconds.to_string()]);
            let limit = AROUND + Duration::from_secs_f64(seconds);
            let doing = format!("Sampling {role}, round {round} of {ROUNDS}");
            let records = recorder::run(program, doing, Call { arguments, limit, ..Call::default() });
            for record in records.with_context(|| format!("{role} could not be sampled"))? {
                let Record::Profile { folded, cpu_ms, work, work_of, .. } = record else { continue };
                sum.folded += &fs::read_to_string(&folded).with_context(|| format!("Failed to read {folded}"))?;
                sum.cpu_ms += cpu_ms;
                sum.work += work;
                sum.work_of = work_of;
            }
        }
    }
    Ok(sampled)
}

fn show(lab: &Lab, record: &Record) {
    let Record::FlameDiff { svg, reverse, before, after, samples, cpu_ms, work_of, changed } = record else { return };
    let unit = if lab.meta.kind == Kind::Service { "request" } else { "call" };
    say!("{}  {before}: {} samples, {after}: {} samples", paint(HEADING, "CPU"), samples[0], samples[1]);
    if let Some([from, to]) = cpu_ms {
        let of = if work_of.is_empty() { format!("CPU time for one {unit}") } else { cpu_time_of_work(work_of) };
        say!("{of}: {} ms in {before}, {} ms in {after}", figure(*from), figure(*to));
        if !work_of.is_empty() {
            say!("{NOT_FOR_THE_SLO}");
        }
    }
    say!();
    if changed.is_empty() {
        say!("No frame changed by so much that it is named; more --seconds tell smaller changes.");
    } else {
        table(changed, before, after, unit);
    }
    say!("{}", paint(QUIET, change_is_named(cpu_ms.is_some())));
    if samples.iter().any(|&samples| samples < FEW_SAMPLES) {
        say!(
            "{} few samples: these programs hardly use the CPU, or --seconds are short. Who waits is not seen here: look at \
             the counts ({}).",
            paint(WARN, "Careful:"),
            paint(COMMAND, format!("make verify-{}", lab.nn()))
        );
    }
    say!();
    say!("Flamegraph: {svg} (widths: {after})");
    say!("What vanished: {reverse} (widths: {before})");
    say!(
        "In both, {} has a larger share of its program's time in {after} than in {before}, and {} a smaller one. A share can \
         grow because the rest shrank{}.",
        paint(HEADING, "red"),
        paint(HEADING, "blue"),
        if cpu_ms.is_some() { format!(": the time for one {unit} tells") } else { String::new() }
    );
}

fn table(changed: &[FrameChange], before: &str, after: &str, unit: &str) {
    say!("{before} -> {after}, what changed most first");
    let is_absolute = changed.iter().all(|change| change.cpu_ms.is_some());
    let of_a_unit = format!("ms a {unit}");
    let headings = [of_a_unit.as_str(), "change", "share", "frame"];
    let mut view = grid(if is_absolute { &headings } else { &headings[2..] });
    for FrameChange { frame, shares, cpu_ms } in changed {
        let mut row = Vec::new();
        if let Some([from, to]) = cpu_ms {
            let sign = if to > from { "+" } else { "" };
            row.extend([format!("{} -> {}", figure(*from), figure(*to)), format!("{sign}{}", figure(to - from))]);
        }
        row.extend([format!("{:.0}% -> {:.0}%", shares[0] * 100.0, shares[1] * 100.0), frame.clone()]);
        view.add_row(row);
    }
    right_aligned(&mut view, 0..if is_absolute { 3 } else { 1 });
    print(&view);
    say!("{}", paint(QUIET, "A frame's figures include what it calls."));
}
