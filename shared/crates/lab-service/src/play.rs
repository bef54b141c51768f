//! The cases, played over the socket up to the first wrong answer.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use lab_harness::load;
use lab_harness::results::Record;
use lab_harness::service::Service;
use lab_harness::{MachineTrouble, Run, emit};

use crate::cases::{Allowed, Case, Outcome};
use crate::lab::{Purpose, ServiceLab};
use crate::wrong::{wrong_answer, wrong_outcome};

/// Seeds that the cases are played with.
const SEEDS: u64 = 2;
/// How long after the last answer a state may change.
const SETTLE: Duration = Duration::from_secs(1);
/// What a service answers with when the disk below its database is full, or the database's server went away.
const MACHINE_TROUBLE: u16 = 507;

/// Plays all cases of all seeds, up to the first wrong answer: each seed in a world of its own, in front of one service.
pub(crate) fn play<P, W, S: PartialEq + Display>(lab: &ServiceLab<P, W, S>, run: &Run) -> Result<()> {
    let mut played = 0;
    for seed in run.seed..run.seed + if run.smoke { 1 } else { SEEDS } {
        let run = Run { seed, ..run.clone() };
        let world = (lab.world)(&run, Purpose::Check)?;
        let mut service = lab.launch(&world, &run, Purpose::Check).start()?;
        let cases = (lab.cases)(&world, &run);
        if let Some(problem) = problem(&cases) {
            bail!(problem);
        }
        for case in cases {
            emit(&Record::Case { name: case.name.clone() });
            if let Some(wrong) = wrong(&case, &mut service, |things| (lab.states)(&world, things))? {
                emit(&wrong);
                return Ok(());
            }
            played += 1;
        }
        service.stop()?;
    }
    emit(&Record::Checked { cases: played });
    Ok(())
}

/// What is wrong with a lab's cases themselves. What one case did must not be what another one finds: where several requests come at once,
/// nobody can tell.
fn problem<S>(cases: &[Case<S>]) -> Option<String> {
    let mut seen: HashMap<&String, bool> = HashMap::new();
    let mut named = HashSet::new();
    for Case { name, requests, allowed } in cases {
        let things: &[String] = if let Allowed::Outcomes(_, things) = allowed { things } else { &[] };
        // A case of outcomes may be played several times, because they differ from time to time.
        if matches!(allowed, Allowed::Answers(_)) && !named.insert(name) {
            return Some(format!("two cases are called \"{name}\""));
        }
        if requests.is_empty() && things.is_empty() {
            return Some(format!("the case \"{name}\" asks nothing and looks at nothing"));
        }
        let is_crowd = requests.len() > 1;
        for thing in things {
            if seen.insert(thing, is_crowd).is_some_and(|was_crowd| was_crowd || is_crowd) {
                return Some(format!("the case \"{name}\" shares {thing} with a case in which several come at once"));
            }
        }
    }
    None
}

/// Whether something is so, or comes to be so within a second after the last answer.
///
/// # Errors
/// Those of `is_so`.
pub fn settles(mut is_so: impl FnMut() -> Result<bool>) -> Result<bool> {
    let until = Instant::now() + SETTLE;
    loop {
        let is_so = is_so()?;
        if is_so || Instant::now() >= until {
            return Ok(is_so);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// How what came of a case is wrong, if it is. A request without an answer is no wrong answer: it ends the check.
fn wrong<S: PartialEq + Display>(
    case: &Case<S>,
    service: &mut Service,
    states: impl Fn(&[String]) -> Result<Vec<S>>,
) -> Result<Option<Record>> {
    let mut answers = Vec::with_capacity(case.requests.len());
    for answer in load::call_all(service.address(), case.requests.clone()) {
        let answer = answer.map_err(|error| service.no_answer(error))?;
        if answer.status == MACHINE_TROUBLE {
            return Err(anyhow!(answer.body).context(MachineTrouble));
        }
        answers.push(answer);
    }
    match &case.allowed {
        Allowed::Answers(right) => Ok(wrong_answer(case, right, &answers)),
        Allowed::Outcomes(outcomes, things) => {
            let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
            statuses.sort_unstable();
            let mut got = Outcome { statuses, states: Vec::new() };
            // What comes a little later is right here; whether an answer may come before it is asked where time stands still.
            let is_right = settles(|| {
                got.states = states(things)?;
                Ok(outcomes.contains(&got))
            })?;
            Ok((!is_right).then(|| wrong_outcome(case, outcomes, &got, &answers)))
        }
    }
}

#[cfg(test)]
mod tests {
    use lab_harness::load::Request;

    use super::*;
    use crate::Expecting;

    #[test]
    fn a_case_without_a_question_and_one_that_finds_what_another_did_are_refused() {
        let case = |name: &str, requests: usize, things: &[&str]| -> Case<String> {
            let things = things.iter().map(ToString::to_string).collect();
            Case::one_of(name, vec![Request::get("/a"); requests], Vec::new(), things)
        };
        assert_eq!(problem(&[case("one", 1, &["a"]), case("again", 1, &["a"]), case("all", 2, &["b", "c"])]), None);
        assert_eq!(problem(&[case("nobody", 0, &["a"]), case("unknown", 2, &[])]), None);
        for wrong in [
            &[case("nothing", 0, &[])][..],
            &[case("one", 1, &["a"]), case("crowd", 2, &["a"])],
            &[case("crowd", 2, &["a"]), case("one", 1, &["a"])],
        ] {
            assert!(problem(wrong).is_some());
        }
        let exact = |name: &str| Case::<String>::exact(name, [Request::get("/a").gets(204)]);
        assert_eq!(problem(&[exact("one"), exact("other")]), None);
        assert!(problem(&[exact("one"), exact("one")]).is_some());
    }
}
