use std::convert::Infallible;

use super::*;

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
    let case = Case::one_of("c", vec![Request::get("/a")], vec![outcome(&[204], &["right"])], vec!["a".into()]);
    let Allowed::Outcomes(outcomes, _) = &case.allowed else { panic!("outcomes") };
    let answers = [Response { status: 500, body: "why".into() }];
    let Record::Wrong { expected, got, .. } = wrong_outcome(&case, outcomes, &outcome(&[500], &["left"]), &answers)
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
    let Allowed::Answers(right) = &case.allowed else { panic!("answers") };
    assert_eq!(wrong_answer(&case, right, right), None);
    let got = [Response { status: 200, body: String::new() }, Response { status: 200, body: "x".into() }];
    let Some(Record::Wrong { input, expected, got, .. }) = wrong_answer(&case, right, &got) else { panic!("wrong") };
    assert_eq!((input.as_str(), expected.as_str(), got.as_str()), ("POST /a {}", "401", "200 x"));
}

#[test]
fn long_requests_are_shown_shortened() {
    assert_eq!(shortened("short"), "short");
    assert!(shortened(&"é".repeat(1_000)).ends_with("... (1000 characters)"));
}
