//! A run held against its objectives.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Figure, LatencySummary, LoadReport, Model, OVERALL, Objective, Rule, StepSummary};

/// Lag below this many milliseconds (99th percentile) is never held against a run.
const LAG_MS: f64 = 1.0;
/// How much of the tightest latency objective the generator's own lag may be.
const LAG_SHARE: f64 = 0.05;
/// How much of its core the generator may need before its times are no longer the service's.
const CPU_SHARE: f64 = 0.7;

/// A rule, and what was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleResult {
    /// The rule.
    #[serde(flatten)]
    pub rule: Rule,
    /// What was seen; None (null) without any sample.
    pub observed: Option<f64>,
    /// Whether the rule was kept.
    pub kept: bool,
}

/// A run held against its objectives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// The result.
    pub outcome: Outcome,
    /// Why the run proves nothing, in sentences; empty unless it is invalid.
    pub reasons: Vec<String>,
    /// Every rule.
    pub rules: Vec<RuleResult>,
}

/// The result of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Every rule was kept.
    Pass,
    /// A rule was broken.
    Breach,
    /// The generator could not drive what it was asked to, so the run proves nothing, for or against.
    Invalid,
}

impl Outcome {
    /// The program's exit code: 0, 99 as k6 has it, 3.
    pub fn exit_code(self) -> u8 {
        match self {
            Outcome::Pass => 0,
            Outcome::Breach => 99,
            Outcome::Invalid => 3,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Outcome::Pass => "PASS",
            Outcome::Breach => "BREACH",
            Outcome::Invalid => "INVALID",
        })
    }
}

impl Rule {
    /// Holds a step of this name against the rule; None where the run had no such step.
    fn hold(&self, step: Option<&StepSummary>, elapsed_s: f64) -> RuleResult {
        let observed = step.filter(|step| step.planned > 0 || self.figure == Figure::Count).and_then(|step| {
            let response = |figure: fn(&LatencySummary) -> f64| step.response.as_ref().map(figure);
            match self.figure {
                Figure::Count => Some(step.sent as f64),
                Figure::PerS => (elapsed_s > 0.0).then(|| step.sent as f64 / elapsed_s),
                Figure::FailedShare => Some(step.failed_share()),
                Figure::P50Ms => response(|at| at.p50_ms),
                Figure::P90Ms => response(|at| at.p90_ms),
                Figure::P95Ms => response(|at| at.p95_ms),
                Figure::P99Ms => response(|at| at.p99_ms),
                Figure::P999Ms => response(|at| at.p999_ms),
            }
        });
        let kept = observed.is_some_and(|observed| match self.figure {
            Figure::Count => observed > self.limit,
            Figure::PerS => observed >= self.limit,
            _ => observed < self.limit,
        });
        RuleResult { rule: self.clone(), observed, kept }
    }
}

/// Holds a run against its objectives. A run that was not driven as planned is invalid, whatever its figures say.
pub fn judge(run: &LoadReport, objectives: &[Objective]) -> Judgement {
    let rules = hold(&run.steps, &run.overall, run.elapsed_s, objectives);
    let reasons = reasons(run, objectives);
    let outcome = match (reasons.is_empty(), rules.iter().all(|rule| rule.kept)) {
        (false, _) => Outcome::Invalid,
        (true, true) if !rules.is_empty() => Outcome::Pass,
        // No rule at all proves nothing good.
        (true, _) => Outcome::Breach,
    };
    Judgement { outcome, reasons, rules }
}

/// Holds steps against every rule of the objectives; [`OVERALL`] is all steps as one.
pub fn hold(steps: &[StepSummary], overall: &StepSummary, elapsed_s: f64, objectives: &[Objective]) -> Vec<RuleResult> {
    let step = |name: &str| steps.iter().find(|step| step.name == name).or((name == OVERALL).then_some(overall));
    objectives.iter().flat_map(Objective::rules).map(|rule| rule.hold(step(&rule.step), elapsed_s)).collect()
}

/// Why a run proves nothing, if it does.
fn reasons(run: &LoadReport, objectives: &[Objective]) -> Vec<String> {
    let mut reasons = Vec::new();
    if run.model == Model::Closed {
        reasons.push(
            "users who wait for an answer do not ask meanwhile, so these response times leave out whoever would have come: a \
             closed model cannot be held against an objective"
                .into(),
        );
    }
    let limits = objectives.iter().flat_map(Objective::rules).filter(|rule| rule.figure.is_latency());
    let tightest_ms = limits.map(|rule| rule.limit).min_by(f64::total_cmp);
    let lag_ms = run.overall.lag.as_ref().map(|lag| lag.p99_ms);
    if let (Some(tightest_ms), Some(lag_ms)) = (tightest_ms, lag_ms) {
        let allowed_ms = LAG_MS.max(LAG_SHARE * tightest_ms);
        if lag_ms > allowed_ms {
            reasons.push(format!(
                "the generator was {lag_ms:.1} ms late (p99), more than {allowed_ms:.1} ms: this machine is busy with something else"
            ));
        }
    }
    if run.overall.unsent > 0 {
        reasons.push(format!(
            "{} of {} requests were never sent, because all places in flight were taken: allow more, or ask for less",
            run.overall.unsent, run.overall.planned
        ));
    }
    if let Some(generator) = run.generator.as_ref().filter(|generator| generator.cpu_share > CPU_SHARE) {
        reasons.push(format!(
            "the generator used {:.0}% of its core, more than {:.0}%: it waited for itself",
            generator.cpu_share * 100.0,
            CPU_SHARE * 100.0
        ));
    }
    reasons
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::{Generator, SCHEMA};
    use super::*;

    fn latencies(p99_ms: f64) -> LatencySummary {
        LatencySummary {
            count: 100,
            p50_ms: 1.0,
            p90_ms: 2.0,
            p95_ms: 3.0,
            p99_ms,
            p999_ms: p99_ms,
            max_ms: p99_ms,
            mean_ms: 1.0,
        }
    }

    fn step(planned: u64, p99_ms: f64) -> StepSummary {
        StepSummary {
            name: "pay".into(),
            planned,
            sent: planned,
            unsent: 0,
            ok: planned,
            failed: BTreeMap::new(),
            unfinished: 0,
            resent: 0,
            throughput_per_s: planned as f64,
            response: (planned > 0).then(|| latencies(p99_ms)),
            service: None,
            lag: (planned > 0).then(|| latencies(0.1)),
        }
    }

    fn run(step: StepSummary) -> LoadReport {
        let generator = Generator {
            timer: "timerfd".into(),
            cpu_share: 0.1,
            cpu_us_per_request: 9.0,
            peak_rss_mib: None,
            most_in_flight: 3,
        };
        LoadReport {
            schema: SCHEMA,
            tool: "lab-load".into(),
            target: "http://127.0.0.1:1".into(),
            scenario: "s".into(),
            model: Model::Open,
            interrupted: false,
            broke_at_per_s: None,
            elapsed_s: 1.0,
            generator: Some(generator),
            overall: step.clone(),
            steps: vec![step],
            judgement: None,
        }
    }

    fn promise() -> Vec<Objective> {
        let pay = Objective {
            step: "pay".into(),
            p99_ms: Some(500.0),
            max_failed_share: Some(0.001),
            ..Objective::default()
        };
        vec![pay]
    }

    fn outcome(run: &LoadReport) -> Outcome {
        judge(run, &promise()).outcome
    }

    #[test]
    fn the_limit_itself_is_a_breach() {
        assert_eq!(outcome(&run(step(100, 499.9))), Outcome::Pass);
        assert_eq!(outcome(&run(step(100, 500.0))), Outcome::Breach);
    }

    #[test]
    fn zero_samples_are_a_breach_and_so_is_a_step_that_is_not_there() {
        let nothing = judge(&run(step(0, 1.0)), &promise());
        assert_eq!(nothing.outcome, Outcome::Breach);
        assert!(nothing.rules.iter().all(|rule| !rule.kept), "{nothing:?}");
        let other = StepSummary { name: "look".into(), ..step(100, 1.0) };
        assert_eq!(outcome(&run(other)), Outcome::Breach);
        assert_eq!(judge(&run(step(100, 1.0)), &[]).outcome, Outcome::Breach);
    }

    #[test]
    fn a_failed_request_counts_whatever_became_of_it() {
        let failing = StepSummary { ok: 99, unfinished: 1, ..step(100, 1.0) };
        assert_eq!(outcome(&run(failing)), Outcome::Breach);
    }

    #[test]
    fn a_run_that_was_not_driven_is_invalid_even_where_rules_are_broken() {
        let mut late = run(step(100, 900.0));
        late.overall.lag = Some(latencies(25.1));
        let mut unsent = run(step(100, 900.0));
        unsent.overall.unsent = 1;
        let mut starved = run(step(100, 1.0));
        starved.generator.as_mut().unwrap().cpu_share = 0.71;
        let closed = LoadReport { model: Model::Closed, ..run(step(100, 1.0)) };
        for run in [late, unsent, starved, closed] {
            let judgement = judge(&run, &promise());
            assert_eq!((judgement.outcome, judgement.reasons.len()), (Outcome::Invalid, 1), "{judgement:?}");
        }
    }

    #[test]
    fn five_percent_of_the_tightest_objective_may_be_lag() {
        let mut run = run(step(100, 1.0));
        run.overall.lag = Some(latencies(25.0));
        assert_eq!(outcome(&run), Outcome::Pass);
    }
}
