//! What a program said: its tables with their objectives, and what else can be shown of its records.

use lab_results::gate::figure as number;
use lab_results::names::{NOT_FOR_THE_SLO, change_is_named, cpu_time_of_work};
use lab_results::{Cell as Value, Column as Measured, FrameChange, ProgramRun, Record, Table};
use maud::{Markup, html};

use super::sites::allocation_sites;
use crate::charts::{Bar, Limit, bars, figure, percentiles};
use crate::document::fold;
use crate::prose::inline;
use crate::tables::{Cell, Column, table};
use crate::words::{facts_of_run, plain};

/// Every record of a run that says something to people.
pub fn said(run: &ProgramRun) -> Markup {
    html! { @for i in 0..run.records.len() { (record(run, i, &[])) } }
}

/// What `reproduce` showed: its first table and its sentences. What else it showed is folded away. Bars have one axis over all the runs in
/// `beside`, of which this is one.
pub fn symptom(run: &ProgramRun, beside: &[&ProgramRun]) -> Markup {
    let is_table = |record: &Record| matches!(record, Record::Table(_));
    let first = run.records.iter().position(is_table);
    let is_open = |i: &usize| first == Some(*i) || matches!(run.records[*i], Record::Note { .. });
    let (open, folded): (Vec<usize>, Vec<usize>) = (0..run.records.len()).partition(is_open);
    let more = html! { @for i in folded { (record(run, i, beside)) } };
    html! {
        @for i in open { (record(run, i, beside)) }
        @if !more.0.is_empty() { (fold(&html! { "More of this run" }, &titles(run, first), &more)) }
    }
}

/// What the tables and distributions behind the first table are about.
fn titles(run: &ProgramRun, first: Option<usize>) -> String {
    let behind = run.records.iter().enumerate().filter(|(i, _)| first != Some(*i));
    let titles = behind.filter_map(|(_, record)| match record {
        Record::Table(table) => Some(table.title.clone()),
        Record::Latencies { title, .. } => Some(format!("{title}, by percentile")),
        _ => None,
    });
    titles.collect::<Vec<_>>().join("; ")
}

fn record(run: &ProgramRun, i: usize, beside: &[&ProgramRun]) -> Markup {
    let facts = facts_of_run(run);
    match &run.records[i] {
        Record::Table(found) => figures(found, &facts, beside),
        latencies @ Record::Latencies { .. } => distributions(latencies, &facts),
        Record::Note { text } => html! { p { (inline(&plain(text))) } },
        Record::Profile { samples, top, .. } => frames(*samples, top),
        Record::FlameDiff { before, after, cpu_ms, work_of, changed, .. } => {
            changes([before, after], *cpu_ms, work_of, changed)
        }
        Record::OffCpu { blocked_ms, reasons, idle_ms, preempted_ms, top, .. } => html! {
            (waits([*blocked_ms, *idle_ms, *preempted_ms], reasons, top))
            p class="facts" { (facts) }
        },
        Record::Heap { total_bytes, total_blocks, peak_bytes, end_bytes, sites, .. } => html! {
            p {
                b { (number(*total_bytes as f64)) } " bytes in " b { (number(*total_blocks as f64)) }
                " blocks requested; at most " b { (number(*peak_bytes as f64)) } " bytes at once, "
                b { (number(*end_bytes as f64)) } " at the end."
            }
            (allocation_sites(&run.subject, sites))
            p class="facts" { (facts) }
        },
        Record::LiveHeap { live_bytes, sample_bytes, sites, .. } => html! {
            p {
                b { (number(*live_bytes as f64)) } " live bytes at the peak, estimated from one sample for "
                (number(*sample_bytes as f64)) " bytes."
            }
            (allocation_sites(&run.subject, sites))
            p class="facts" { (facts) }
        },
        _ => html! {},
    }
}

/// They stand below the picture that they are of.
fn frames(samples: u64, top: &[(String, f64)]) -> Markup {
    let caption = format!("Frames with the largest shares of {} samples", number(samples as f64));
    table("Frames with the largest shares", Some(&caption), &share_columns("frame"), shares(top))
}

fn share_columns(what: &str) -> [Column; 2] {
    [Column::numbers("share [%]"), Column::words(what)]
}

fn shares(top: &[(String, f64)]) -> Vec<Vec<Cell>> {
    top.iter()
        .map(|(name, share)| vec![format!("{:.0}", share * 100.0).into(), html! { code { (name) } }.into()])
        .collect()
}

/// How long threads waited, for what, and in which frames.
fn waits([blocked_ms, idle_ms, preempted_ms]: [f64; 3], reasons: &[(String, f64)], top: &[(String, f64)]) -> Markup {
    let ms = |ms: f64| html! { b { (number(ms)) " ms" } };
    let rows = reasons.iter().map(|(reason, ms)| vec![reason.as_str().into(), number(*ms).into()]);
    html! {
        p {
            "Threads waited " (ms(blocked_ms)) " in the middle of their work, and " (ms(preempted_ms)) " for a processor that others had. "
            "Workers without a task waited " (ms(idle_ms)) " for one. Each is the sum over all threads."
        }
        @if !reasons.is_empty() {
            (table("What threads waited for", Some("What threads waited for"), &[Column::words("reason"), Column::numbers("waited [ms]")], rows.collect()))
        }
        @if !top.is_empty() {
            (table("Frames with the largest shares", Some("Frames with the largest shares of that time"), &share_columns("frame"), shares(top)))
        }
    }
}

/// The frames that changed most, in CPU time for a call where calls were counted, else in shares.
fn changes(whose: [&String; 2], cpu_ms: Option<[f64; 2]>, work_of: &str, changed: &[FrameChange]) -> Markup {
    let mut columns = vec![Column::words("frame")];
    columns.extend(whose.iter().map(|whose| Column::numbers(format!("{whose} [%]"))));
    if cpu_ms.is_some() {
        columns.extend(whose.iter().map(|whose| Column::numbers(format!("{whose} [ms]"))));
    }
    let rows = changed.iter().map(|change| {
        let mut row: Vec<Cell> = vec![html! { code { (change.frame) } }.into()];
        row.extend(change.shares.map(|share| Cell::from(format!("{:.1}", share * 100.0))));
        if cpu_ms.is_some() {
            let both = change.cpu_ms.map_or([None; 2], |ms| ms.map(Some));
            row.extend(both.map(|ms| Cell::from(ms.map_or("–".into(), number))));
        }
        row
    });
    html! {
        @if let Some([first, second]) = cpu_ms {
            p {
                (cpu_time_of_work(work_of)) ": " b { (number(first)) " ms" } " (" (whose[0]) "), " b { (number(second)) " ms" } " (" (whose[1]) ")."
                @if !work_of.is_empty() { " " (NOT_FOR_THE_SLO) }
            }
        }
        @if changed.is_empty() { p { "No frame changed by so much that it is named." } }
        @else {
            (table(&format!("Frames that changed most, from {} to {}", whose[0], whose[1]), Some("Frames that changed most"), &columns, rows.collect()))
        }
        p class="facts" { (change_is_named(cpu_ms.is_some())) }
    }
}

fn distributions(record: &Record, facts: &str) -> Markup {
    let Record::Latencies { title, slo_p99_ms, routes } = record else { return html! {} };
    let Some(chart) = percentiles(title, routes, *slo_p99_ms) else { return html! {} };
    figure(&format!("{title} [ms], by percentile; both axes logarithmic"), &chart, facts)
}

/// A program's table with its chart.
fn figures(shown: &Table, facts: &str, beside: &[&ProgramRun]) -> Markup {
    let chart = plot(shown, beside);
    let columns: Vec<Column> = shown
        .columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let heading = heading(column);
            if is_number(shown, index) { Column::numbers(heading) } else { Column::words(heading) }
        })
        .collect();
    let rows =
        shown.rows.iter().map(|row| row.iter().zip(&shown.columns).map(|(cell, column)| view(cell, column)).collect());
    html! {
        div class="beside" {
            (table(&shown.title, Some(&shown.title), &columns, rows.collect()))
            @if let Some((title, chart)) = &chart { (figure(title, chart, facts)) }
        }
        @if chart.is_none() { p class="facts" { (facts) } }
    }
}

fn heading(column: &Measured) -> String {
    let unit = if column.unit.is_empty() { String::new() } else { format!(" [{}]", column.unit) };
    let slo = column.slo.map(|slo| format!(", SLO ≤ {}", number(slo.at_most))).unwrap_or_default();
    format!("{}{unit}{slo}", column.name)
}

fn is_number(table: &Table, column: usize) -> bool {
    table.rows.first().and_then(|row| row.get(column)).is_some_and(|cell| matches!(cell, Value::Number(_)))
}

fn view(cell: &Value, column: &Measured) -> Cell {
    match cell {
        Value::Text(text) => inline(text).into(),
        Value::Number(value) => {
            let is_over = column.slo.is_some_and(|slo| *value > slo.at_most);
            Cell::of(if is_over { "bad" } else { "" }, html! { (number(*value)) @if is_over { " !" } })
        }
    }
}

/// The column that the program says is worth a picture. Where there is neither an objective nor the original to compare with, nothing
/// says what is much: no picture.
fn plot(table: &Table, beside: &[&ProgramRun]) -> Option<(String, Markup)> {
    let plotted = table.plot?;
    let column = table.columns.get(plotted)?;
    let bar = |row: &Vec<Value>| match (row.first()?, row.get(plotted)?) {
        (label, Value::Number(value)) => Some(Bar { label: label_of(label), value: *value, subject: None }),
        _ => None,
    };
    let rows: Option<Vec<Bar>> = table.rows.iter().map(bar).collect();
    let limit = column.slo.map(|slo| Limit { at: slo.at_most, name: "SLO", is_least: false });
    if limit.is_none() && !beside.iter().any(|run| run.subject == "original") {
        return None;
    }
    let same = beside.iter().flat_map(|run| &run.records).filter_map(|record| match record {
        Record::Table(other) if other.title == table.title && other.plot == table.plot => Some(other),
        _ => None,
    });
    let largest = same.flat_map(|other| &other.rows).filter_map(bar).map(|bar| bar.value).fold(0.0, f64::max);
    let unit = if column.unit.is_empty() { String::new() } else { format!(" [{}]", column.unit) };
    let rows = rows?;
    let own = rows.iter().map(|bar| bar.value).chain(limit.as_ref().map(|limit| limit.at)).fold(0.0, f64::max);
    let axis = if largest > own {
        format!("; axis to {}, as for the longest bar of all runs", number(largest))
    } else {
        String::new()
    };
    let title = format!("{}{unit}, by {}{axis}", column.name, table.columns.first()?.name);
    let chart = bars(&title, &column.unit, &rows, limit.as_ref(), largest)?;
    Some((title, chart))
}

fn label_of(cell: &Value) -> String {
    match cell {
        Value::Number(value) => number(*value),
        Value::Text(text) => text.clone(),
    }
}
