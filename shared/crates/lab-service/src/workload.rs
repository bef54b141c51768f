//! What customers do and what they were promised, from `shared/stack`: lab-load, k6 and Locust read the same files.

use std::path::Path;

use anyhow::{Context, Result, bail};
use lab_harness::load::Scenario;
use lab_harness::load::scenarios::{self, Data, ScenarioFile};
use lab_harness::results::load::{Objective, SloFile};
use serde_json::Value;

use crate::{Comes, Flow, Take};

/// Beside the crates, in the checkout that this program was built from.
const STACK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../stack");

/// A scenario with its objectives.
#[derive(Debug)]
pub struct Workload {
    scenario: ScenarioFile,
    objectives: Vec<Objective>,
}

impl Workload {
    /// The one of this name.
    ///
    /// # Errors
    /// There is none, or nobody has promised anything for it.
    pub fn read(name: &str) -> Result<Workload> {
        let stack = Path::new(STACK);
        let scenario = ScenarioFile::read(&stack.join("scenarios").join(format!("{name}.json")))?;
        let path = stack.join("slo.json");
        let what = || path.display().to_string();
        let slo: SloFile =
            serde_json::from_str(&std::fs::read_to_string(&path).with_context(what)?).with_context(what)?;
        let objectives = slo.scenarios.get(name).cloned();
        let objectives = objectives.with_context(|| format!("{} has no objectives for `{name}`", what()))?;
        Ok(Workload { scenario, objectives })
    }

    /// Its flows in the file's order, for so many customers a second in all. Each flow gets its part by weight. Who comes alone comes at
    /// random, and those who come at once come at regular times.
    ///
    /// # Errors
    /// The data lack a row that has a place, or a customer sends several requests.
    pub fn flows(&self, data: Value, per_s: f64) -> Result<Vec<Flow>> {
        let data = Data(serde_json::from_value(data).context("data are lists of rows by name")?);
        let flows = self.scenario.flows(&data)?;
        let all: u32 = flows.iter().map(|(weight, _)| weight).sum();
        let flow = |(weight, flow): &(u32, scenarios::Flow)| {
            let [step] = &flow.steps()[..] else {
                bail!("a customer of `{}` sends several requests", self.scenario.name)
            };
            Ok(Flow {
                step: step.clone(),
                per_s: per_s * f64::from(*weight) / f64::from(all),
                comes: if flow.at_once() > 1 { Comes::InBatchesOf(flow.at_once() as usize) } else { Comes::AtRandom },
                requests: flow.visits().concat(),
                take: if flow.is_in_turn() { Take::InTurn } else { Take::Random },
            })
        };
        flows.iter().map(flow).collect()
    }

    /// The 99th percentile, in milliseconds, that is promised for a step.
    ///
    /// # Errors
    /// None is.
    pub fn p99_ms(&self, step: &str) -> Result<f64> {
        let objective = self.objectives.iter().find(|objective| objective.step == step);
        objective
            .and_then(|objective| objective.p99_ms)
            .with_context(|| format!("nobody has promised a p99 of `{step}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_follow_the_weights_and_each_row_becomes_a_request() {
        let data = r#"{"order":["A-1","A-2"],"account":[{"email":"a@b.c","password":"x"}]}"#;
        let data: Value = serde_json::from_str(data).unwrap();
        let evening = Workload::read("blocked-runtime").unwrap();
        let flows = evening.flows(data.clone(), 202.0).unwrap();
        let seen: Vec<_> =
            flows.iter().map(|flow| (flow.step.as_str(), flow.per_s, flow.comes, flow.requests.len())).collect();
        assert_eq!(seen, [("look-up", 200.0, Comes::AtRandom, 2), ("sign-in", 2.0, Comes::InBatchesOf(10), 1)]);
        assert_eq!(flows[1].requests_per_s(), 20.0);
        assert_eq!(flows[1].requests[0].body.as_deref(), Some(r#"{"email":"a@b.c","password":"x"}"#));
        assert_eq!(flows[1].requests[0].expect_status, Some(200));
        assert_eq!(evening.p99_ms("look-up").unwrap(), 50.0);
        let saturday = Workload::read("pool-exhaustion").unwrap().flows(data, 100.0).unwrap();
        let seen: Vec<_> = saturday.iter().map(|flow| (flow.step.as_str(), flow.per_s, flow.take)).collect();
        assert_eq!(seen, [("pay", 80.0, Take::InTurn), ("look", 20.0, Take::InTurn)]);
    }

    #[test]
    fn what_nobody_wrote_is_an_error() {
        assert!(Workload::read("no-such-scenario").is_err());
        let evening = Workload::read("blocked-runtime").unwrap();
        assert!(evening.p99_ms("sign-out").is_err());
        assert!(evening.flows(serde_json::json!({}), 1.0).is_err());
    }
}
