use std::convert::Infallible;

use lab_load::knee::{BadLimits, Knee, Limits, Outcome, Phase, Step, Verdict, search};
use orderflow::random::SplitMix64;

use crate::services::{discarded, normal, quota, single_queue, single_queue_knee, threshold};

fn limits() -> Limits {
    Limits::new(100.0, 10_000.0).expect("sane")
}

fn found(limits: &Limits, mut service: impl FnMut(f64) -> Step) -> Knee {
    search(limits, |rate| Ok::<_, Infallible>(service(rate))).unwrap_or_else(|stopped| match stopped.error {})
}

fn rates(knee: &Knee, phase: Phase) -> Vec<f64> {
    knee.tried.iter().filter(|tried| tried.phase == phase).map(|tried| tried.rate_per_s).collect()
}

#[test]
fn ramps_bisects_and_repeats_in_that_order() {
    let knee = found(&limits(), threshold(200.0));
    assert_eq!(rates(&knee, Phase::Ramp), [100.0, 150.0, 225.0]);
    let first = (150.0f64 * 225.0).sqrt();
    let second = (first * 225.0).sqrt();
    let third = (first * second).sqrt();
    let fourth = (third * second).sqrt();
    assert_eq!(rates(&knee, Phase::Bisection), [first, second, third, fourth]);
    assert!(fourth < 200.0 && second > 200.0, "the bracket ends around the knee");
    assert_eq!(rates(&knee, Phase::Repeat), [fourth, second].repeat(3));
    assert_eq!((knee.outcome, knee.knee_per_s), (Outcome::Found, Some(fourth)));
    assert_eq!((knee.kept_per_s, knee.broken_per_s), (Some(fourth), Some(second)));
    assert_eq!(
        knee.says,
        "The knee is at 198/s, kept in 3 of 3 repeats; not kept at 203/s (p99 200 ms, objective 100 ms) in 3 of 3 repeats."
    );
}

#[test]
fn brackets_every_knee_to_the_resolution() {
    for knee_per_s in (101..9_999).step_by(37).map(f64::from) {
        for (factor, resolution) in [(1.1, 0.01), (1.5, 0.05), (2.0, 0.2), (10.0, 0.03)] {
            let limits = limits().with_factor(factor).and_then(|limits| limits.with_resolution(resolution));
            let limits = limits.and_then(|limits| limits.with_max_steps(100)).expect("sane");
            let knee = found(&limits, threshold(knee_per_s));
            let (kept, broken) = (knee.kept_per_s.expect("kept"), knee.broken_per_s.expect("broken"));
            assert_eq!(knee.outcome, Outcome::Found);
            assert!(kept <= knee_per_s && knee_per_s < broken, "{kept} {knee_per_s} {broken}");
            assert!(broken <= kept * (1.0 + resolution));
        }
    }
}

#[test]
fn finds_the_knee_of_a_single_queue() {
    for (mu, objective_ms) in [(1_000.0, 50.0), (1_000.0, 10.0), (5_000.0, 25.0)] {
        let expected = single_queue_knee(mu, objective_ms);
        let knee = found(&limits(), single_queue(mu, objective_ms));
        assert_eq!(knee.outcome, Outcome::Found);
        let kept = knee.knee_per_s.expect("found");
        assert!(kept <= expected && expected <= kept * 1.05, "{kept} for {expected}");
    }
}

#[test]
fn finds_a_quota_by_its_throughput_though_every_latency_is_fine() {
    let knee = found(&limits(), quota(1_900.0, 5.0));
    // 5 % may go unanswered before a step is broken.
    let kept = knee.knee_per_s.expect("found");
    assert!(kept <= 2_000.0 && 2_000.0 < kept * 1.05, "{kept}");
    assert!(knee.says.contains("1900/s answered of 20") && knee.says.contains("less than 95 %"), "{}", knee.says);
}

#[test]
fn never_kept_is_a_result_and_needs_its_repeats() {
    let knee = found(&limits(), threshold(50.0));
    assert_eq!((knee.outcome, knee.knee_per_s, knee.tried.len()), (Outcome::NeverKept, None, 4));
    assert!(knee.says.contains("never kept its objectives: not kept at 100/s (p99 200 ms"), "{}", knee.says);
}

#[test]
fn kept_up_to_the_maximum_is_a_result_and_never_goes_beyond_it() {
    let knee = found(&limits(), threshold(1e9));
    assert_eq!((knee.outcome, knee.knee_per_s, knee.kept_per_s), (Outcome::KeptToMaximum, None, Some(10_000.0)));
    assert!(knee.tried.iter().all(|tried| tried.rate_per_s <= 10_000.0));
    assert_eq!(rates(&knee, Phase::Repeat), [10_000.0; 3]);
    assert!(knee.says.contains("Raise the maximum rate"), "{}", knee.says);

    let one = found(&Limits::new(70.0, 70.0).expect("sane"), threshold(1e9));
    assert_eq!((one.outcome, one.tried.len()), (Outcome::KeptToMaximum, 4));
}

#[test]
fn a_generator_that_gives_up_ends_the_search_and_is_named() {
    let knee = found(&limits(), |rate| if rate > 400.0 { discarded(rate) } else { threshold(1e9)(rate) });
    assert_eq!((knee.outcome, knee.knee_per_s, knee.kept_per_s), (Outcome::GeneratorAtItsEnd, None, Some(337.5)));
    let end: Vec<_> = knee.tried.iter().rev().take(2).map(|tried| (tried.rate_per_s, tried.verdict)).collect();
    assert_eq!(end, [(506.25, Verdict::Discarded); 2]);
    assert_eq!(
        knee.says,
        "The generator, not the service, is at its end: twice it could not drive 506/s (lag p99 8 ms). Until then it kept \
         its objectives, up to 338/s."
    );
    assert_eq!(knee.points().len(), 4, "discarded steps are no points");
}

#[test]
fn a_step_that_was_discarded_once_is_tried_again_and_changes_nothing() {
    let calm = found(&limits(), threshold(2_000.0));
    let mut calls = 0;
    let disturbed = found(&limits(), |rate| {
        calls += 1;
        if calls % 2 == 1 { discarded(rate) } else { threshold(2_000.0)(rate) }
    });
    assert_eq!((disturbed.outcome, disturbed.knee_per_s), (Outcome::Found, calm.knee_per_s));
    assert_eq!(disturbed.tried.len(), 2 * calm.tried.len());
}

#[test]
fn the_steps_are_bounded() {
    let eight = limits().with_max_steps(8).expect("sane");
    let knee = found(&eight, threshold(5_000.0));
    assert_eq!(
        (knee.outcome, knee.tried.len(), knee.kept_per_s),
        (Outcome::OutOfSteps, 8, Some(100.0 * 1.5f64.powi(7)))
    );
    assert!(knee.says.contains("all 8 steps"), "{}", knee.says);

    // The repeats come before the resolution.
    let twelve = limits().with_max_steps(12).expect("sane");
    let wide = found(&twelve, threshold(400.0));
    assert_eq!((wide.outcome, wide.tried.len()), (Outcome::Found, 12));
    assert!(wide.says.contains("further apart than the 5 % asked for"), "{}", wide.says);
}

#[test]
fn one_accident_on_the_way_is_not_a_knee_and_the_search_goes_on() {
    let calm = found(&limits(), threshold(3_000.0));
    // A cold first step; a pause in the ramp; in the bisection, a rate kept by luck and one broken by accident.
    let search_steps = calm.tried.iter().filter(|tried| tried.phase != Phase::Repeat).count();
    for accident in 1..=search_steps {
        let mut calls = 0;
        let knee = found(&limits(), |rate| {
            calls += 1;
            let kept = (rate <= 3_000.0) != (calls == accident);
            threshold(if kept { f64::INFINITY } else { 0.0 })(rate)
        });
        let (kept, broken) = (knee.kept_per_s.expect("kept"), knee.broken_per_s.expect("broken"));
        assert_eq!(knee.outcome, Outcome::Found, "call {accident}: {}", knee.says);
        assert!(kept <= 3_000.0 && 3_000.0 < broken && broken <= 1.05 * kept, "call {accident}: {}", knee.says);
    }
}

#[test]
fn repeats_that_contradict_both_sides_are_said_and_nothing_is_believed() {
    let calm = found(&limits(), threshold(2_000.0));
    let mut calls = 0;
    let knee = found(&limits(), |rate| {
        calls += 1;
        let kept = (rate <= 2_000.0) == (calls <= calm.tried.len() - 6);
        threshold(if kept { f64::INFINITY } else { 0.0 })(rate)
    });
    assert_eq!((knee.outcome, knee.knee_per_s, knee.kept_per_s), (Outcome::Unconfirmed, None, calm.kept_per_s));
    assert!(knee.says.starts_with("No knee to believe, the repeats contradict the search: "), "{}", knee.says);
    assert!(knee.says.contains("kept in 0 of 3 repeats"), "{}", knee.says);
}

#[test]
fn one_accident_among_the_repeats_is_outvoted() {
    let calm = found(&limits(), threshold(2_000.0));
    for accident in calm.tried.len() - 5..=calm.tried.len() {
        let mut calls = 0;
        let knee = found(&limits(), |rate| {
            calls += 1;
            // Kept where it should break, broken where it should be kept.
            let kept = (rate <= 2_000.0) != (calls == accident);
            threshold(if kept { f64::INFINITY } else { 0.0 })(rate)
        });
        assert_eq!((knee.outcome, knee.knee_per_s), (Outcome::Found, calm.knee_per_s), "call {accident}");
        assert!(knee.says.contains("2 of 3 repeats"), "{}", knee.says);
    }
}

#[test]
fn noise_moves_a_believed_knee_by_little_or_it_is_not_believed() {
    let (mut believed, mut worst) = (0, 0.0f64);
    for seed in 0..300 {
        let mut random = SplitMix64::new(seed);
        // The service's capacity wanders by 2 % from step to step.
        let knee = found(&limits(), |rate| threshold(2_000.0 * (1.0 + 0.02 * normal(&mut random)))(rate));
        if let Some(per_s) = knee.knee_per_s {
            believed += 1;
            worst = worst.max((per_s / 2_000.0 - 1.0).abs());
        } else {
            assert!(matches!(knee.outcome, Outcome::Unconfirmed | Outcome::OutOfSteps), "{}", knee.says);
        }
    }
    assert!(believed >= 270, "only {believed} of 300");
    assert!(worst <= 0.05, "{worst}");
}

#[test]
fn an_error_keeps_what_was_measured_before_it() {
    let stopped = search(&limits(), |rate| if rate > 200.0 { Err("interrupted") } else { Ok(threshold(1e9)(rate)) });
    let stopped = stopped.expect_err("the probe failed");
    assert_eq!((stopped.error, stopped.knee.outcome, stopped.knee.tried.len()), ("interrupted", Outcome::Stopped, 2));
    assert_eq!(stopped.knee.kept_per_s, Some(150.0));
    assert_eq!(stopped.to_string(), "the search for the knee stopped after 2 steps: interrupted");
    assert!(stopped.knee.says.contains("up to 150/s"), "{}", stopped.knee.says);
}

#[test]
fn a_step_without_figures_is_never_kept() {
    for (offered, answered) in [(100.0, f64::NAN), (f64::NAN, 100.0), (0.0, 0.0), (100.0, 0.0)] {
        let knee =
            found(&limits(), |rate| Step { offered_per_s: offered, answered_per_s: answered, ..threshold(1e9)(rate) });
        assert_eq!(knee.outcome, Outcome::NeverKept);
    }
}

#[test]
fn limits_that_cannot_be_kept_to_are_refused_with_what_to_do() {
    for (start, max) in [(0.0, 10.0), (-1.0, 10.0), (10.0, 9.0), (f64::NAN, 10.0), (1.0, f64::NAN), (1.0, 1e9)] {
        assert!(matches!(Limits::new(start, max), Err(BadLimits::Rates { .. })), "{start} to {max}");
    }
    assert_eq!(limits().with_factor(1.0), Err(BadLimits::Factor(1.0)));
    assert_eq!(limits().with_resolution(0.0), Err(BadLimits::Resolution(0.0)));
    assert_eq!(limits().with_max_steps(7), Err(BadLimits::Steps(7)));
    assert!(BadLimits::Steps(7).to_string().contains("at least 8"));
}
