use lab_results::Outcome;
use serde_json::{Value, json};

use super::*;
use crate::handover::{Handover, read_handover};
use crate::{Board, Learner, Page};

/// A verdict of the present version, as JSON that a test can spoil.
fn verdict() -> Value {
    json!({
        "schema": verdict::SCHEMA, "lab": "lab-01-string-building", "seed": 7, "at": 1_795_432_000, "outcome": "not_yet",
        "reason": "<script>alert(1)</script> \u{1b}[1mred\u{1b}[0m", "cases": 3, "gates": [], "counts": [], "growth": [],
        "ratios": [], "hints_used": 1, "machine": "m", "seconds": 1.0,
    })
}

fn lab() -> Lab {
    Lab { name: "lab-01-string-building".into(), number: 1, slug: "string-building".into(), ..Lab::default() }
}

fn page(labs: Vec<Lab>) -> String {
    Page::Report(Report { labs, machine: "<b>m</b>".into(), ..Report::default() }).html()
}

fn board(learners: Vec<Learner>, gone: Vec<Gone>) -> String {
    Page::Board(Board { at: 0, learners, gone }).html()
}

fn picture(svg: String) -> Vec<Picture> {
    vec![Picture { file: "flamegraph.svg".into(), svg }]
}

#[test]
fn nothing_at_all_gives_a_page_that_says_so() {
    assert!(page(Vec::new()).contains("Nothing has been run yet"));
    let page = page(vec![lab(), Lab { name: "lab-02-x".into(), number: 2, ..Lab::default() }]);
    assert!(page.contains("Nothing has been run yet") && page.contains("make lab-02"), "{page}");
    assert!(board(vec![], vec![]).contains("No progress was handed over yet"));
}

#[test]
fn an_older_version_keeps_its_result_and_says_what_is_missing() {
    let mut older = verdict();
    older["schema"] = json!(1);
    older.as_object_mut().expect("an object").remove("growth");
    let mut lab = lab();
    lab.add_verdict("runs/old.json", &older.to_string());
    assert_eq!((lab.runs.verdicts.len(), lab.runs.attempts.len()), (0, 1));
    assert_eq!(lab.runs.attempts[0].outcome, Outcome::NotYet);
    assert!(lab.gone[0].why.contains("older version wrote it (schema 1"), "{:?}", lab.gone);
    let page = page(vec![lab]);
    assert!(page.contains("runs/old.json") && page.contains("NOT YET"), "{page}");
}

#[test]
fn half_of_every_document_is_named_for_what_it_is() {
    let text = verdict().to_string();
    // A file that is cut anywhere, an empty one too.
    for end in 0..text.len() {
        let mut lab = lab();
        lab.add_verdict("runs/half.json", text.get(..end).unwrap_or_default());
        assert!(lab.runs.attempts.is_empty() && lab.gone.len() == 1, "{end}");
        assert!(lab.gone[0].why.contains("half written"), "{end}: {:?}", lab.gone);
    }
}

#[test]
fn other_documents_are_not_ours() {
    let missing = json!({ "schema": verdict::SCHEMA }).to_string();
    for (text, words) in [
        ("[]", "which schema"),
        ("nonsense", "not JSON"),
        ("{\"schema\": 99}", "newer version"),
        ("{\"schema\": \"2\"}", "which schema"),
        (missing.as_str(), "missing field"),
    ] {
        let gone = parse::<Verdict>("f", text, 2..=verdict::SCHEMA).expect_err(text);
        assert!(gone.why.contains(words), "{text}: {}", gone.why);
    }
}

#[test]
fn what_people_and_programs_wrote_is_text() {
    let evil = "<script>alert(1)</script>";
    let mut lab = lab();
    lab.readme = format!("## The ticket\n\n> {evil}\n");
    lab.symptom = evil.into();
    lab.progress.diagnosis = Some(evil.into());
    lab.answers = vec![Answer { question: evil.into(), choice: evil.into(), because: Some(evil.into()) }];
    lab.diff = Some(Diff { fix: evil.into(), text: format!("+{evil}\n-{evil}") });
    lab.add_verdict(evil, "{");
    lab.add_verdict("f", &verdict().to_string());
    lab.add_program("profile", evil, None, picture(format!("<svg>{evil}</svg>")));
    lab.add_program(evil, "yours", None, picture("<svg></svg>".into()));
    let all = Report { name: Some(evil.into()), labs: vec![lab.clone(), lab], ..Report::default() };
    let page = Page::Report(all.clone()).html();
    assert!(!page.contains("<script") && page.matches("&lt;script").count() > 15, "{page}");
    assert!(!page.contains('\u{1b}'), "a terminal's colours");
    let handover = Handover::of(&all);
    let learner = Learner { file: evil.into(), name: evil.into(), handover };
    assert!(!board(vec![learner], vec![Gone { file: evil.into(), why: evil.into() }]).contains("<script"));
}

#[test]
fn a_page_allows_only_its_own_scripts() {
    let policy = |page: &str| page.split_once("Content-Security-Policy").expect("a policy").1[..400].to_string();
    let without = policy(&page(vec![lab()]));
    assert!(without.contains("default-src 'none'") && without.contains("script-src 'none'"), "{without}");
    let mut with = lab();
    let svg = "<svg onload=\"init(evt)\"><script type=\"text/ecmascript\"><![CDATA[a();]]></script></svg>";
    with.add_program("profile", "yours", None, picture(svg.into()));
    let with = policy(&page(vec![with]));
    assert!(with.contains(&crate::flamegraph::hash("a();")), "{with}");
    assert!(!with.split_once("script-src").expect("scripts").1.contains("'unsafe-inline'"), "{with}");
}

#[test]
fn what_is_handed_over_comes_back() {
    let mut lab = lab();
    lab.add_verdict("f", &verdict().to_string());
    let handover = Handover::of(&Report { labs: vec![lab], name: Some("Ines".into()), ..Report::default() });
    let text = serde_json::to_string(&handover).expect("JSON");
    assert_eq!(read_handover("f", &text), Ok(handover));
    assert!(read_handover("f", &text[..40]).expect_err("cut").why.contains("half written"));
}
