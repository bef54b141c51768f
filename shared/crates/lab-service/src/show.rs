//! What people see of a service under load.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use lab_harness::emit;
use lab_harness::load::{Report, Request, StepReport};
use lab_harness::results::{Cell, Column, Record, Table};
use lab_harness::service;

use crate::{Comes, Flow, Take, drive};

/// Shows how long the requests of some routes took, against the 99th percentile that was promised: as a table, and where there are several
/// to be compared as a plot and as distributions.
pub fn latencies(title: &str, routes: &[(&str, &StepReport)], slo_p99_ms: f64) {
    let table = service::latency_table(title, routes, slo_p99_ms);
    if routes.len() > 1 {
        emit(&Record::Table(table));
        emit(&service::distributions(title, routes, slo_p99_ms));
    } else {
        emit(&Record::Table(Table { plot: None, ..table }));
    }
}

/// Says something to whoever looks at the symptom.
pub fn note(text: String) {
    emit(&Record::Note { text });
}

/// Steps under load: what was asked of them in this time, and what became of it.
pub fn offered_table(title: &str, report: &Report, window: Duration, slo_p99_ms: f64) -> Table {
    let rows = report.steps.iter().map(|step| {
        let ms = |quantile| step.response.percentile_ms(quantile).map_or("-".into(), Cell::from);
        let (per_s, failed) = (step.planned as f64 / window.as_secs_f64(), step.planned - step.ok);
        vec![step.name.as_str().into(), per_s.into(), step.ok.into(), failed.into(), ms(0.5), ms(0.95), ms(0.99)]
    });
    Table {
        title: format!("{title}, wall time"),
        columns: vec![
            Column::new("step", ""),
            Column::new("offered", "/s"),
            Column::new("ok", ""),
            Column::new("timed out", ""),
            Column::new("p50", "ms"),
            Column::new("p95", "ms"),
            Column::new("p99", "ms").at_most(slo_p99_ms),
        ],
        rows: rows.collect(),
        plot: Some(6),
    }
}

/// Customers who come in the same moment, round after round, until one of them fails.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rounds {
    customers: u64,
    rounds: u64,
    ok: u64,
    failed: u64,
    slowest_ms: f64,
}

impl Rounds {
    /// Plays rounds, at the most so many. Whether those who come in the same moment get in each other's way can be a matter of
    /// microseconds, so that one round shows little.
    ///
    /// # Errors
    /// Those of `round`.
    fn play(most: u64, mut round: impl FnMut() -> Result<Report>) -> Result<Rounds> {
        let mut played = Rounds::default();
        while played.rounds < most && played.failed == 0 {
            let step = round()?.overall;
            played.customers = step.planned;
            played.rounds += 1;
            played.ok += step.ok;
            played.failed += step.planned - step.ok;
            played.slowest_ms = played.slowest_ms.max(step.response.max_ms().unwrap_or(0.0));
        }
        Ok(played)
    }

    /// As many customers as there are requests send them in the same moment, at the most so many times; `before` prepares each round.
    ///
    /// # Errors
    /// Those of `before`, and of the load generator.
    pub fn at_once(
        most: u64,
        service: SocketAddr,
        requests: &[Request],
        before: impl Fn() -> Result<()>,
    ) -> Result<Rounds> {
        let (requests, comes) = (requests.to_vec(), Comes::InBatchesOf(requests.len()));
        let all = [Flow { step: "at once".into(), per_s: 1.0, comes, requests, take: Take::InTurn }];
        Rounds::play(most, || before().and_then(|()| drive(service, &all, 0, Duration::from_millis(1))))
    }

    /// Some of them as a table; the slowest answer is held against what was promised.
    pub fn table(title: &str, all: &[Rounds], promised_ms: f64) -> Table {
        let mut columns: Vec<_> = ["at once", "rounds", "ok", "timed out"].map(|name| Column::new(name, "")).into();
        columns.push(Column::new("slowest, wall time", "ms").at_most(promised_ms));
        let row = |Rounds { customers, rounds, ok, failed, slowest_ms }: &Rounds| {
            vec![(*customers).into(), (*rounds).into(), (*ok).into(), (*failed).into(), (*slowest_ms).into()]
        };
        Table { title: title.into(), columns, rows: all.iter().map(row).collect(), plot: None }
    }
}
