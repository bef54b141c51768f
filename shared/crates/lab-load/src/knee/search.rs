//! Which rate to try next, and what to believe in the end.

use super::{Knee, Limits, Outcome, Phase, Step, Stopped, Tried, Verdict, limits::REPEATS, says};

/// Searches the knee: a geometric ramp until a step breaks, bisection of the last factor, then three repeats on both sides of
/// the edge. Where their majority contradicts one side, the search goes on beyond it.
///
/// `probe` drives the service at a rate for a window and drains it, so that no step pays for the one before it. A discarded
/// step is tried once more; discarded again, the search ends there.
///
/// # Errors
/// The first error of `probe`, with everything that was measured before it.
pub fn search<E: std::fmt::Display>(
    limits: &Limits,
    probe: impl FnMut(f64) -> Result<Step, E>,
) -> Result<Knee, Stopped<E>> {
    let mut search = Search { limits, probe, kept_per_s: None, broken_per_s: None, tried: Vec::new() };
    let end = search.run();
    let mut knee = Knee {
        outcome: Outcome::Stopped,
        knee_per_s: None,
        kept_per_s: search.kept_per_s,
        broken_per_s: search.broken_per_s,
        tried: search.tried,
        says: String::new(),
    };
    let (outcome, error) = match end {
        Ok(()) => (judge(&knee), None),
        Err(Halt::Generator) => (Outcome::GeneratorAtItsEnd, None),
        Err(Halt::OutOfSteps) => (Outcome::OutOfSteps, None),
        Err(Halt::Probe(error)) => (Outcome::Stopped, Some(error)),
    };
    knee.outcome = outcome;
    knee.knee_per_s = knee.kept_per_s.filter(|_| outcome == Outcome::Found);
    knee.says = says::sentence(&knee, limits);
    match error {
        None => Ok(knee),
        Some(error) => Err(Stopped { knee: Box::new(knee), error }),
    }
}

/// Why a search ended before its repeats were complete.
enum Halt<E> {
    Generator,
    OutOfSteps,
    Probe(E),
}

struct Search<'a, P> {
    limits: &'a Limits,
    probe: P,
    kept_per_s: Option<f64>,
    broken_per_s: Option<f64>,
    tried: Vec<Tried>,
}

impl<E, P: FnMut(f64) -> Result<Step, E>> Search<'_, P> {
    fn run(&mut self) -> Result<(), Halt<E>> {
        loop {
            self.ramp()?;
            self.bisect()?;
            self.repeat()?;
            if !self.shift() {
                return Ok(());
            }
        }
    }

    /// From the start, or on from what is kept, for as long as nothing is broken.
    fn ramp(&mut self) -> Result<(), Halt<E>> {
        while self.broken_per_s.is_none() && self.kept_per_s != Some(self.limits.max_per_s) {
            let next = self.kept_per_s.map_or(self.limits.start_per_s, |kept| kept * self.limits.factor);
            self.narrow(Phase::Ramp, next.min(self.limits.max_per_s))?;
        }
        Ok(())
    }

    fn bisect(&mut self) -> Result<(), Halt<E>> {
        while let (Some(kept), Some(broken)) = (self.kept_per_s, self.broken_per_s) {
            // A wide bracket that the repeats confirm is worth more than a narrow one that nothing confirms.
            let enough_steps = self.tried.len() + 2 * REPEATS < self.limits.max_steps;
            if broken <= kept * (1.0 + self.limits.resolution) || !enough_steps {
                break;
            }
            self.narrow(Phase::Bisection, (kept * broken).sqrt())?;
        }
        Ok(())
    }

    /// In turns, so that a machine that slows down over time disturbs both sides alike.
    fn repeat(&mut self) -> Result<(), Halt<E>> {
        for round in 1..=REPEATS {
            for rate in [self.kept_per_s, self.broken_per_s].into_iter().flatten() {
                if says::repeats(&self.tried, rate).1 < round {
                    self.measure(Phase::Repeat, rate)?;
                }
            }
        }
        Ok(())
    }

    /// Where the repeats outvote one side of the edge, that side was an accident and the edge is beyond it. False where they
    /// agree with both, and where they contradict both, so that there is nothing to hold on to.
    fn shift(&mut self) -> bool {
        let once = |verdict| {
            let tried = self.tried.iter().filter(move |tried| tried.phase != Phase::Repeat && tried.verdict == verdict);
            tried.map(|tried| tried.rate_per_s)
        };
        let (kept, broken) = (self.kept_per_s, self.broken_per_s);
        (self.kept_per_s, self.broken_per_s) = match agreement(&self.tried, kept, broken) {
            (false, true) => (once(Verdict::Kept).filter(|rate| Some(*rate) < kept).max_by(f64::total_cmp), kept),
            (true, false) => (broken, once(Verdict::Broken).filter(|rate| Some(*rate) > broken).min_by(f64::total_cmp)),
            (true, true) | (false, false) => return false,
        };
        true
    }

    /// Measures a rate inside the bracket, which ends there from now on.
    fn narrow(&mut self, phase: Phase, rate: f64) -> Result<bool, Halt<E>> {
        let kept = self.measure(phase, rate)?;
        *(if kept { &mut self.kept_per_s } else { &mut self.broken_per_s }) = Some(rate);
        Ok(kept)
    }

    /// Whether the rate was kept, by its first step that the generator could drive.
    fn measure(&mut self, phase: Phase, rate: f64) -> Result<bool, Halt<E>> {
        for _attempt in 0..2 {
            if self.tried.len() >= self.limits.max_steps {
                return Err(Halt::OutOfSteps);
            }
            let step = (self.probe)(rate).map_err(Halt::Probe)?;
            let verdict = Verdict::of(&step);
            self.tried.push(Tried { phase, rate_per_s: rate, verdict, step });
            if verdict != Verdict::Discarded {
                return Ok(verdict == Verdict::Kept);
            }
        }
        Err(Halt::Generator)
    }
}

/// The outcome of a search with all its repeats.
fn judge(knee: &Knee) -> Outcome {
    match (knee.kept_per_s, knee.broken_per_s) {
        (kept, broken) if agreement(&knee.tried, kept, broken) != (true, true) => Outcome::Unconfirmed,
        (Some(_), Some(_)) => Outcome::Found,
        (Some(_), None) => Outcome::KeptToMaximum,
        (None, _) => Outcome::NeverKept,
    }
}

/// Whether the majority of the repeats agrees with either side of the edge.
fn agreement(tried: &[Tried], kept_per_s: Option<f64>, broken_per_s: Option<f64>) -> (bool, bool) {
    let majority_kept = |rate| {
        let (kept, all) = says::repeats(tried, rate);
        2 * kept > all
    };
    (kept_per_s.is_none_or(majority_kept), !broken_per_s.is_some_and(majority_kept))
}
