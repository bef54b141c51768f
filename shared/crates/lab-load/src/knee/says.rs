//! A search's result as a sentence.

use super::{KEPT_UP_SHARE, Knee, Limits, Outcome, Phase, Tried, Verdict};

/// The whole result: what was found, how sure it is, what to do where it is none.
pub(super) fn sentence(knee: &Knee, limits: &Limits) -> String {
    let steps = knee.tried.len();
    match knee.outcome {
        Outcome::Found => format!("The knee is at {}.{}", bracket(knee), wide(knee, limits)),
        Outcome::Unconfirmed => {
            format!(
                "No knee to believe, the repeats contradict the search: {}. Use longer steps or a quieter machine.",
                bracket(knee)
            )
        }
        Outcome::NeverKept => format!("The service never kept its objectives: {}. Start lower.", bracket(knee)),
        Outcome::KeptToMaximum => {
            format!("No knee up to the maximum: {}. Raise the maximum rate to find it.", bracket(knee))
        }
        Outcome::GeneratorAtItsEnd => {
            let last = knee.tried.last();
            let rate = last.map_or(limits.start_per_s, |tried| tried.rate_per_s);
            let why = last.map(because).unwrap_or_default();
            format!(
                "The generator, not the service, is at its end: twice it could not drive {}{why}. {}",
                per_s(rate),
                so_far(knee)
            )
        }
        Outcome::OutOfSteps => {
            format!("No knee confirmed: all {steps} steps that were allowed are used up. {} Allow more.", so_far(knee))
        }
        Outcome::Stopped => format!("The search was stopped after {steps} steps. {}", so_far(knee)),
    }
}

/// A rate to three figures or whole numbers, as precise as a knee can be.
pub(crate) fn per_s(rate: f64) -> String {
    let decimals = if rate >= 100.0 {
        0
    } else if rate >= 10.0 {
        1
    } else {
        2
    };
    format!("{rate:.decimals$}/s")
}

/// Both sides of the edge with their repeats, as far as they exist.
fn bracket(knee: &Knee) -> String {
    let kept = knee.kept_per_s.map(|rate| {
        let (kept, all) = repeats(&knee.tried, rate);
        format!("{}, kept in {kept} of {all} repeats", per_s(rate))
    });
    let broken = knee.broken_per_s.map(|rate| {
        let (kept, all) = repeats(&knee.tried, rate);
        let at_rate = |tried: &&Tried| tried.rate_per_s == rate && tried.verdict == Verdict::Broken;
        let why = knee.tried.iter().rfind(at_rate).map(because).unwrap_or_default();
        format!("not kept at {}{why} in {} of {all} repeats", per_s(rate), all - kept)
    });
    kept.into_iter().chain(broken).collect::<Vec<_>>().join("; ")
}

fn so_far(knee: &Knee) -> String {
    match (knee.kept_per_s, knee.broken_per_s) {
        (None, None) => "Nothing is known about the service.".into(),
        (Some(kept), None) => format!("Until then it kept its objectives, up to {}.", per_s(kept)),
        (None, Some(broken)) => format!("Until then it did not keep its objectives, even at {}.", per_s(broken)),
        (Some(kept), Some(broken)) => {
            format!("Until then it kept its objectives at {} and not at {}.", per_s(kept), per_s(broken))
        }
    }
}

fn wide(knee: &Knee, limits: &Limits) -> String {
    match (knee.kept_per_s, knee.broken_per_s) {
        (Some(kept), Some(broken)) if broken > kept * (1.0 + limits.resolution) => format!(
            " These are further apart than the {:.0} % asked for, because {} steps were allowed.",
            100.0 * limits.resolution,
            limits.max_steps
        ),
        _ => String::new(),
    }
}

/// ` (why)`: the caller's words, or ours where only the throughput fell behind.
fn because(tried: &Tried) -> String {
    let step = &tried.step;
    if tried.verdict == Verdict::Broken && step.kept {
        let fell_behind = per_s(step.answered_per_s);
        let offered = per_s(step.offered_per_s);
        return format!(" ({fell_behind} answered of {offered}, less than {:.0} %)", 100.0 * KEPT_UP_SHARE);
    }
    if step.why.is_empty() { String::new() } else { format!(" ({})", step.why) }
}

/// Kept and all steps among the valid repeats at a rate.
pub(super) fn repeats(tried: &[Tried], rate_per_s: f64) -> (usize, usize) {
    let at_rate = |tried: &&Tried| tried.phase == Phase::Repeat && tried.rate_per_s == rate_per_s;
    let valid = tried.iter().filter(at_rate).filter(|tried| tried.verdict != Verdict::Discarded);
    (valid.clone().filter(|tried| tried.verdict == Verdict::Kept).count(), valid.count())
}
