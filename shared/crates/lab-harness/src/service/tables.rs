//! What a run found, for people.

use lab_load::{Report, StepReport};
use lab_results::{Cell, Column, Record, Table};

/// How late the generator may be, as a 99th percentile in milliseconds, before its figures deserve a warning.
const LATE_MS: f64 = 5.0;

/// A row for each named step: requests, response times from the intended send time, and how many failed, whatever the reason.
/// The 99th percentile is held against `slo_p99_ms`.
pub fn latency_table(title: &str, steps: &[(&str, &StepReport)], slo_p99_ms: f64) -> Table {
    let rows = steps.iter().map(|(name, step)| {
        let cell = |ms: Option<f64>| ms.map_or("-".into(), Cell::from);
        let ms = |quantile| cell(step.response.percentile_ms(quantile));
        vec![
            (*name).into(),
            step.planned.into(),
            ms(0.5),
            ms(0.95),
            ms(0.99),
            cell(step.response.max_ms()),
            (step.planned - step.ok).into(),
        ]
    });
    Table {
        title: title.into(),
        columns: vec![
            Column::new("route", ""),
            Column::new("requests", ""),
            Column::new("p50", "ms"),
            Column::new("p95", "ms"),
            Column::new("p99", "ms").at_most(slo_p99_ms),
            Column::new("max", "ms"),
            Column::new("failed", ""),
        ],
        rows: rows.collect(),
        plot: Some(4),
    }
}

/// A warning, where the generator was too late for its figures to be trusted.
pub fn late_generator(report: &Report) -> Option<Record> {
    let late_ms = report.lag_p99_ms().filter(|late_ms| *late_ms > LATE_MS)?;
    let text = format!(
        "The load generator itself was up to {late_ms:.0} ms late (p99): this machine is busy with something else, so take \
         these times with a grain of salt."
    );
    Some(Record::Note { text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_without_answers_has_no_times_and_all_of_it_failed() {
        let step = StepReport { planned: 3, sent: 3, unfinished: 3, ..StepReport::new("GET") };
        let table = latency_table("t", &[("GET", &step)], 50.0);
        assert_eq!(table.rows[0][1..], [3.0.into(), "-".into(), "-".into(), "-".into(), "-".into(), 3.0.into()]);
        assert!(table.rows.iter().all(|row| row.len() == table.columns.len()));
    }
}
