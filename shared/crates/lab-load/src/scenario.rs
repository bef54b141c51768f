//! What customers do.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::{Request, Vu};

/// What one customer does from arriving to leaving: an iteration. Its requests are named after steps, and counted under them.
///
/// ```
/// use lab_load::{Request, Scenario, Vu};
///
/// struct Checkout;
///
/// impl Scenario for Checkout {
///     fn steps(&self) -> Vec<String> {
///         vec!["look".into(), "pay".into()]
///     }
///
///     async fn run(&self, vu: &mut Vu) {
///         let order = vu.random().below(1000);
///         if vu.send("look", &Request::get(format!("/orders/{order}"))).await.is_ok() {
///             // A failure is counted already; a customer who got nothing does not pay.
///             let _ = vu.send("pay", &Request::post(format!("/orders/{order}/pay"), "{}").expecting(204)).await;
///         }
///     }
/// }
/// ```
pub trait Scenario: Send + Sync {
    /// The names of its steps, in the order of the report. A step that is never asked stands in it all the same.
    fn steps(&self) -> Vec<String>;
    /// One iteration.
    fn run(&self, vu: &mut Vu) -> impl Future<Output = ()> + Send;
}

/// A scenario of any type.
pub(crate) trait AnyScenario: Send + Sync {
    fn steps(&self) -> Vec<String>;
    fn run<'a>(&'a self, vu: &'a mut Vu) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
}

impl<S: Scenario> AnyScenario for S {
    fn steps(&self) -> Vec<String> {
        Scenario::steps(self)
    }

    fn run<'a>(&'a self, vu: &'a mut Vu) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(Scenario::run(self, vu))
    }
}

impl<S: Scenario> Scenario for Arc<S> {
    fn steps(&self) -> Vec<String> {
        Scenario::steps(&**self)
    }

    async fn run(&self, vu: &mut Vu) {
        Scenario::run(&**self, vu).await;
    }
}

/// One request an iteration, all of one step.
pub struct EachRequest<F> {
    step: String,
    request: F,
}

impl<F: Fn(&mut Vu) -> Request + Send + Sync> EachRequest<F> {
    /// `request` makes the request of each iteration.
    pub fn new(step: impl Into<String>, request: F) -> Self {
        Self { step: step.into(), request }
    }
}

impl<F: Fn(&mut Vu) -> Request + Send + Sync> Scenario for EachRequest<F> {
    fn steps(&self) -> Vec<String> {
        vec![self.step.clone()]
    }

    async fn run(&self, vu: &mut Vu) {
        let request = (self.request)(vu);
        // Whatever came of it is counted.
        let _ = vu.send(&self.step, &request).await;
    }
}

/// Several scenarios, each taken as often as its weight says, at random by the run's seed.
#[derive(Default)]
pub struct Mix {
    scenarios: Vec<(u32, Arc<dyn AnyScenario>)>,
}

impl Mix {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more scenario; a share of `weight` in the sum of all weights.
    #[must_use]
    pub fn and(mut self, weight: u32, scenario: impl Scenario + 'static) -> Self {
        self.scenarios.push((weight, Arc::new(scenario)));
        self
    }

    fn pick(&self, vu: &mut Vu) -> Option<&dyn AnyScenario> {
        let total: u64 = self.scenarios.iter().map(|(weight, _)| u64::from(*weight)).sum();
        let mut at = if total > 0 { vu.random().below(total) } else { return None };
        for (weight, scenario) in &self.scenarios {
            match at.checked_sub(u64::from(*weight)) {
                Some(beyond) => at = beyond,
                None => return Some(&**scenario),
            }
        }
        None
    }
}

impl Scenario for Mix {
    fn steps(&self) -> Vec<String> {
        let mut steps: Vec<String> = Vec::new();
        for step in self.scenarios.iter().flat_map(|(_, scenario)| scenario.steps()) {
            if !steps.contains(&step) {
                steps.push(step);
            }
        }
        steps
    }

    async fn run(&self, vu: &mut Vu) {
        if let Some(scenario) = self.pick(vu) {
            scenario.run(vu).await;
        }
    }
}
