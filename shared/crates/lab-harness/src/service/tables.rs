//! What a run found, for people.

use lab_load::{Report, StepReport};
use lab_results::{Cell, Column, Distribution, Record, Table};

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
        title: format!("{title}, wall time"),
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

/// Shares of the requests at which a distribution is told: denser towards the tail, as HdrHistogram prints it.
const SHARES: [f64; 14] = [0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99, 0.995, 0.999, 0.9995, 0.9999, 1.0];

/// How the response times of some named steps are distributed. A share that less than one request is beyond is left out: it
/// would only say the longest again.
pub fn distributions(title: &str, steps: &[(&str, &StepReport)], slo_p99_ms: f64) -> Record {
    let of = |(name, step): &(&str, &StepReport)| {
        let requests = step.response.count();
        let can_tell = |share: f64| share == 1.0 || (1.0 - share) * requests as f64 >= 1.0;
        let shares = SHARES.into_iter().filter(|share| can_tell(*share));
        let percentiles_ms = shares.filter_map(|share| Some((share, step.response.percentile_ms(share)?))).collect();
        Distribution { name: (*name).into(), requests, percentiles_ms }
    };
    let title = format!("{title}, wall time");
    Record::Latencies { title, slo_p99_ms: Some(slo_p99_ms), routes: steps.iter().map(of).collect() }
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
    fn a_distribution_ends_where_there_are_no_requests_to_tell_of() {
        let mut step = StepReport::new("GET");
        (1..=100).for_each(|ms| step.response.record(std::time::Duration::from_millis(ms)));
        let Record::Latencies { title, routes, .. } = distributions("t", &[("GET", &step)], 50.0) else {
            panic!("latencies")
        };
        assert_eq!(title, "t, wall time");
        let shares: Vec<f64> = routes[0].percentiles_ms.iter().map(|(share, _)| *share).collect();
        assert_eq!(shares, [0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99, 1.0]);
        assert!(routes[0].percentiles_ms.is_sorted_by_key(|(_, ms)| *ms) && routes[0].requests == 100);
        let none = StepReport::new("GET");
        let Record::Latencies { routes, .. } = distributions("t", &[("GET", &none)], 50.0) else { panic!("latencies") };
        assert_eq!((routes[0].requests, routes[0].percentiles_ms.len()), (0, 0));
    }

    #[test]
    fn a_step_without_answers_has_no_times_and_all_of_it_failed() {
        let step = StepReport { planned: 3, sent: 3, unfinished: 3, ..StepReport::new("GET") };
        let table = latency_table("t", &[("GET", &step)], 50.0);
        assert_eq!(table.title, "t, wall time");
        assert_eq!(table.rows[0][1..], [3.0.into(), "-".into(), "-".into(), "-".into(), "-".into(), 3.0.into()]);
        assert!(table.rows.iter().all(|row| row.len() == table.columns.len()));
    }
}
