//! The frames that tell the story.

use std::collections::{BTreeMap, BTreeSet};

use crate::frames::is_ours;
use crate::stacks::Stacks;

/// How many frames are named, and how many of them at most for what was called rather than for where the samples end.
const TOP: usize = 10;
const TOP_CALLED: usize = 6;
/// Frames below this share of the samples say nothing.
const SMALLEST_SHARE: f64 = 0.02;

/// The ten frames that tell the story, each with the share of samples in which it occurs, the largest first: our functions and what they
/// call directly, and where the samples end. Which frames these are is decided by the samples in which they play that part.
pub fn top(stacks: &Stacks) -> Vec<(String, f64)> {
    let samples = stacks.total();
    let Parts { called, mut ends, occurrences } = Parts::of(stacks);
    let mut top = most(&called, TOP_CALLED, samples);
    ends.retain(|frame, _| !top.contains(frame));
    top.extend(most(&ends, TOP - top.len(), samples));
    let share = |frame: &str| occurrences[frame] as f64 / samples as f64;
    let mut top: Vec<(String, f64)> = top.into_iter().map(|frame| (frame.to_string(), share(frame))).collect();
    top.sort_by(|a, b| b.1.total_cmp(&a.1));
    top
}

/// Samples by frame.
pub(crate) type Counted<'a> = BTreeMap<&'a str, u64>;

/// The samples in which each frame plays a part.
#[derive(Default)]
pub(crate) struct Parts<'a> {
    /// Ours, and what ours call directly.
    pub called: Counted<'a>,
    /// What was running.
    pub ends: Counted<'a>,
    /// All that is anywhere on the stack.
    pub occurrences: Counted<'a>,
}

impl<'a> Parts<'a> {
    pub fn of(stacks: &'a Stacks) -> Parts<'a> {
        let mut parts = Parts::default();
        for (frames, count) in stacks.iter() {
            let of_ours = frames.iter().rposition(|frame| is_ours(frame));
            let callee = of_ours.and_then(|at| frames.get(at + 1));
            // A function that calls itself still occurs once in a sample.
            add(&mut parts.called, frames.iter().filter(|frame| is_ours(frame)).chain(callee).copied(), count);
            add(&mut parts.ends, frames.last().copied(), count);
            add(&mut parts.occurrences, frames.iter().copied(), count);
        }
        parts
    }
}

fn add<'a>(counted: &mut Counted<'a>, frames: impl IntoIterator<Item = &'a str>, count: u64) {
    for frame in BTreeSet::from_iter(frames) {
        *counted.entry(frame).or_default() += count;
    }
}

/// The frames with the most samples, as far as they are worth naming.
pub(crate) fn most<'a>(counted: &Counted<'a>, at_most: usize, samples: u64) -> Vec<&'a str> {
    let mut frames: Vec<_> =
        counted.iter().filter(|&(_, &count)| count as f64 >= SMALLEST_SHARE * samples as f64).collect();
    // Stable, so that equal ones stay in the order of their names.
    frames.sort_by_key(|&(_, &count)| std::cmp::Reverse(count));
    frames.into_iter().take(at_most).map(|(frame, _)| *frame).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn top_names_ours_what_they_call_and_where_samples_end() {
        let stacks = Stacks::parse(
            "lab_01::f;lab_01::f;alloc::fmt::format;core::fmt::write;memcpy 90\n\
             lab_01::f;orderflow::total 7\n\
             lab_01::f;alloc::fmt::format;core::fmt::write;core::fmt::rare 2\n\
             lab_01::f;alloc::fmt::format;core::fmt::write 1\n",
        )
        .expect("folded");
        // `core::fmt::write` is on nearly every stack, but hardly ever what runs.
        let expected = [
            ("lab_01::f", 1.0),
            ("alloc::fmt::format", 0.93),
            ("memcpy", 0.9),
            ("orderflow::total", 0.07),
            ("core::fmt::rare", 0.02),
        ];
        assert_eq!(top(&stacks), expected.map(|(frame, share)| (frame.to_string(), share)));
    }
}
