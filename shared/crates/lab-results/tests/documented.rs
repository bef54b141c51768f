//! The page of the book that documents the verdict names every field that the document has.

use lab_results::gate::judge;
use lab_results::verdict::{Ratio, SCHEMA, SubjectCounts, SubjectGrowth};
use lab_results::{Counts, Finding, Gate, Growth, Interval, Limit, Outcome, Verdict, growth};
use serde_json::Value;

const PAGE: &str = include_str!("../../../book/src/verdict.md");

/// A verdict in which nothing is absent.
fn complete() -> Verdict {
    let counts: Counts = [("statements".to_string(), 6_800.0)].into();
    let gate = Gate { count: "statements".into(), says: "statements".into(), limit: Limit::AtMost(8.0), hint: 1 };
    let points = [(10.0, 10.0), (20.0, 20.0), (40.0, 40.0)];
    let growth: Growth = growth::fit(&points).expect("three sizes are enough");
    Verdict {
        schema: SCHEMA,
        lab: "lab-04-n-plus-one".into(),
        seed: 7,
        database: Some("sqlite".into()),
        at: 1,
        outcome: Outcome::NotYet,
        reason: "statements".into(),
        cases: 30,
        gates: vec![judge(&gate, &[(500, counts.clone())])],
        counts: vec![SubjectCounts { subject: "yours".into(), size: 500, unit: "orders".into(), counts }],
        instructions: vec![SubjectCounts {
            subject: "yours".into(),
            size: 200,
            unit: "orders".into(),
            counts: [("instructions".to_string(), 1.0)].into(),
        }],
        growth: vec![SubjectGrowth { subject: "yours".into(), count: "statements".into(), growth }],
        ratios: vec![Ratio {
            name: "original / yours".into(),
            ratio: Interval { median: 1.0, low: 1.0, high: 1.0, samples: 800 },
            finding: Finding::Same,
            margin: Some(0.02),
            clock: "wall".into(),
            size: Some(12),
            size_unit: "orders".into(),
            unit: "us".into(),
            medians: [1.0, 1.0],
            workers: 4,
            preempted: Some(0.0),
        }],
        captured: Some(0.0),
        hints_used: 0,
        diagnosis: Some("2 of 3".into()),
        machine: "linux".into(),
        load: Some(1.0),
        seconds: 1.0,
    }
}

#[test]
fn every_field_of_the_verdict_is_on_its_page() {
    let document = serde_json::to_value(complete()).expect("a verdict is JSON");
    let mut missing = Vec::new();
    let mut look = |value: &Value| {
        for key in value.as_object().expect("an object").keys() {
            if !PAGE.contains(&format!("`{key}`")) {
                missing.push(key.clone());
            }
        }
    };
    look(&document);
    for list in ["gates", "counts", "instructions", "growth", "ratios"] {
        look(&document[list][0]);
    }
    look(&document["growth"][0]["growth"]);
    look(&document["ratios"][0]["ratio"]);
    assert!(missing.is_empty(), "not on shared/book/src/verdict.md: {missing:?}");
    assert!(PAGE.contains(&format!("version of this document: {SCHEMA}")));
}

#[test]
fn a_verdict_comes_back_as_it_was_written() {
    let text = serde_json::to_string(&complete()).expect("a verdict is JSON");
    assert_eq!(serde_json::from_str::<Verdict>(&text).expect("the same"), complete());
}
