//! `measure`: how long a service's users wait, and what its process uses.

use std::net::SocketAddr;

use anyhow::Result;
use lab_load::Report;
use lab_results::{MetricKind, Record};

use super::Launch;
use crate::program::{emit, turns};

/// A figure to measure in every turn.
#[derive(Debug, Clone, Copy)]
pub enum Figure {
    /// The median response time of a step, under this name; the number is the step's in the report.
    P50(&'static str, usize),
    /// The 99th percentile of the same; of fewer than a hundred requests that is the slowest.
    P99(&'static str, usize),
    /// CPU time of the service's process for each request, where that is steadier than any response time: where most of it goes into
    /// one computation, and little into threads that wake each other.
    CpuPerRequest,
}

/// Starts a service and takes turns, in each of which `load` drives it (the turn's number beside the address).
///
/// # Errors
/// Those of [`Launch::start`], `load` and [`super::Service::stop`].
pub fn measure(
    launch: Launch,
    wanted: u64,
    figures: &[Figure],
    mut load: impl FnMut(SocketAddr, u64) -> Result<Report>,
) -> Result<()> {
    let mut service = launch.start()?;
    turns(wanted, |turn| {
        let before_ms = service.cpu_ms()?;
        let report = load(service.address(), turn)?;
        let cpu_ms = service.cpu_ms()? - before_ms;
        figures.iter().filter_map(|figure| figure.of(&report, cpu_ms)).for_each(|metric| emit(&metric));
        Ok(())
    })?;
    service.stop().map(drop)
}

impl Figure {
    fn of(self, report: &Report, cpu_ms: f64) -> Option<Record> {
        let (name, kind, value) = match self {
            Figure::P50(name, step) => (format!("{name} p50"), MetricKind::P50, response_ms(report, step, 0.5)?),
            Figure::P99(name, step) => (format!("{name} p99"), MetricKind::P99, response_ms(report, step, 0.99)?),
            Figure::CpuPerRequest => {
                ("CPU per request".into(), MetricKind::Cpu, cpu_ms / report.overall.planned.max(1) as f64)
            }
        };
        Some(Record::Metric { name, kind, unit: "ms".into(), value })
    }
}

/// Failing fast is not answering fast: a step of which a request failed has no time.
fn response_ms(report: &Report, step: usize, quantile: f64) -> Option<f64> {
    let step = report.steps.get(step).filter(|step| step.ok == step.planned)?;
    step.response.percentile_ms(quantile)
}
