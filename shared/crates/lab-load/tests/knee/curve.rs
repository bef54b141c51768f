use std::convert::Infallible;

use lab_load::{
    curve::svg,
    knee::{Knee, Limits, Step, fit, search},
};
use orderflow::random::SplitMix64;

use crate::services::{discarded, normal, quota, single_queue, threshold};

fn searched(mut service: impl FnMut(f64) -> Step) -> Knee {
    let limits = Limits::new(50.0, 2_000.0).expect("sane");
    search(&limits, |rate| Ok::<_, Infallible>(service(rate))).unwrap_or_else(|stopped| match stopped.error {})
}

fn drawn(title: &str, knee: &Knee, objective_ms: Option<f64>) -> String {
    let svg = svg(title, knee, &fit(&knee.points()), objective_ms);
    // For someone who wants to look: LAB_CURVES=/tmp cargo test ...
    if let Ok(folder) = std::env::var("LAB_CURVES") {
        let name: String = title.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(40).collect();
        std::fs::write(format!("{folder}/{name}.svg"), &svg).expect("write");
    }
    svg
}

#[test]
fn queue() {
    let mut random = SplitMix64::new(3);
    let service = single_queue(1_000.0, 100.0);
    let knee = searched(|rate| {
        let step = service(rate * (1.0 + 0.01 * normal(&mut random)));
        Step { in_flight: step.in_flight * (1.0 + 0.03 * normal(&mut random)), ..step }
    });
    drawn("single queue", &knee, Some(100.0));
    let knee = searched(|rate| if rate > 700.0 { discarded(rate) } else { service(rate) });
    drawn("generator", &knee, Some(100.0));
    drawn(
        "quota <&> \"quoted\" \u{1b}[31m a very long title that goes on and on and on and on and on until it is cut",
        &searched(quota(800.0, 4.0)),
        None,
    );
    drawn("never", &searched(threshold(1.0)), Some(100.0));
    drawn("always", &searched(threshold(1e9)), Some(100.0));
}
