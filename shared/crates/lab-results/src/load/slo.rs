//! Objectives and the rules that follow from them. They are written once, in `shared/stack/slo.json`, for all load tools.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The file of objectives: scenarios by name, each with the objectives of its steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SloFile {
    /// Version of the format: 1.
    pub version: u32,
    /// Objectives by the scenario's name.
    pub scenarios: BTreeMap<String, Vec<Objective>>,
}

/// What is promised for one step. A step with an objective must have been asked at least once.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// The step's name.
    pub step: String,
    /// Limits of response times in milliseconds; the figure must be below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50_ms: Option<f64>,
    /// See [`Objective::p50_ms`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p90_ms: Option<f64>,
    /// See [`Objective::p50_ms`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95_ms: Option<f64>,
    /// See [`Objective::p50_ms`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99_ms: Option<f64>,
    /// See [`Objective::p50_ms`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p999_ms: Option<f64>,
    /// The share of requests that may fail, 0.0 to 1.0; the figure must be below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_failed_share: Option<f64>,
    /// Requests in a second that must at least have been made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_per_s: Option<f64>,
}

/// The figure that a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// Requests that were made; zero samples are a breach.
    Count,
    /// Requests in a second.
    PerS,
    /// Share of requests that failed.
    FailedShare,
    /// Median response time in milliseconds.
    P50Ms,
    /// 90th percentile.
    P90Ms,
    /// 95th percentile.
    P95Ms,
    /// 99th percentile.
    P99Ms,
    /// 99.9th percentile.
    P999Ms,
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// The step's name.
    pub step: String,
    /// What is compared.
    pub figure: Figure,
    /// What it is compared with: the count must be above, the rate at least, everything else below.
    pub limit: f64,
}

impl Objective {
    /// The rules that follow from it, in a fixed order.
    pub fn rules(&self) -> Vec<Rule> {
        let limits = [
            (Figure::Count, Some(0.0)),
            (Figure::PerS, self.min_per_s),
            (Figure::FailedShare, self.max_failed_share),
            (Figure::P50Ms, self.p50_ms),
            (Figure::P90Ms, self.p90_ms),
            (Figure::P95Ms, self.p95_ms),
            (Figure::P99Ms, self.p99_ms),
            (Figure::P999Ms, self.p999_ms),
        ];
        let rule =
            |(figure, limit): (Figure, Option<f64>)| Some(Rule { step: self.step.clone(), figure, limit: limit? });
        limits.into_iter().filter_map(rule).collect()
    }
}

impl Rule {
    /// The rule as k6's `thresholds` have it: the metric and the expression.
    pub fn as_k6(&self) -> (String, String) {
        let metric = match self.figure {
            Figure::Count | Figure::PerS => "http_reqs",
            Figure::FailedShare => "http_req_failed",
            _ => "http_req_duration",
        };
        let limit = self.limit;
        let expression = match self.figure {
            Figure::Count => format!("count>{limit}"),
            Figure::PerS => format!("rate>={limit}"),
            Figure::FailedShare => format!("rate<{limit}"),
            Figure::P50Ms => format!("p(50)<{limit}"),
            Figure::P90Ms => format!("p(90)<{limit}"),
            Figure::P95Ms => format!("p(95)<{limit}"),
            Figure::P99Ms => format!("p(99)<{limit}"),
            Figure::P999Ms => format!("p(99.9)<{limit}"),
        };
        (format!("{metric}{{name:{}}}", self.step), expression)
    }
}

impl Figure {
    /// A latency's percentile.
    pub fn is_latency(self) -> bool {
        !matches!(self, Figure::Count | Figure::PerS | Figure::FailedShare)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (step, limit) = (&self.step, self.limit);
        match self.figure {
            Figure::Count => write!(out, "{step}: more than {limit} requests"),
            Figure::PerS => write!(out, "{step}: at least {limit} requests/s"),
            Figure::FailedShare => write!(out, "{step}: below {}% failed", limit * 100.0),
            Figure::P50Ms => write!(out, "{step}: p50 below {limit} ms"),
            Figure::P90Ms => write!(out, "{step}: p90 below {limit} ms"),
            Figure::P95Ms => write!(out, "{step}: p95 below {limit} ms"),
            Figure::P99Ms => write!(out, "{step}: p99 below {limit} ms"),
            Figure::P999Ms => write!(out, "{step}: p99.9 below {limit} ms"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_written_as_k6_writes_them() {
        let promise = Objective {
            step: "pay".into(),
            p99_ms: Some(500.0),
            max_failed_share: Some(0.001),
            ..Objective::default()
        };
        let rules: Vec<_> = promise.rules().iter().map(Rule::as_k6).collect();
        let expected = [
            ("http_reqs{name:pay}", "count>0"),
            ("http_req_failed{name:pay}", "rate<0.001"),
            ("http_req_duration{name:pay}", "p(99)<500"),
        ];
        assert_eq!(rules, expected.map(|(metric, expression)| (metric.to_owned(), expression.to_owned())));
    }

    #[test]
    fn a_misspelt_objective_is_refused() {
        let text = r#"{"version":1,"scenarios":{"s":[{"step":"pay","p98_ms":3}]}}"#;
        assert!(serde_json::from_str::<SloFile>(text).is_err());
    }
}
