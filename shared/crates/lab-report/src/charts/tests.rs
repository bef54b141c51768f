use lab_results::verdict::Ratio;
use lab_results::{Class, Finding, Growth, Interval, Outcome};

use super::*;
use crate::attempts::Attempt;

fn bar(label: &str, value: f64) -> Bar {
    Bar { label: label.into(), value, subject: Some("yours") }
}

fn curve(points: &[(f64, f64)]) -> Curve {
    let growth = Some(Growth { class: Class::Quadratic, slope: 2.0 });
    Curve { subject: "original", points: points.to_vec(), growth }
}

#[test]
fn bars_are_to_scale_and_say_their_figures() {
    let html = bars("blocks", "B", &[bar("original", 200.0), bar("yours", 50.0)], None, 0.0).expect("drawn").0;
    assert!(html.contains(r#"aria-label="blocks: original 200 B, yours 50 B""#), "{html}");
    let widths: Vec<i32> = html
        .split("<rect ")
        .skip(1)
        .filter_map(|rect| rect.split_once("width=\"")?.1.split_once('"')?.0.parse().ok())
        .collect();
    let [long, short] = widths[..] else { panic!("two bars: {widths:?}") };
    assert!((long - 4 * short).abs() <= 4, "{widths:?}");
}

#[test]
fn a_chart_of_nothing_is_none() {
    assert!(bars("x", "", &[], None, 0.0).is_none());
    assert!(bars("x", "", &[bar("a", 0.0)], None, 0.0).is_none());
    assert!(bars("x", "", &[bar("a", f64::NAN)], None, 0.0).is_none());
    assert!(bars("x", "", &[bar("a", 1e300)], None, 0.0).is_none());
    assert!(growth("x", "", &[], None).is_none());
    assert!(growth("x", "", &[curve(&[(100.0, 5.0)])], None).is_none());
    assert!(growth("x", "", &[curve(&[(100.0, 0.0), (200.0, 0.0)])], None).is_none());
    assert!(ratios("x", &[]).is_none());
    assert!(timeline("x", &[]).is_none());
}

#[test]
fn a_limit_is_drawn_and_said_and_what_is_over_it_is_marked() {
    let limit = Limit { at: 8.0, name: "allowed", is_least: false };
    let two = [bar("original", 100.0), bar("yours", 2.0)];
    let html = bars("bytes", "", &two, Some(&limit), 0.0).expect("drawn").0;
    assert!(html.contains("allowed at most 8") && html.contains("allowed ≤ 8"), "{html}");
    assert!(html.contains("100 !") && !html.contains("2 !"), "{html}");
    let least = Limit { is_least: true, ..limit };
    let html = bars("hashes", "", &two, Some(&least), 0.0).expect("drawn").0;
    assert!(html.contains("allowed at least 8") && html.contains("allowed ≥ 8"), "{html}");
    assert!(html.contains("2 !") && !html.contains("100 !"), "{html}");
}

#[test]
fn bars_of_two_pictures_have_one_axis() {
    let longest = |html: &str| {
        let widths = html
            .split("<rect ")
            .skip(1)
            .filter_map(|rect| rect.split_once("width=\"")?.1.split_once('"')?.0.parse().ok());
        widths.fold(0, i32::max)
    };
    let original = bars("statements", "", &[bar("100", 3_626.0)], None, 0.0).expect("drawn").0;
    let mended = bars("statements", "", &[bar("100", 2.0)], None, 3_626.0).expect("drawn").0;
    assert!(longest(&mended) < longest(&original) / 50, "{mended}");
}

#[test]
fn growth_names_the_class_and_every_point() {
    let points = [(100.0, 1.0), (200.0, 4.0), (400.0, 16.0)];
    let html = growth("bytes", "orders", &[curve(&points)], Some(Class::Linear)).expect("drawn").0;
    assert!(html.contains("original grows as n²: 1 at 100, 4 at 200, 16 at 400"), "{html}");
    assert!(html.contains("Allowed: at most n\"") && html.contains("orders"), "{html}");
    assert!(html.contains("slope 2.00") && html.matches("<circle").count() == 4, "{html}");
}

#[test]
fn percentiles_are_said_and_a_missed_objective_is_marked() {
    let route = |name: &str, requests| lab_results::Distribution {
        name: name.into(),
        requests,
        percentiles_ms: vec![(0.0, 0.0), (0.5, 0.4), (0.99, 140.0), (1.0, 163.0)],
    };
    let html = percentiles("Looking up", &[route("GET", 1_000), route("few", 9)], Some(50.0)).expect("drawn").0;
    assert!(html.contains("GET, 1000 requests: 50% 0.40 ms, 99% 140 ms, longest 163 ms"), "{html}");
    assert!(html.contains("p99 140 ms !") && html.contains("SLO: p99 ≤ 50 ms") && !html.contains("few"), "{html}");
    assert!(html.contains("99.9%") && !html.contains("99.99%"), "{html}");
    assert!(percentiles("x", &[route("few", 9)], None).is_none());
    assert!(percentiles("x", &[route("odd", 10)], Some(f64::NAN)).is_some());
}

#[test]
fn words_from_elsewhere_are_escaped() {
    let evil = "<script>\u{0}\n\"&";
    let ratio = Ratio {
        name: evil.into(),
        ratio: Interval { median: 2.0, low: 1.9, high: 2.1, samples: 9 },
        finding: Finding::Faster,
        margin: Some(0.5),
        clock: "wall".into(),
        size: None,
        size_unit: String::new(),
        unit: "us".into(),
        medians: [2.0, 1.0],
        workers: 1,
        preempted: None,
    };
    let drawn =
        [bars(evil, evil, &[bar(evil, 1.0)], None, 0.0), growth(evil, evil, &[curve(&[(1.0, 1.0), (2.0, 2.0)])], None)];
    for html in drawn.into_iter().chain([ratios(evil, &[ratio])]).map(|html| html.expect("drawn").0) {
        assert!(!html.contains("<script") && html.contains("&lt;script"), "{html}");
    }
}

#[test]
fn attempts_at_one_moment_and_the_last_second_of_time_are_drawn() {
    let attempt = |at, outcome, hints_used| Attempt {
        at,
        seed: 7,
        database: None,
        outcome,
        reason: String::new(),
        missed: Vec::new(),
        hints_used,
        seconds: 1.0,
    };
    let attempts = [attempt(5, Outcome::NotYet, 1), attempt(5, Outcome::Solved, 2), attempt(5, Outcome::Invalid, 2)];
    let html = timeline("Attempts", &attempts).expect("drawn").0;
    assert!(html.contains("SOLVED with 2 hints") && html.contains("hint 1, 2"), "{html}");
    assert!(timeline("Attempts", &[attempt(0, Outcome::NotYet, 0), attempt(u64::MAX, Outcome::Solved, 0)]).is_some());
}

#[test]
fn marks_are_few_and_inside() {
    assert_eq!(log_marks(3.0, 30.0), [5.0, 10.0, 20.0]);
    assert_eq!(log_marks(1.0, 2_000.0), [1.0, 10.0, 100.0, 1_000.0]);
    assert!(log_marks(1e-9, 1e15).len() <= 8);
    assert_eq!([1_300_226_361.0, 20_000.0, 0.25].map(short), ["1.3G", "20k", "0.25"]);
}
