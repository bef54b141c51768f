//! The frames that changed from one profile to another.

use std::collections::BTreeSet;

use lab_results::FrameChange;

use crate::profiled::Profiled;
use crate::top::{Parts, most};

/// How many frames are named.
const MOST: usize = 10;
/// Fewer samples than this tell nothing about single frames.
const FEWEST_SAMPLES: u64 = 30;
/// Standard errors that a change must exceed: some dozens of frames are looked at, so two would let chance in.
const STANDARD_ERRORS: f64 = 3.0;
/// CPU time of one and the same work differs by about a tenth from run to run, however many samples there are.
const FROM_RUN_TO_RUN: f64 = 0.1;

/// The ten frames that changed most and by more than chance explains, the most changed first: our functions and what they call
/// directly, and where the samples end. By CPU time for one call or request where both profiles know how many there were, because a
/// share also grows when all else shrinks; by share otherwise.
pub fn changed(before: &Profiled, after: &Profiled) -> Vec<FrameChange> {
    let both = [before, after];
    let parts = both.map(|profiled| Parts::of(&profiled.stacks));
    let samples = both.map(|profiled| profiled.stacks.total());
    if samples.iter().any(|&samples| samples < FEWEST_SAMPLES) {
        return Vec::new();
    }
    let per_unit = Profiled::cpu_ms_per_unit(both);
    let mut frames = BTreeSet::new();
    for (parts, samples) in parts.iter().zip(samples) {
        frames.extend([&parts.called, &parts.ends].into_iter().flat_map(|counted| most(counted, usize::MAX, samples)));
    }
    let mut changes: Vec<(f64, FrameChange)> = Vec::new();
    for frame in frames {
        let seen = [0, 1].map(|i| parts[i].occurrences.get(frame).copied().unwrap_or(0));
        let shares = [0, 1].map(|i| seen[i] as f64 / samples[i] as f64);
        // Without units of work a share is compared as it is.
        let scale = per_unit.unwrap_or([1.0, 1.0]);
        let figures = [0, 1].map(|i| shares[i] * scale[i]);
        let by = (figures[1] - figures[0]).abs();
        let errors = [0, 1].map(|i| scale[i] * standard_error(seen[i], samples[i]));
        let machine = if per_unit.is_some() { FROM_RUN_TO_RUN * figures[0].max(figures[1]) } else { 0.0 };
        if by > machine + STANDARD_ERRORS * errors[0].hypot(errors[1]) {
            changes.push((by, FrameChange { frame: frame.into(), shares, cpu_ms: per_unit.map(|_| figures) }));
        }
    }
    changes.sort_by(|a, b| b.0.total_cmp(&a.0));
    changes.into_iter().take(MOST).map(|(_, change)| change).collect()
}

/// Of a share of so many samples. With one imagined sample of each kind, so that never and always are not certain.
fn standard_error(seen: u64, samples: u64) -> f64 {
    let share = (seen + 1) as f64 / (samples + 2) as f64;
    (share * (1.0 - share) / (samples + 2) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Stacks;

    fn profiled(folded: &str, work: u64) -> Profiled {
        Profiled { name: "x".into(), stacks: Stacks::parse(folded).expect("folded"), cpu_ms: 1_000.0, work }
    }

    fn names(changes: &[FrameChange]) -> Vec<&str> {
        changes.iter().map(|change| change.frame.as_str()).collect()
    }

    #[test]
    fn shares_decide_where_nobody_counted_the_work() {
        let before = profiled("lab_01::f;doubles 100\nlab_01::f;vanishes 150\nlab_01::f;stays 150\n", 0);
        let after = profiled("lab_01::f;doubles 200\nlab_01::f;is_new 60\nlab_01::f;stays 140\n", 7);
        let changes = changed(&before, &after);
        // That `stays` lost ten of its samples is within chance, and `f` is in all of them.
        assert_eq!(names(&changes), ["vanishes", "doubles", "is_new"]);
        assert_eq!((changes[0].shares, changes[0].cpu_ms), ([0.375, 0.0], None));
        assert_eq!((changes[1].shares, changes[2].shares), ([0.25, 0.5], [0.0, 0.15]));
    }

    #[test]
    fn a_frame_that_only_gained_share_of_a_smaller_whole_did_not_grow() {
        // A second of CPU each: a hundred calls before, a thousand after.
        let before = profiled("lab_01::f;copies 360\nlab_01::f;useful 40\n", 100);
        let after = profiled("lab_01::f;useful 400\n", 1_000);
        let changes = changed(&before, &after);
        assert_eq!(names(&changes), ["copies", "lab_01::f"], "useful takes a millisecond a call, then as now");
        assert_eq!(changes[0].cpu_ms, Some([9.0, 0.0]));
        assert_eq!((changes[1].shares, changes[1].cpu_ms), ([1.0, 1.0], Some([10.0, 1.0])));
    }

    #[test]
    fn chance_is_no_change() {
        let few = [profiled("lab_01::f;a 29\n", 0), profiled("lab_01::f;b 900\n", 0)];
        assert_eq!(changed(&few[0], &few[1]), []);
        let noisy = [profiled("f;a 210\nf;b 190\n", 100), profiled("f;a 195\nf;b 205\n", 108)];
        assert_eq!(changed(&noisy[0], &noisy[1]), []);
        // No number of samples makes a run steadier than the machine.
        let exact = [profiled("f;a 1000000\n", 100), profiled("f;a 1000000\n", 108)];
        assert_eq!(changed(&exact[0], &exact[1]), []);
    }

    #[test]
    fn what_learners_read_about_the_bar_is_the_bar() {
        use lab_results::names::change_is_named;
        let errors = format!("{STANDARD_ERRORS} standard errors");
        assert!([true, false].iter().all(|has_time| change_is_named(*has_time).contains(&errors)));
        assert!(FROM_RUN_TO_RUN == 0.1 && change_is_named(true).contains("a tenth of"));
    }

    #[test]
    fn ten_at_most_are_named() {
        let folded = |count: u64| {
            (0..40).map(|i| format!("f{i} {}\n", if i % 2 == 0 { count } else { 1_000 - count })).collect::<String>()
        };
        assert_eq!(changed(&profiled(&folded(300), 0), &profiled(&folded(700), 0)).len(), 10);
    }
}
