//! What is verified when: at the start and at every save the counts, then all of it. A new save ends what is under way.

use std::time::Instant;

use lab_results::Outcome;

use super::Plan;
use super::sources::{Change, Sources};
use super::verification::{Ending, News, Phase, Verification};
use super::view::{Doing, View};
use lab_core::verify::fresh_seed;

/// A lab that is being watched.
pub struct Session<'a> {
    /// What is verified.
    pub plan: Plan<'a>,
    /// What is known so far.
    pub view: View,
    sources: Sources,
    /// Whether the sources were found once: what is found at the start was not saved just now.
    has_begun: bool,
    seed: u64,
    under_way: Option<Verification>,
}

impl<'a> Session<'a> {
    /// Nothing runs before the first step.
    pub fn new(plan: Plan<'a>) -> Self {
        let now = Instant::now();
        let (view, sources) = (View::new(plan.lab), Sources::of(plan.lab, now));
        Session { plan, view, sources, has_begun: false, seed: 0, under_way: None }
    }

    /// Looks at the sources and listens to the verification. Returns the phase that ended; what it found is in the view.
    pub fn step(&mut self) -> Option<Phase> {
        let now = Instant::now();
        match self.sources.look(now) {
            Change::None => {}
            Change::Saved => {
                if self.has_begun {
                    self.view.saved(now);
                }
                self.has_begun = true;
                let is_in_two = !self.plan.options.quick && !self.plan.options.no_time;
                self.verify(if is_in_two { Phase::Counts } else { Phase::Complete }, true);
            }
            Change::Gone => {
                self.under_way = None;
                self.has_begun = true;
                (self.view.doing, self.view.is_stale) = (Doing::Missing, true);
            }
        }
        loop {
            match self.under_way.as_mut()?.news()? {
                News::Stage(stage) => self.view.begin(stage, now),
                News::Ended(found) => return self.ended(found),
            }
        }
    }

    /// Verifies completely once more, whatever is under way.
    pub fn verify_again(&mut self) {
        if !matches!(self.view.doing, Doing::Missing) {
            self.verify(Phase::Complete, true);
        }
    }

    fn ended(&mut self, found: Ending) -> Option<Phase> {
        let phase = self.under_way.take()?.phase;
        // Without right answers there is nothing to time, and a typing error is no attempt.
        let has_more = phase == Phase::Counts
            && matches!(&found, Ending::Verdict(verdict, _)
                if !matches!(verdict.outcome, Outcome::Invalid | Outcome::WrongAnswer));
        self.view.found(found, phase);
        if has_more {
            self.verify(Phase::Complete, false);
        }
        Some(phase)
    }

    fn verify(&mut self, phase: Phase, is_new: bool) {
        // Only one compares at a time: the one before has to be through.
        self.under_way = None;
        if is_new {
            self.seed = self.plan.options.seed.unwrap_or_else(fresh_seed);
        }
        match Verification::start(&self.plan, phase, self.seed) {
            Ok(verification) => {
                self.view.begin("Starting".into(), Instant::now());
                self.under_way = Some(verification);
            }
            Err(error) => self.view.found(Ending::Failed(format!("{error:#}")), phase),
        }
    }
}
