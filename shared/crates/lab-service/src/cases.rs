//! Cases: requests that are sent at once over the socket, and all that may come of them.

use std::fmt::Display;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use lab_harness::load::{self, Request, Response};
use lab_harness::results::Record;
use lab_harness::service::Service;
use lab_harness::{MachineTrouble, Run, emit};
use serde::Serialize;

use crate::flow::json;
use crate::lab::{Purpose, ServiceLab};
use crate::program::launch;

/// Seeds that the cases are played with.
const SEEDS: u64 = 2;
/// How long after the last answer a state may change.
const SETTLE: Duration = Duration::from_secs(1);
/// What a service answers with when the disk below its database is full, or the database's server went away.
const MACHINE_TROUBLE: u16 = 507;
/// So many states, and requests, are shown.
const SHOWN: usize = 3;
/// As much of a request's body is shown.
const SHOWN_OF_A_BODY: usize = 300;

/// Requests that are sent at once, and all that may come of them.
#[derive(Debug)]
pub struct Case<S> {
    name: String,
    requests: Vec<Request>,
    allowed: Allowed<S>,
}

#[derive(Debug)]
enum Allowed<S> {
    /// What each request is to be answered with.
    Answers(Vec<Response>),
    /// What may come of all of them, and of which things the states are meant.
    Outcomes(Vec<Outcome<S>>, Vec<String>),
}

/// A request with the one right answer to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The request.
    pub request: Request,
    /// The status of the answer.
    pub status: u16,
    /// The body of the answer.
    pub body: String,
}

/// A request with the answer that it is to get.
pub trait Expecting {
    /// This status, and no body.
    fn gets(self, status: u16) -> Exchange;
    /// This status, and this value as JSON.
    fn gets_json(self, status: u16, body: &impl Serialize) -> Exchange;
}

impl Expecting for Request {
    fn gets(self, status: u16) -> Exchange {
        Exchange { request: self, status, body: String::new() }
    }

    fn gets_json(self, status: u16, body: &impl Serialize) -> Exchange {
        Exchange { request: self, status, body: json(body) }
    }
}

/// What came of a case, or may come of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome<S> {
    /// In ascending order, because requests of a case may overtake each other.
    pub statuses: Vec<u16>,
    /// Of the things that are looked at.
    pub states: Vec<S>,
}

impl<S> Case<S> {
    /// A case whose requests have one right answer each.
    pub fn exact(name: impl Into<String>, exchanges: impl IntoIterator<Item = Exchange>) -> Case<S> {
        let answered = |Exchange { request, status, body }| (request, Response { status, body });
        let (requests, answers) = exchanges.into_iter().map(answered).unzip();
        Case { name: name.into(), requests, allowed: Allowed::Answers(answers) }
    }

    /// A case after which the statuses of the answers and the states of these things are one of several outcomes.
    pub fn one_of(
        name: impl Into<String>,
        requests: Vec<Request>,
        outcomes: Vec<Outcome<S>>,
        things: Vec<String>,
    ) -> Case<S> {
        Case { name: name.into(), requests, allowed: Allowed::Outcomes(outcomes, things) }
    }

    /// The names of the things that it looks at.
    pub fn things(&self) -> &[String] {
        if let Allowed::Outcomes(_, things) = &self.allowed { things } else { &[] }
    }
}

/// Plays all cases of all seeds, up to the first wrong answer: each seed in a world of its own, in front of one service.
pub(crate) fn play<P, W, S: PartialEq + Display>(lab: &ServiceLab<P, W, S>, run: &Run) -> Result<()> {
    let mut played = 0;
    for seed in run.seed..run.seed + if run.smoke { 1 } else { SEEDS } {
        let run = Run { seed, ..run.clone() };
        let world = (lab.world)(&run, Purpose::Check)?;
        let mut service = launch(lab, &world, &run, Purpose::Check).start()?;
        for case in (lab.cases)(&world, &run) {
            if case.requests.is_empty() && case.things().is_empty() {
                bail!("the case \"{}\" asks nothing and looks at nothing", case.name);
            }
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
            let until = Instant::now() + SETTLE;
            // What comes a little later is right here; whether an answer may come before it is asked where time stands still.
            loop {
                let got = Outcome { statuses: statuses.clone(), states: states(things)? };
                if outcomes.contains(&got) {
                    return Ok(None);
                }
                if Instant::now() >= until {
                    return Ok(Some(wrong_outcome(case, outcomes, &got, &answers)));
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }
}

/// The first answer that is not the right one.
fn wrong_answer<S>(case: &Case<S>, right: &[Response], answers: &[Response]) -> Option<Record> {
    let show = |answer: &Response| format!("{} {}", answer.status, answer.body).trim_end().to_string();
    let at = (0..right.len()).find(|&at| show(&right[at]) != show(&answers[at]))?;
    let request = &case.requests[at];
    let input = format!("{request} {}", shortened(request.body.as_deref().unwrap_or_default()));
    let (expected, got) = (show(&right[at]), show(&answers[at]));
    Some(Record::Wrong { case: case.name.clone(), input: input.trim_end().into(), expected, got })
}

fn wrong_outcome<S: PartialEq + Display>(
    case: &Case<S>,
    outcomes: &[Outcome<S>],
    got: &Outcome<S>,
    answers: &[Response],
) -> Record {
    let requests: Vec<String> = case.requests.iter().map(Request::to_string).collect();
    let expected: Vec<String> = outcomes.iter().map(|outcome| outcome.besides(got)).collect();
    let failed = requests.iter().zip(answers).find(|(_, answer)| answer.status >= 500);
    let failed =
        failed.map(|(request, Response { status, body })| format!("\n{request} was answered with {status} {body}"));
    Record::Wrong {
        case: case.name.clone(),
        input: first_of(&requests, ", "),
        expected: expected.join(" or "),
        got: outcomes.first().map_or_else(String::new, |first| got.besides(first)) + &failed.unwrap_or_default(),
    }
}

impl<S: PartialEq + Display> Outcome<S> {
    /// The statuses, and the states that another outcome has otherwise.
    fn besides(&self, other: &Outcome<S>) -> String {
        let mut states: Vec<&S> = self.states.iter().filter(|state| !other.states.contains(state)).collect();
        if states.is_empty() {
            states = self.states.iter().collect();
        }
        let statuses = self.statuses.chunk_by(|one, next| one == next).map(|same| match same {
            [status] => status.to_string(),
            _ => format!("{} ({} times)", same[0], same.len()),
        });
        let statuses: Vec<String> = statuses.collect();
        let states: Vec<String> = states.into_iter().map(S::to_string).collect();
        format!("answered with {}; {}", statuses.join(", "), first_of(&states, "; "))
    }
}

/// The first few, and how many more there are.
fn first_of(all: &[String], between: &str) -> String {
    let shown = all[..all.len().min(SHOWN)].join(between);
    if all.len() > SHOWN { format!("{shown}{between}and {} more", all.len() - SHOWN) } else { shown }
}

/// As much of a text as helps.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN_OF_A_BODY) {
        None => text.into(),
        Some((end, _)) => format!("{}... ({} characters)", &text[..end], text.chars().count()),
    }
}

#[cfg(test)]
mod tests;
