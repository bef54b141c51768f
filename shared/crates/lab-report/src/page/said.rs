//! What a program said: its tables with their objectives, and what else can be shown of its records.

use lab_results::gate::figure as number;
use lab_results::{Cell, Column, FrameChange, ProgramRun, Record, Table};
use maud::{Markup, html};

use super::evidence::allocation_sites;
use crate::charts::{Bar, Limit, bars, figure, percentiles};
use crate::document::scrolling;
use crate::words::{facts_of_run, plain};

/// So many columns leave room for a chart beside them.
const FEW: usize = 5;

/// Every record of a run that says something to people.
pub fn said(run: &ProgramRun) -> Markup {
    let facts = facts_of_run(run);
    let before = |i: usize| i.checked_sub(1).and_then(|i| run.records.get(i));
    html! {
        @for (i, record) in run.records.iter().enumerate() {
            @match record {
                Record::Table(found) => (table(found, run.records.get(i + 1), &facts)),
                // It stands beside its table's chart.
                Record::Latencies { .. } if matches!(before(i), Some(Record::Table(_))) => {},
                Record::Latencies { .. } => (distributions(record, &facts)),
                Record::Note { text } => p { (plain(text)) },
                Record::Profile { samples, top, .. } => (frames(*samples, top)),
                Record::FlameDiff { before, after, cpu_ms, changed, .. } => (changes([before, after], *cpu_ms, changed)),
                Record::Heap { total_bytes, total_blocks, peak_bytes, end_bytes, sites, .. } => {
                    p {
                        b { (number(*total_bytes as f64)) } " bytes in " b { (number(*total_blocks as f64)) }
                        " blocks requested; at most " b { (number(*peak_bytes as f64)) } " bytes at once, "
                        b { (number(*end_bytes as f64)) } " at the end."
                    }
                    (allocation_sites(&run.subject, sites))
                    p class="facts" { (facts) }
                },
                Record::LiveHeap { live_bytes, sample_bytes, sites, .. } => {
                    p {
                        b { (number(*live_bytes as f64)) } " bytes live when that was most, estimated from one sample for "
                        (number(*sample_bytes as f64)) " bytes."
                    }
                    (allocation_sites(&run.subject, sites))
                    p class="facts" { (facts) }
                },
                _ => {},
            }
        }
    }
}

/// They stand below the picture that they are of.
fn frames(samples: u64, top: &[(String, f64)]) -> Markup {
    scrolling(
        "Frames with the largest shares",
        &html! {
            table {
                caption { "Frames with the largest shares of " (number(samples as f64)) " samples" }
                thead { tr { th class="num" { "share [%]" } th { "frame" } } }
                tbody { @for (name, share) in top {
                    tr { td class="num" { (format!("{:.0}", share * 100.0)) } td { code { (name) } } }
                } }
            }
        },
    )
}

/// The frames that changed most, in CPU time for a call where calls were counted, else in shares.
fn changes(whose: [&String; 2], cpu_ms: Option<[f64; 2]>, changed: &[FrameChange]) -> Markup {
    let percent = |share: f64| format!("{:.1}", share * 100.0);
    html! {
        @if let Some([first, second]) = cpu_ms {
            p { "CPU time of one call or request: " b { (number(first)) " ms" } " (" (whose[0]) "), " b { (number(second)) " ms" } " (" (whose[1]) ")." }
        }
        @if changed.is_empty() { p { "No frame changed more than chance explains." } }
        @else { (scrolling(&format!("Frames that changed most, from {} to {}", whose[0], whose[1]), &html! {
            table {
                caption { "Frames that changed most" }
                thead { tr {
                    th { "frame" }
                    @for whose in whose { th class="num" { (whose) " [%]" } }
                    @if cpu_ms.is_some() { @for whose in whose { th class="num" { (whose) " [ms]" } } }
                } }
                tbody { @for change in changed {
                    tr {
                        td { code { (change.frame) } }
                        @for share in change.shares { td class="num" { (percent(share)) } }
                        @if cpu_ms.is_some() { @for ms in change.cpu_ms.map_or([None; 2], |ms| ms.map(Some)) {
                            td class="num" { @match ms { Some(ms) => (number(ms)), None => "–" } }
                        } }
                    }
                } }
            }
        })) }
    }
}

fn distributions(record: &Record, facts: &str) -> Markup {
    let Record::Latencies { title, slo_p99_ms, routes } = record else { return html! {} };
    let Some(chart) = percentiles(title, routes, *slo_p99_ms) else { return html! {} };
    figure(&format!("{title} [ms], by percentile; both axes logarithmic"), &chart, facts)
}

/// A table with its chart, and the distributions that follow it.
fn table(table: &Table, next: Option<&Record>, facts: &str) -> Markup {
    let chart = plot(table);
    html! {
        div class=(if table.columns.len() <= FEW { "wide" } else { "charts" }) {
            (scrolling(&table.title, &html! {
                table {
                    caption { (table.title) }
                    thead { tr { @for column in &table.columns { th class=(if is_number(table, column) { "num" } else { "" }) { (heading(column)) } } } }
                    tbody {
                        @for row in &table.rows {
                            tr { @for (cell, column) in row.iter().zip(&table.columns) { (view(cell, column)) } }
                        }
                    }
                }
            }))
            @if let Some((title, chart)) = &chart { (figure(title, chart, facts)) }
            @if let Some(next) = next { (distributions(next, facts)) }
        }
        @if chart.is_none() { p class="facts" { (facts) } }
    }
}

fn heading(column: &Column) -> String {
    let unit = if column.unit.is_empty() { String::new() } else { format!(" [{}]", column.unit) };
    let slo = column.slo.map(|slo| format!(", SLO ≤ {}", number(slo.at_most))).unwrap_or_default();
    format!("{}{unit}{slo}", column.name)
}

fn is_number(table: &Table, column: &Column) -> bool {
    let index = table.columns.iter().position(|other| std::ptr::eq(other, column));
    let cells = table.rows.iter().filter_map(|row| row.get(index?));
    cells.into_iter().next().is_some_and(|cell| matches!(cell, Cell::Number(_)))
}

fn view(cell: &Cell, column: &Column) -> Markup {
    match cell {
        Cell::Text(text) => html! { td { (text) } },
        Cell::Number(value) => {
            let is_over = column.slo.is_some_and(|slo| *value > slo.at_most);
            html! { td class=(if is_over { "num bad" } else { "num" }) { (number(*value)) @if is_over { " !" } } }
        }
    }
}

/// The column that the program says is worth a picture.
fn plot(table: &Table) -> Option<(String, Markup)> {
    let plotted = table.plot?;
    let column = table.columns.get(plotted)?;
    let rows: Option<Vec<Bar>> = table
        .rows
        .iter()
        .map(|row| match (row.first()?, row.get(plotted)?) {
            (label, Cell::Number(value)) => Some(Bar { label: label_of(label), value: *value, subject: None }),
            _ => None,
        })
        .collect();
    let limit = column.slo.map(|slo| Limit { at: slo.at_most, name: "SLO" });
    let unit = if column.unit.is_empty() { String::new() } else { format!(" [{}]", column.unit) };
    let title = format!("{}{unit}, by {}", column.name, table.columns.first()?.name);
    let chart = bars(&title, &column.unit, &rows?, limit.as_ref())?;
    Some((title, chart))
}

fn label_of(cell: &Cell) -> String {
    match cell {
        Cell::Number(value) => number(*value),
        Cell::Text(text) => text.clone(),
    }
}
