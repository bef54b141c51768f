//! Which of two is faster, from paired samples: looked at a few times, decided against a margin, or not decided.
//!
//! Samples are natural logarithms of paired time ratios. Their median has an exact interval whatever their distribution
//! ([`median_interval`]), so that heavy tails, two modes and an outlier of any size are all the same to it. Looking again after
//! more samples would spend the error rate more than once; it is split over the looks in equal parts (Bonferroni; Armitage,
//! McPherson and Rowe, "Repeated significance tests on accumulating data", 1969, say what happens otherwise).

use serde::{Deserialize, Serialize};

use crate::stats::{Interval, median, median_interval, range};

/// What can be said of the second of a ratio `first / second`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// The whole interval lies above the margin: the second takes less time.
    Faster,
    /// The whole interval lies within the margin: no difference that anyone would care for.
    Same,
    /// The whole interval lies below the margin: the second takes more time.
    Slower,
    /// The interval reaches over an edge of the margin: this machine, now, cannot tell.
    Inconclusive,
}

impl Finding {
    /// The word that people see.
    pub fn as_str(self) -> &'static str {
        match self {
            Finding::Faster => "faster",
            Finding::Same => "same",
            Finding::Slower => "slower",
            Finding::Inconclusive => "inconclusive",
        }
    }
}

/// How to decide.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// Probability that any of the looks is wrong about the median.
    pub alpha: f64,
    /// After how many workers the samples are looked at, in rising order.
    pub looks: &'static [usize],
    /// Ratios between `1 / (1 + margin)` and `1 + margin` are the same for every practical purpose. Identical code differs by its
    /// place in memory, and a tight interval alone would call that a difference.
    pub margin: f64,
}

impl Rule {
    /// The interval of one look at all samples so far; `None` for too few.
    pub fn interval(&self, log_ratios: &[f64]) -> Option<Interval> {
        median_interval(log_ratios, self.alpha / self.looks.len() as f64)
    }

    /// What an interval of the logarithm says under this rule's margin.
    pub fn finding_of(&self, interval: Option<Interval>) -> Finding {
        let margin = self.margin.ln_1p();
        match interval {
            Some(interval) if interval.low > margin => Finding::Faster,
            Some(interval) if interval.high < -margin => Finding::Slower,
            Some(interval) if interval.within(margin) => Finding::Same,
            _ => Finding::Inconclusive,
        }
    }

    /// What one look at the samples of several workers says. Everything but [`Finding::Inconclusive`] ends the looking.
    ///
    /// Samples of one process share where its code and data lie and what its branch predictor has learned; a process can be off by
    /// some percent in all of its samples, and no number of them shows it. So a difference must also show in the workers'
    /// own medians: in their interval, or in all of them where they are too few to have one.
    pub fn finding(&self, workers: &[Vec<f64>]) -> Finding {
        let finding = self.finding_of(self.interval(&workers.concat()));
        if !matches!(finding, Finding::Faster | Finding::Slower) {
            return finding;
        }
        let medians: Vec<f64> = workers.iter().filter_map(|samples| median(samples)).collect();
        let between = self.interval(&medians).or_else(|| range(&medians));
        if self.finding_of(between) == finding { finding } else { Finding::Inconclusive }
    }

    /// Takes worker after worker from `samples` until a look decides or all looks are used: the samples of each worker. A `None`
    /// from `samples` (out of time) ends it with one last look, which is one of the planned ones taken early: the error rate
    /// holds.
    ///
    /// # Errors
    ///
    /// What `samples` fails with.
    pub fn decide<E>(
        &self,
        mut samples: impl FnMut(usize) -> Result<Option<Vec<f64>>, E>,
    ) -> Result<(Finding, Vec<Vec<f64>>), E> {
        let mut workers = Vec::new();
        for &look in self.looks {
            while workers.len() < look {
                match samples(workers.len())? {
                    None => return Ok((self.finding(&workers), workers)),
                    Some(more) => workers.push(more),
                }
            }
            let finding = self.finding(&workers);
            if finding != Finding::Inconclusive {
                return Ok((finding, workers));
            }
        }
        Ok((Finding::Inconclusive, workers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::tests::uniform;

    const RULE: Rule = Rule { alpha: 0.01, looks: &[4, 8, 16, 32], margin: 0.02 };

    /// Samples of a worker: `centre` plus noise drawn by `noise` from a uniform number.
    fn decided(seed: u64, centre: f64, noise: impl Fn(f64) -> f64) -> Finding {
        let worker = |worker: usize| {
            let samples = uniform(seed * 1_000 + worker as u64, 200).into_iter().map(|u| centre + noise(u)).collect();
            Ok::<_, ()>(Some(samples))
        };
        RULE.decide(worker).expect("these workers do not fail").0
    }

    /// A look at the samples of one worker.
    fn one(samples: &[f64]) -> Finding {
        RULE.finding(&[samples.to_vec()])
    }

    /// A number in 0..1 that has nothing to do with its neighbour's: the last step of SplitMix64.
    fn mixed(seed: u64) -> f64 {
        let mut z = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// No mean, no variance: what a preempted sample does, both ways.
    fn cauchy(u: f64) -> f64 {
        0.01 * (std::f64::consts::PI * (u - 0.5)).tan()
    }

    #[test]
    fn finds_what_was_planted_whatever_the_tails() {
        for seed in 0..40 {
            assert_eq!(decided(seed, 0.0, cauchy), Finding::Same);
            assert_eq!(decided(seed, 0.05, cauchy), Finding::Faster);
            assert_eq!(decided(seed, -0.05, cauchy), Finding::Slower);
        }
    }

    #[test]
    fn two_modes_of_equal_weight_have_no_median_to_speak_of() {
        // Half of the samples 10% below, half 10% above: any value in between is a median.
        let two_modes = |u: f64| if u < 0.5 { -0.1 } else { 0.1 };
        for seed in 0..40 {
            assert_eq!(decided(seed, 0.0, two_modes), Finding::Inconclusive);
        }
    }

    #[test]
    fn ties_are_no_obstacle() {
        assert_eq!(one(&[0.0; 100]), Finding::Same);
        assert_eq!(one(&[0.5; 100]), Finding::Faster);
        // On the margin itself nothing is beyond it and nothing is within it.
        assert_eq!(one(&[0.02_f64.ln_1p(); 100]), Finding::Inconclusive);
    }

    #[test]
    fn a_drift_of_the_machine_cancels_in_the_pairs() {
        // The clock rate falls by half over the run, and each of a pair is a little later than the other by turns.
        let time = |moment: usize, work: f64| work * (1.0 + moment as f64 / 2_000.0);
        let pairs = |slower: f64| -> Vec<f64> {
            (0..1_000)
                .map(|i| {
                    let (first, second) = if i % 2 == 0 { (2 * i, 2 * i + 1) } else { (2 * i + 1, 2 * i) };
                    (time(first, 1.0) / time(second, slower)).ln()
                })
                .collect()
        };
        assert_eq!(one(&pairs(1.0)), Finding::Same);
        assert_eq!(one(&pairs(1.05)), Finding::Slower);
    }

    #[test]
    fn a_ratio_that_drifts_itself_is_judged_by_its_median() {
        let from_1_00_to_1_20: Vec<f64> = (0..1_000).map(|i| 0.2 * f64::from(i) / 1_000.0).collect();
        assert_eq!(one(&from_1_00_to_1_20), Finding::Faster);
        let so_few_that_it_could_be_either = [-0.1, -0.06, -0.02, 0.02, 0.06, 0.1, 0.12, 0.14, 0.16, 0.18];
        assert_eq!(one(&so_few_that_it_could_be_either), Finding::Inconclusive);
    }

    #[test]
    fn nothing_to_go_by_is_inconclusive() {
        for samples in [&[][..], &[0.1], &[0.5; 5], &[f64::NAN; 500], &[f64::INFINITY; 500]] {
            assert_eq!(one(samples), Finding::Inconclusive, "{samples:?}");
        }
        // A zero time makes a ratio of 0 or infinity; those samples do not count, the others do.
        let mut samples = vec![0.0_f64.ln(), (1.0_f64 / 0.0).ln(), f64::NAN];
        samples.extend([0.3; 50]);
        assert_eq!(one(&samples), Finding::Faster);
    }

    #[test]
    fn identical_work_is_called_different_less_often_than_alpha() {
        // Noise as wide as the margin allows to decide: symmetric, heavy, and nothing planted.
        let wrong = (0..400)
            .filter(|&seed| matches!(decided(seed, 0.0, |u| 20.0 * cauchy(u)), Finding::Faster | Finding::Slower));
        assert_eq!(wrong.count(), 0);
    }

    #[test]
    fn workers_that_are_each_off_by_some_percent_do_not_make_a_difference() {
        let offset_by = |worker: usize, seed: u64, centre: f64| {
            let off = 0.08 * (mixed(1_000 * seed + worker as u64) - 0.5);
            uniform(seed + worker as u64, 200).into_iter().map(|u| centre + off + 0.002 * (u - 0.5)).collect::<Vec<_>>()
        };
        let decided = |seed, centre| {
            RULE.decide(|worker| Ok::<_, ()>(Some(offset_by(worker, seed, centre)))).expect("does not fail").0
        };
        let pooled_alone = (0..200).filter(|&seed| {
            let four: Vec<f64> = (0..4).flat_map(|worker| offset_by(worker, seed, 0.0)).collect();
            matches!(RULE.finding_of(RULE.interval(&four)), Finding::Faster | Finding::Slower)
        });
        let wrong = (0..200).filter(|&seed| matches!(decided(seed, 0.0), Finding::Faster | Finding::Slower)).count();
        let pooled_alone = pooled_alone.count();
        assert!(wrong <= 2 && pooled_alone >= 2 * wrong + 2, "{wrong} wrong, {pooled_alone} by the samples alone");
        assert!((0..200).all(|seed| decided(seed, 0.1) == Finding::Faster));
    }

    #[test]
    fn stops_at_the_first_look_that_decides_and_when_time_is_up() {
        let easy = RULE.decide(|_| Ok::<_, ()>(Some(vec![0.4; 50]))).expect("does not fail");
        assert_eq!((easy.0, easy.1.len()), (Finding::Faster, 4));
        let hard = RULE.decide(|_| Ok::<_, ()>(Some(vec![-1.0, 1.0]))).expect("does not fail");
        assert_eq!((hard.0, hard.1.len()), (Finding::Inconclusive, 32));
        let late = RULE.decide(|worker| Ok::<_, ()>((worker < 3).then(|| vec![0.4; 50]))).expect("does not fail");
        assert_eq!((late.0, late.1.len()), (Finding::Faster, 3));
        assert_eq!(RULE.decide(|_| Err::<Option<Vec<f64>>, _>("crashed")), Err("crashed"));
    }
}
