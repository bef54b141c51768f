//! `--find-knee`: the library's search, with a run of load for each of its questions.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use anyhow::{Context, Result, anyhow};
use lab_load::knee::{Fit, Knee, Outcome, Step, Stopped, Tried, Verdict, fit, search};
use lab_load::{Schedule, Stop, curve};
use lab_results::gate::figure;
use lab_results::load::{Judgement, LoadReport};
use serde_json::json;

use super::args::Arguments;
use super::live::{EVERY, LiveLine};
use super::plan::{Plan, limits, max_rate};
use super::session::judge_as_driven;
use super::show::{cell, grid, lines, rule};
use super::signals::Interrupted;
use super::terminal::{HEADING, QUIET, complain, paint, print};
use super::{COULD_NOT, outputs};

/// Searches, and tells what came of it; the exit code.
pub fn run(plan: &Plan, arguments: &Arguments) -> Result<u8> {
    let limits = limits(arguments)?;
    let step = humantime::format_duration(arguments.step);
    let from_to = format!("from {}/s up to {}/s, {step} each", figure(arguments.rate), figure(max_rate(arguments)));
    let _ = complain(&paint(QUIET, format!("Searching the knee of {} at {}: {from_to}", plan.scenario, plan.target)));
    let stop = Stop::new();
    let interrupted = Interrupted::listen(&stop)?;
    let iterations = Arc::new(AtomicU64::new(0));
    let (knee, failed) = match search(&limits, |rate| probe(plan, arguments, &stop, &iterations, rate)) {
        Ok(knee) => (knee, None),
        Err(Stopped { knee, error }) => (*knee, Some(error)),
    };
    // Where nothing broke the service was not saturated, and no law of saturation can be seen.
    let law = knee.broken_per_s.map(|_| fit(&knee.points()));
    let words = if arguments.json { json(plan, &knee, law.as_ref())? } else { text(plan, &knee, law.as_ref()) };
    // What was found is kept before it is shown.
    let kept = arguments.svg.as_ref().map_or(Ok(()), |path| {
        let title = format!("{} at {}", plan.scenario, plan.target);
        let picture = curve::svg(&title, &knee, &law.unwrap_or_else(|| fit(&[])), plan.promise.p99_ms());
        outputs::write(path, |file| Ok(file.write_all(picture.as_bytes())?))
    });
    let shown = print(&words).context("Failed to print the result");
    kept.and(shown)?;
    match (interrupted.exit_code(), failed) {
        (Some(code), _) => Ok(code),
        (None, Some(error)) => Err(error),
        (None, None) => Ok(exit_code(knee.outcome)),
    }
}

/// Those of the judgement: kept, broken, or nothing that could be proved.
fn exit_code(outcome: Outcome) -> u8 {
    use lab_results::load::Outcome::{Breach, Invalid, Pass};
    match outcome {
        Outcome::Found | Outcome::KeptToMaximum => Pass.exit_code(),
        Outcome::NeverKept => Breach.exit_code(),
        Outcome::Unconfirmed | Outcome::GeneratorAtItsEnd | Outcome::OutOfSteps => Invalid.exit_code(),
        Outcome::Stopped => COULD_NOT,
    }
}

/// One window of load at a constant rate, its drain included.
fn probe(plan: &Plan, arguments: &Arguments, stop: &Stop, iterations: &Arc<AtomicU64>, rate: f64) -> Result<Step> {
    let mut schedule = Schedule::constant(rate, arguments.step)?;
    if arguments.poisson {
        // Every step has arrivals of its own; a repeat that repeated them would be no second opinion.
        schedule = schedule.at_random(arguments.seed.wrapping_add(iterations.load(Relaxed)));
    }
    let live = LiveLine::start();
    let run = plan
        .run(arguments, stop)
        .numbered_by(iterations)
        .look(EVERY, live.look(arguments.step, &format!("{}/s: ", figure(rate.round()))));
    let report = run.open(schedule, Arc::clone(&plan.customers)).drive();
    live.end();
    let document = report?.document(&plan.target.to_string(), &plan.scenario);
    if stop.is_asked() {
        return Err(anyhow!("interrupted"));
    }
    let step = step(&document, &judge_as_driven(plan, &document), arguments.step.as_secs_f64());
    let _ = complain(&paint(QUIET, format!("  {}/s: {}", figure(rate.round()), outcome(&step))));
    Ok(step)
}

/// What the search wants to know of a run. That a service did not take everybody is the service's, so that it breaks the step.
fn step(run: &LoadReport, judgement: &Judgement, window_s: f64) -> Step {
    let response = run.overall.response.as_ref();
    // Who comes last is answered after the window, also by a service that keeps up: its usual response time is no lack of throughput.
    let usual_s = response.map_or(0.0, |at| at.p50_ms / 1e3);
    let answered_per_s = run.overall.ok as f64 / (run.elapsed_s - usual_s).max(window_s);
    let broken = judgement.rules.iter().find(|rule| !rule.kept);
    Step {
        offered_per_s: run.overall.planned as f64 / window_s,
        answered_per_s,
        p50_ms: response.map(|at| at.p50_ms),
        p99_ms: response.map(|at| at.p99_ms),
        kept: broken.is_none(),
        valid: judgement.reasons.is_empty(),
        in_flight: answered_per_s * response.map_or(0.0, |at| at.mean_ms / 1e3),
        why: judgement.reasons.first().cloned().or(broken.map(rule)).unwrap_or_default(),
    }
}

fn outcome(step: &Step) -> String {
    let why = if step.why.is_empty() { "objectives kept" } else { &step.why };
    format!("{}/s answered, p99 {} ms, {why}", figure(step.answered_per_s), cell(step.p99_ms))
}

fn json(plan: &Plan, knee: &Knee, law: Option<&Fit>) -> Result<String> {
    let document = json!({ "scenario": plan.scenario, "target": plan.target.to_string(), "knee": knee, "usl": law });
    Ok(format!("{}\n", serde_json::to_string_pretty(&document)?))
}

fn text(plan: &Plan, knee: &Knee, law: Option<&Fit>) -> String {
    let mut table = grid(&["customers/s", "offered/s", "answered/s", "in flight", "p50", "p99", ""]);
    for Tried { rate_per_s, verdict, step, .. } in &knee.tried {
        let word = match verdict {
            Verdict::Kept => "kept",
            Verdict::Broken => "broken",
            Verdict::Discarded => "discarded",
        };
        let rates = [rate_per_s.round(), step.offered_per_s, step.answered_per_s, step.in_flight].map(figure);
        table.add_row(rates.into_iter().chain([cell(step.p50_ms), cell(step.p99_ms), word.into()]));
    }
    let title = format!("{}, steps of the search, response times in ms", plan.scenario);
    let mut text = format!("{}\n{}\n", paint(HEADING, title), lines(&mut table));
    for sentence in [Some(knee.says.as_str()), law.map(|law| law.says.as_str()), Some(&plan.promise.source)] {
        text.extend(sentence.into_iter().chain(["\n"]));
    }
    text
}
