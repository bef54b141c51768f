//! What `reproduce` shows.

use lab_probe::statements::StatementCounts;
use lab_results::gate::figure;
use lab_results::names::database_name;
use lab_results::{Column, Record, Table};
use orderflow_store::Backend;

use super::{Named, Store};

/// A round trip to a database in another building of the same region.
const ROUND_TRIP_MS: f64 = 1.0;

/// The database of this run, as people call it. An unknown one was refused long before there is something to show.
fn database() -> &'static str {
    database_name(Backend::from_env().unwrap_or_default().as_str())
}

/// What one answer costs, by size.
pub(super) fn symptom<S: Store>(sizes: &[usize], sent: &[StatementCounts], times_ms: &[f64]) -> Record {
    let rows = sizes.iter().zip(sent).zip(times_ms);
    Record::Table(Table {
        title: format!("One answer, by {}, on {}", S::UNIT, database()),
        columns: vec![
            Column::new(S::UNIT, ""),
            Column::new("statements", ""),
            Column::new("rows", ""),
            Column::new("wall time", "ms").at_most(S::SLO_MS),
            Column::new("over a network, computed", "ms").at_most(S::SLO_MS),
        ],
        rows: rows
            .map(|((size, sent), ms)| {
                let network_ms = sent.statements as f64 * ROUND_TRIP_MS + ms;
                vec![(*size as u64).into(), sent.statements.into(), sent.rows.into(), (*ms).into(), network_ms.into()]
            })
            .collect(),
        plot: Some(1),
    })
}

/// What the largest of them would cost elsewhere.
pub(super) fn over_a_network<S: Store>(size: usize, sent: StatementCounts) -> Record {
    let text = format!(
        "The database of this run, {}, is on this machine. If the database were {ROUND_TRIP_MS} ms away, the {} statements for {size} {} \
         would wait for {} ms on top (computed, not measured), and nothing on either machine would be busy meanwhile.",
        database(),
        figure(sent.statements as f64),
        S::UNIT,
        figure(sent.statements as f64 * ROUND_TRIP_MS),
    );
    Record::Note { text }
}

/// Ways to the same answer, beside each other.
pub(super) fn comparison<S: Store>(
    subjects: &[Named<S>],
    sizes: &[usize],
    sent: &[Vec<StatementCounts>],
    times_ms: &[Vec<f64>],
) -> Record {
    let largest = sizes.last().copied().unwrap_or_default();
    let named = |what: &str| format!("{what}, {largest} {}", S::UNIT);
    let mut columns =
        vec![Column::new("way", ""), Column::new(&named("statements"), ""), Column::new(&named("rows"), "")];
    columns.extend(sizes.iter().map(|size| Column::new(&format!("{size} {}", S::UNIT), "ms")));
    let rows = subjects.iter().zip(sent).zip(times_ms).map(|((&(name, _), sent), times)| {
        let largest = sent.last().copied().unwrap_or_default();
        let mut row = vec![name.into(), largest.statements.into(), largest.rows.into()];
        row.extend(times.iter().map(|ms| (*ms).into()));
        row
    });
    Record::Table(Table {
        title: format!("The solution and other ways on {}, in turns; medians, wall time", database()),
        columns,
        rows: rows.collect(),
        plot: None,
    })
}
