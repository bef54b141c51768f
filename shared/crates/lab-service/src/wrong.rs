//! What people read of a wrong answer.

use std::fmt::Display;

use lab_harness::load::{Request, Response};
use lab_harness::results::Record;

use crate::{Case, Outcome};

/// So many states, and requests, are shown.
const SHOWN: usize = 3;
/// As much of a request's body is shown.
const SHOWN_OF_A_BODY: usize = 300;

/// The first answer that is not the right one.
pub(crate) fn wrong_answer<S>(case: &Case<S>, right: &[Response], answers: &[Response]) -> Option<Record> {
    let show = |answer: &Response| format!("{} {}", answer.status, answer.body).trim_end().to_string();
    let at = (0..right.len()).find(|&at| show(&right[at]) != show(&answers[at]))?;
    let request = &case.requests[at];
    let input = format!("{request} {}", shortened(request.body.as_deref().unwrap_or_default()));
    let (expected, got) = (show(&right[at]), show(&answers[at]));
    Some(Record::Wrong { case: case.name.clone(), input: input.trim_end().into(), expected, got })
}

pub(crate) fn wrong_outcome<S: PartialEq + Display>(
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
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::Exchange;

    fn outcome(statuses: &[u16], states: &[&str]) -> Outcome<String> {
        Outcome { statuses: statuses.to_vec(), states: states.iter().map(ToString::to_string).collect() }
    }

    #[test]
    fn a_wrong_outcome_is_told_by_what_differs() {
        let states = |wrong: &str| -> Outcome<String> {
            let state = |order| if order == 30 { format!("30 is {wrong}") } else { format!("{order} is paid") };
            Outcome { statuses: vec![204; 40], states: (0..40).map(state).collect() }
        };
        let (right, wrong) = (states("paid"), states("paying"));
        assert_eq!(right.besides(&wrong), "answered with 204 (40 times); 30 is paid");
        assert_eq!(wrong.besides(&right), "answered with 204 (40 times); 30 is paying");
        assert_eq!(outcome(&[204, 409], &["1 is paid"]).besides(&right), "answered with 204, 409; 1 is paid");
        let names: Vec<String> = (0..5).map(|name| name.to_string()).collect();
        assert_eq!(first_of(&names, ", "), "0, 1, 2, and 2 more");
    }

    #[test]
    fn a_failure_is_quoted_beside_the_outcome() {
        let outcomes = [outcome(&[204], &["right"])];
        let case = Case::one_of("c", vec![Request::get("/a")], Vec::new(), vec!["a".into()]);

        let answers = [Response { status: 500, body: "why".into() }];
        let Record::Wrong { expected, got, .. } =
            wrong_outcome(&case, &outcomes, &outcome(&[500], &["left"]), &answers)
        else {
            panic!("wrong")
        };
        assert_eq!(expected, "answered with 204; right");
        assert_eq!(got, "answered with 500; left\nGET /a was answered with 500 why");
    }

    #[test]
    fn the_first_wrong_answer_is_told_with_its_request() {
        let exchange = |status| Exchange { request: Request::post("/a", "{}"), status, body: String::new() };
        let case: Case<Infallible> = Case::exact("c", [exchange(200), exchange(401)]);
        let right = &[200, 401].map(|status| Response { status, body: String::new() });
        assert_eq!(wrong_answer(&case, right, right), None);
        let got = [Response { status: 200, body: String::new() }, Response { status: 200, body: "x".into() }];
        let Some(Record::Wrong { input, expected, got, .. }) = wrong_answer(&case, right, &got) else {
            panic!("wrong")
        };
        assert_eq!((input.as_str(), expected.as_str(), got.as_str()), ("POST /a {}", "401", "200 x"));
    }

    #[test]
    fn long_requests_are_shown_shortened() {
        assert_eq!(shortened("short"), "short");
        assert!(shortened(&"é".repeat(1_000)).ends_with("... (1000 characters)"));
    }
}
