use std::convert::Infallible;

use lab_load::{
    curve::{SIZE, svg},
    knee::{Coefficients, Fit, Knee, Limits, Outcome, Phase, Point, Step, Tried, Verdict, fit, search},
};
use orderflow::random::SplitMix64;
use roxmltree::{Document, Node};

use crate::services::{discarded, normal, quota, single_queue, step, threshold};

fn searched(mut service: impl FnMut(f64) -> Step) -> Knee {
    let limits = Limits::new(50.0, 2_000.0).expect("sane");
    search(&limits, |rate| Ok::<_, Infallible>(service(rate))).unwrap_or_else(|stopped| match stopped.error {})
}

fn noisy_queue() -> Knee {
    let mut random = SplitMix64::new(3);
    let service = single_queue(1_000.0, 100.0);
    searched(move |rate| {
        let step = service(rate * (1.0 + 0.01 * normal(&mut random)));
        Step { in_flight: step.in_flight * (1.0 + 0.03 * normal(&mut random)), ..step }
    })
}

/// Falls again past 30 in flight.
fn collapse() -> Knee {
    let law = Coefficients { sigma: 0.02, kappa: 0.001, lambda: 40.0 };
    searched(|rate| {
        // The lowest concurrency with that throughput, or, past the maximum, one that grows with what waits.
        let steady = (1..=310).map(|tenth| f64::from(tenth) / 10.0).find(|n| law.throughput_per_s(*n) >= rate);
        let n = steady.unwrap_or(rate * rate / 5_000.0);
        let answered = law.throughput_per_s(n).min(rate);
        step(rate, answered, n / answered, 2e3 * n / answered, 200.0)
    })
}

fn drawn(title: &str, knee: &Knee, objective_ms: Option<f64>) -> String {
    svg(title, knee, &fit(&knee.points()), objective_ms)
}

fn texts(document: &Document<'_>) -> Vec<String> {
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    texts.map(|node| node.text().unwrap_or_default().trim().to_string()).collect()
}

fn number(node: &Node<'_, '_>, attribute: &str) -> f64 {
    node.attribute(attribute).and_then(|value| value.parse().ok()).expect("a number")
}

/// Centres of the circles that are filled or hollow, the legend's among them.
fn circles(document: &Document<'_>, hollow: bool) -> Vec<(f64, f64)> {
    let circles = document.descendants().filter(|node| node.has_tag_name("circle"));
    let wanted = circles.filter(|node| (node.attribute("fill") == Some("none")) == hollow);
    wanted.map(|node| (number(&node, "cx"), number(&node, "cy"))).collect()
}

#[test]
fn stands_alone_with_a_background_and_what_it_shows_in_words() {
    let svg = drawn("quote service", &noisy_queue(), Some(100.0));
    let document = Document::parse(&svg).expect("well-formed");
    let root = document.root_element();
    assert_eq!(root.attribute("viewBox"), Some("0 0 800 500"));
    let background = root.first_element_child().expect("a background");
    assert_eq!((number(&background, "width"), number(&background, "height")), (f64::from(SIZE.0), f64::from(SIZE.1)));
    assert!(background.attribute("fill").is_some_and(|fill| fill.starts_with('#')));
    let texts = texts(&document);
    for expected in
        ["quote service", "answered / s", "offered / s", "p99 in ms", "objective 100 ms", "objectives kept", "not kept"]
    {
        assert!(texts.iter().any(|text| text == expected), "{expected} in {texts:?}");
    }
    for beginning in ["Knee found, kept at 9", "knee 9", "Universal Scalability Law, at most 10"] {
        assert!(texts.iter().any(|text| text.starts_with(beginning)), "{beginning} in {texts:?}");
    }
    assert!(!texts.iter().any(|text| text.contains("discarded")));
}

#[test]
fn draws_every_step_in_both_panels_over_the_same_rate() {
    let knee = noisy_queue();
    let svg = drawn("steps", &knee, Some(100.0));
    let document = Document::parse(&svg).expect("well-formed");
    let kept = knee.tried.iter().filter(|tried| tried.verdict == Verdict::Kept).count();
    let circles = circles(&document, false);
    assert_eq!(circles.len(), 2 * kept + 1, "both panels, and the legend");
    // The upper panel's marks, the legend's, the lower panel's.
    let across = |range: std::ops::Range<usize>| circles[range].iter().map(|(x, _)| *x).collect::<Vec<_>>();
    assert_eq!(across(0..kept), across(kept + 1..circles.len()));
}

#[test]
fn a_step_that_answered_everything_is_on_the_diagonal() {
    let knee = searched(|rate| if rate > 700.0 { discarded(rate) } else { threshold(1e9)(rate) });
    let svg = drawn("diagonal", &knee, None);
    let document = Document::parse(&svg).expect("well-formed");
    let lines = document.descendants().filter_map(|node| node.attribute("points"));
    let ends: Vec<f64> = lines
        .map(|points| points.split([' ', ',']).filter_map(|part| part.parse().ok()).collect())
        .find(|ends: &Vec<f64>| ends.len() == 4 && ends[0] != ends[2] && ends[1] != ends[3])
        .expect("the diagonal is the first line that is neither level nor upright");
    let slope = (ends[3] - ends[1]) / (ends[2] - ends[0]);
    let steps = knee.tried.iter().filter(|tried| tried.verdict == Verdict::Kept).count();
    for (x, y) in circles(&document, false).into_iter().take(steps) {
        assert!((ends[1] + slope * (x - ends[0]) - y).abs() <= 1.5, "{x} {y} beside {ends:?}");
    }
    assert_eq!(circles(&document, true).len(), 2 * 2 + 1, "discarded steps are hollow");
    assert!(texts(&document).iter().any(|text| text == "discarded: generator too late"));
}

#[test]
fn a_title_is_text_and_nothing_else() {
    let title = "</text><script>alert(1)</script> & \"it's\" \u{1b}[31m\0";
    let svg = drawn(title, &searched(quota(800.0, 4.0)), None);
    let document = Document::parse(&svg).expect("well-formed");
    assert!(!document.descendants().any(|node| node.has_tag_name("script")));
    assert_eq!(texts(&document)[0], "</text><script>alert(1)</script> & \"it's\"  [31m");
    let long = drawn(&"é".repeat(500), &searched(quota(800.0, 4.0)), None);
    let document = Document::parse(&long).expect("well-formed");
    assert!(texts(&document)[0].chars().count() <= 80 && texts(&document)[0].ends_with('…'));
}

#[test]
fn the_law_is_drawn_only_where_it_applies() {
    let hard = searched(|rate| {
        let n = if rate < 800.0 { rate / 100.0 } else { rate / 20.0 };
        step(rate, rate.min(800.0), n / rate.min(800.0), 10.0, 100.0)
    });
    let law = fit(&hard.points());
    assert!(!law.applies && law.coefficients.is_some(), "{}", law.says);
    for (knee, drawn_law) in [(&hard, false), (&collapse(), true)] {
        let svg = drawn("law", knee, None);
        assert_eq!(svg.contains("Universal Scalability Law"), drawn_law);
    }
}

#[test]
fn nothing_that_a_search_can_hold_makes_it_panic_or_hang() {
    let mut random = SplitMix64::new(5);
    let special = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, -7.0, 5e-324, 1e-300, 1e300, f64::MAX];
    for round in 0..400 {
        let mut draw = || {
            let usual = 10f64.powf(12.0 * random.unit_f64() - 6.0);
            if random.below(4) == 0 { special[random.below(10) as usize] } else { usual }
        };
        let mut tried = Vec::new();
        for index in 0..round % 20 {
            let verdict = [Verdict::Kept, Verdict::Broken, Verdict::Discarded][index % 3];
            let (p50_ms, p99_ms) = (Some(draw()), Some(draw()).filter(|_| index % 7 != 0));
            let (offered_per_s, answered_per_s, in_flight) = (draw(), draw(), draw());
            let why = String::new();
            let step = Step { offered_per_s, answered_per_s, p50_ms, p99_ms, kept: true, valid: true, in_flight, why };
            tried.push(Tried { phase: Phase::Ramp, rate_per_s: draw(), verdict, step });
        }
        let (kept, broken) = (Some(draw()), Some(draw()).filter(|_| round % 3 != 0));
        let (outcome, says) = (Outcome::Found, String::new());
        let knee = Knee { outcome, knee_per_s: kept, kept_per_s: kept, broken_per_s: broken, tried, says };
        let point = Point { in_flight: draw(), per_s: draw() };
        let law = Coefficients { sigma: draw(), kappa: draw(), lambda: point.per_s };
        let fit = Fit { applies: true, coefficients: Some(law), ..fit(&knee.points()) };
        let svg = svg("garbage", &knee, &fit, Some(draw()));
        Document::parse(&svg).expect("well-formed");
    }
}

/// For someone who wants to look: `LAB_CURVES=/tmp cargo test --release -p lab-load --features program -- --ignored`.
#[test]
#[ignore = "writes pictures for the eye"]
fn pictures() {
    let folder = std::path::PathBuf::from(std::env::var_os("LAB_CURVES").expect("LAB_CURVES names a folder"));
    let service = single_queue(1_000.0, 100.0);
    for (name, knee, objective_ms) in [
        ("queue", noisy_queue(), Some(100.0)),
        ("collapse", collapse(), Some(200.0)),
        ("generator", searched(|rate| if rate > 700.0 { discarded(rate) } else { service(rate) }), Some(100.0)),
        ("quota", searched(quota(800.0, 4.0)), None),
        ("never", searched(threshold(1.0)), Some(100.0)),
        ("always", searched(threshold(1e9)), Some(100.0)),
    ] {
        std::fs::write(folder.join(format!("{name}.svg")), drawn(name, &knee, objective_ms)).expect("writes");
        println!("{name}: {}\n{name}: {}", knee.says, fit(&knee.points()).says);
    }
}

#[test]
fn small_rates_have_short_labels() {
    let limits = Limits::new(0.01, 0.9).expect("sane");
    let service = |rate| step(rate, rate, 0.00002, if rate < 0.31 { 0.04 } else { 0.2 }, 0.1);
    let knee = search(&limits, |rate| Ok::<_, Infallible>(service(rate))).expect("infallible");
    let svg = drawn("small", &knee, Some(0.1));
    let texts = texts(&Document::parse(&svg).expect("well-formed"));
    let long = texts.iter().find(|text| text.parse::<f64>().is_ok() && text.len() > 6);
    assert_eq!(long, None);
}
