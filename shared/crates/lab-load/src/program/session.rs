//! One run, from its first request to its result.

use std::io::Write;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use lab_load::{Report, Stop, hdr};
use lab_results::gate::figure;
use lab_results::load::{Judgement, LoadReport, Outcome, judge};

use super::args::Arguments;
use super::breakpoint::{Broke, Window};
use super::live::{EVERY, LiveLine};
use super::plan::{Arrivals, Plan};
use super::profile::Profile;
use super::signals::Interrupted;
use super::terminal::{QUIET, complain, paint, print};
use super::{outputs, show};

/// Drives the plan and tells what came of it; the exit code.
pub fn run(plan: &Plan, arguments: &Arguments) -> Result<u8> {
    let _ = complain(&paint(QUIET, announcement(plan, arguments)));
    let stop = Stop::new();
    let interrupted = Interrupted::listen(&stop)?;
    let started = SystemTime::now();
    let (report, broke) = drive(plan, arguments, &stop)?;
    let exit_code = interrupted.exit_code();

    let mut document = report.document(&plan.target.to_string(), &plan.scenario);
    // A run that ended itself because it found what it was looking for was not interrupted.
    document.interrupted = exit_code.is_some();
    document.broke_at_per_s = broke.as_ref().map(|broke| Profile::rate_at(arguments.rate, plan.length, broke.at));
    if exit_code.is_none() {
        document.judgement = Some(judgement(plan, &document, broke.as_ref()));
    }
    // A run cannot be had again: what was measured is kept before it is shown, and none of the three keeps the others from it.
    let kept = arguments
        .report
        .as_ref()
        .map_or(Ok(()), |path| outputs::write(path, |file| Ok(file.write_all(json(&document)?.as_bytes())?)));
    let logged = arguments
        .hdr
        .as_ref()
        .map_or(Ok(()), |path| outputs::write(path, |file| Ok(hdr::write(&report, &plan.scenario, started, file)?)));
    let shown =
        print(&if arguments.json { json(&document)? } else { text(plan, arguments, &document, broke.as_ref()) })
            .context("Failed to print the result");
    kept.and(logged).and(shown)?;
    let outcome = document.judgement.map_or(Outcome::Invalid, |judgement| judgement.outcome);
    Ok(exit_code.unwrap_or(outcome.exit_code()))
}

fn drive(plan: &Plan, arguments: &Arguments, stop: &Stop) -> Result<(Report, Option<Broke>)> {
    let broke = Arc::new(OnceLock::new());
    let mut window =
        (arguments.profile.ends_at_a_breach() && arguments.closed.is_none()).then(|| Window::new(&plan.promise));
    let live = LiveLine::start();
    let (mut show, found, end) = (live.look(plan.length, ""), Arc::clone(&broke), stop.clone());
    let run = plan.run(arguments, stop).look(EVERY, move |live| {
        show(live);
        if let Some(breach) = window.as_mut().and_then(|window| window.see(live)) {
            // The first one counts.
            let _ = found.set(breach);
            end.ask();
        }
    });
    let run = match &plan.arrivals {
        Arrivals::Open(schedule) => run.open(schedule.clone(), Arc::clone(&plan.customers)),
        Arrivals::Closed { users, think } => run.closed(*users, *think, plan.length, Arc::clone(&plan.customers)),
    };
    let report = run.drive();
    live.end();
    Ok((report?, broke.get().cloned()))
}

fn judgement(plan: &Plan, document: &LoadReport, broke: Option<&Broke>) -> Judgement {
    let Some(broke) = broke else { return judge(document, &plan.promise.objectives) };
    let judgement = judge_as_driven(plan, document);
    let outcome = if judgement.reasons.is_empty() { Outcome::Breach } else { Outcome::Invalid };
    Judgement { outcome, rules: broke.rules.clone(), ..judgement }
}

/// Holds a run against its objectives that is meant to go beyond what the service can take: that somebody found no place until the
/// end says nothing about the generator.
pub fn judge_as_driven(plan: &Plan, document: &LoadReport) -> Judgement {
    let mut driven = document.clone();
    driven.overall.unsent = 0;
    judge(&driven, &plan.promise.objectives)
}

fn announcement(plan: &Plan, arguments: &Arguments) -> String {
    let length = humantime::format_duration(plan.length);
    let what = match &plan.arrivals {
        Arrivals::Open(schedule) => {
            let profile = format!("{:?}", arguments.profile).to_lowercase();
            let (about, spacing) = if arguments.poisson { ("about ", "at random") } else { ("", "evenly spaced") };
            let customers = figure(schedule.expected().ceil());
            let peak = figure(schedule.peak_per_s());
            format!("profile {profile}, {about}{customers} customers in {length}, at most {peak}/s, {spacing}")
        }
        Arrivals::Closed { users, think } => {
            format!(
                "a closed model of {users} users who think for {}, for {length}",
                humantime::format_duration(*think)
            )
        }
    };
    format!("Sending {} to {}: {what}", plan.scenario, plan.target)
}

fn json(document: &LoadReport) -> Result<String> {
    Ok(format!("{}\n", serde_json::to_string_pretty(document)?))
}

fn text(plan: &Plan, arguments: &Arguments, document: &LoadReport, broke: Option<&Broke>) -> String {
    let mut text = show::steps(document) + &show::generator(document) + "\n";
    let Some(judgement) = &document.judgement else {
        return text + "Interrupted: this is what was measured until then, and nothing is judged.\n";
    };
    if let (Arrivals::Open(schedule), true) = (&plan.arrivals, arguments.profile.ends_at_a_breach()) {
        let rate_at = |at: Duration| Profile::rate_at(arguments.rate, plan.length, at);
        text += &show::broke(broke, rate_at, schedule.peak_per_s());
    }
    text + &plan.promise.source + "\n" + &show::judgement(judgement)
}
