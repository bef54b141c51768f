//! What a verification comes to, by its gates and its times.

use crate::gate::{GateResult, Status};
use crate::stats::Interval;
use crate::verdict::Outcome;

/// A timed figure that the reference makes faster for certain, and yours for certain does not.
#[derive(Debug, Clone, PartialEq)]
pub struct NoBetter {
    /// Its name, such as `100 orders`.
    pub figure: String,
    /// The median ratio of original over yours.
    pub yours: f64,
    /// The median ratio of original over reference.
    pub reference: f64,
}

/// What was timed, as far as it decides.
#[derive(Debug, Clone, Default)]
pub struct Times {
    /// The ratio of original over yours that a lab demands; nothing where it demands none, or where nothing was timed.
    pub at_least: Option<f64>,
    /// Original over yours, by CPU time.
    pub speed_up: Option<Interval>,
    /// The same by the wall.
    pub by_wall: Option<Interval>,
    /// The first figure that yours leaves as it was.
    pub no_better: Option<NoBetter>,
    /// The same run called identical work different: no time of it is believed.
    pub is_noise_different: bool,
}

/// Why a run judges nobody: the original, whose fault the lab is about, passes every gate, or the reference does not.
pub fn why_blind(original: &[GateResult], reference: &[GateResult]) -> Option<String> {
    let passes = |gates: &[GateResult]| gates.iter().all(|gate| gate.status == Status::Passed);
    let because =
        "so nothing was judged: is a file under shared/, labs/ or solutions/ edited that the judge stands on?";
    if passes(original) {
        return Some(format!("The judge measures nothing: the original passes every gate, {because}"));
    }
    let missed = reference.iter().find(|gate| gate.status != Status::Passed)?;
    let (says, found, limit) = (&missed.says, &missed.found, &missed.limit);
    Some(format!("The reference misses a gate ({says}: found {found}, allowed {limit}), {because}"))
}

/// Decides from gates and times: counts first, time last.
///
/// A time can only miss when its whole interval lies below the demand; when the interval spans it the machine was too noisy to tell.
/// Less CPU time is no speed-up where the function waits: by the wall, too, the interval may not lie below the demand. The two sides take
/// turns, so that a busy machine makes both of them wait, and the interval wide. A figure that yours leaves as it was is no
/// solution whatever the counts say: somebody still waits as long as before.
pub fn decide(gates: &[GateResult], times: &Times) -> (Outcome, String) {
    if let Some(unknown) = gates.iter().find(|gate| gate.status == Status::Unknown) {
        return (Outcome::Invalid, format!("{} ({}) could not be measured", unknown.says, unknown.count));
    }
    if let Some(missed) = gates.iter().find(|gate| gate.status == Status::Missed) {
        let by = missed.missed_by_words();
        return (Outcome::NotYet, format!("{}: found {}, allowed {}{by}", missed.says, missed.found, missed.limit));
    }
    match by_times(times) {
        Some(decided) => decided,
        None => (Outcome::Solved, "right answers, and every gate passed".into()),
    }
}

/// What speaks against a solution whose gates all passed.
fn by_times(times: &Times) -> Option<(Outcome, String)> {
    let Times { at_least, speed_up, by_wall, no_better, is_noise_different } = times;
    if *is_noise_different {
        let words =
            "the counts pass, but identical programs differed, so the times of this run do not count; run it again";
        return (at_least.is_some() || no_better.is_some()).then(|| (Outcome::Inconclusive, words.into()));
    }
    if let Some(NoBetter { figure, yours, reference }) = no_better {
        let words = format!("time: {figure}: {yours:.2}x as fast as before, and the solution {reference:.2}x");
        return Some((Outcome::NotYet, words));
    }
    let least = (*at_least)?;
    let misses = |interval: &&Interval| interval.high < least;
    if let Some(interval) = speed_up.as_ref().filter(misses) {
        return Some((Outcome::NotYet, format!("time: {:.2}x as fast as before, needs {least}x", interval.median)));
    }
    if let (Some(cpu), Some(wall)) = (speed_up, by_wall.as_ref().filter(misses)) {
        let words = format!(
            "wall time: {:.2}x as fast as before, needs {least}x; by CPU time it is {:.2}x, so the function waits for something",
            wall.median, cpu.median
        );
        return Some((Outcome::NotYet, words));
    }
    if speed_up.is_some_and(|interval| interval.low >= least) {
        return None;
    }
    let spans = speed_up.map(|x| format!(" ({:.2}x .. {:.2}x)", x.low, x.high)).unwrap_or_default();
    let words = format!(
        "the counts pass, but the time could not be told from the {least}x that are needed{spans}; close other programs and run it again"
    );
    Some((Outcome::Inconclusive, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(status: Status) -> GateResult {
        GateResult {
            count: "statements".into(),
            says: "statements per page".into(),
            limit: "<= 6".into(),
            allowed: None,
            found: "3,481".into(),
            status,
            missed_by: Some(580.0),
            hint: 2,
        }
    }

    fn interval(low: f64, high: f64) -> Option<Interval> {
        Some(Interval { median: f64::midpoint(low, high), low, high, samples: 100 })
    }

    /// Twice as fast is demanded.
    fn twice(speed_up: Option<Interval>) -> Times {
        Times { at_least: Some(2.0), speed_up, ..Times::default() }
    }

    #[test]
    fn counts_decide_before_time() {
        let (outcome, reason) = decide(&[gate(Status::Missed)], &twice(interval(90.0, 110.0)));
        assert_eq!(outcome, Outcome::NotYet);
        assert_eq!(reason, "statements per page: found 3,481, allowed <= 6, 580x too much");
    }

    #[test]
    fn time_only_fails_when_the_whole_interval_does() {
        let passed = [gate(Status::Passed)];
        assert_eq!(decide(&passed, &twice(interval(2.1, 2.3))).0, Outcome::Solved);
        assert_eq!(decide(&passed, &twice(interval(1.1, 1.3))).0, Outcome::NotYet);
        assert_eq!(decide(&passed, &twice(interval(1.1, 2.3))).0, Outcome::Inconclusive);
        assert_eq!(decide(&passed, &twice(None)).0, Outcome::Inconclusive);
        assert_eq!(decide(&passed, &Times::default()).0, Outcome::Solved);
    }

    #[test]
    fn no_time_is_believed_when_identical_work_differed() {
        let passed = [gate(Status::Passed)];
        for speed_up in [interval(2.1, 2.3), interval(1.1, 1.3)] {
            assert_eq!(
                decide(&passed, &Times { is_noise_different: true, ..twice(speed_up) }).0,
                Outcome::Inconclusive
            );
        }
        assert_eq!(decide(&passed, &Times { is_noise_different: true, ..Times::default() }).0, Outcome::Solved);
    }

    #[test]
    fn a_figure_that_is_as_slow_as_before_is_no_solution() {
        let passed = [gate(Status::Passed)];
        let no_better = Some(NoBetter { figure: "100 orders".into(), yours: 0.98, reference: 24.3 });
        let same = Times { no_better, ..Times::default() };
        let (outcome, reason) = decide(&passed, &same);
        assert_eq!(outcome, Outcome::NotYet);
        assert_eq!(reason, "time: 100 orders: 0.98x as fast as before, and the solution 24.30x");
        let noisy = Times { is_noise_different: true, ..same.clone() };
        assert_eq!(
            decide(&passed, &noisy).0,
            Outcome::Inconclusive,
            "no time of it is believed, neither for nor against"
        );
        assert!(decide(&[gate(Status::Missed)], &same).1.starts_with("statements per page"));
    }

    #[test]
    fn a_gate_that_could_not_be_measured_never_passes() {
        assert_eq!(decide(&[gate(Status::Unknown)], &Times::default()).0, Outcome::Invalid);
    }

    #[test]
    fn an_original_that_passes_judges_nobody() {
        let (passed, missed) = (|| gate(Status::Passed), || gate(Status::Missed));
        assert_eq!(why_blind(&[passed(), missed()], &[passed(), passed()]), None);
        assert!(why_blind(&[passed(), passed()], &[passed(), passed()]).is_some_and(|why| why.contains("original")));
        assert!(why_blind(&[missed()], &[gate(Status::Unknown)]).is_some_and(|why| why.contains("reference")));
    }

    #[test]
    fn less_cpu_time_is_no_speed_up_where_the_whole_interval_by_the_wall_is_below_the_demand() {
        let passed = [gate(Status::Passed)];
        let said = |low, high| decide(&passed, &Times { by_wall: interval(low, high), ..twice(interval(9.0, 11.0)) });
        let (outcome, why) = said(0.4, 0.6);
        assert_eq!(outcome, Outcome::NotYet);
        assert!(why.starts_with("wall time: 0.50x as fast as before, needs 2x; by CPU time it is 10.00x"), "{why}");
        assert_eq!(said(0.4, 20.0).0, Outcome::Solved, "a busy machine makes it wide");
        assert_eq!(said(8.0, 12.0).0, Outcome::Solved);
    }
}
