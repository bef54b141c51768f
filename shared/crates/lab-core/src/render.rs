//! Records as people read them: tables that fit the terminal, bars where a picture helps.

use anstyle::Style;
use comfy_table::{Attribute, CellAlignment, Color, ColumnConstraint, ContentArrangement, Width, presets};
pub use comfy_table::{Cell as View, Table as Grid};
use lab_results::gate::figure;
use lab_results::{Cell, Column, Table};
use unicode_width::UnicodeWidthStr;

use crate::fullscreen::clean;
use crate::say;
use crate::terminal::{BAD, GOOD, HEADING, QUIET, paint, print_words, width};

/// A new table that keeps to the terminal's width.
pub fn grid(headings: &[&str]) -> Grid {
    let mut grid = Grid::new();
    // Styling is always written; our output strips it where there is no terminal.
    grid.load_style(presets::NOTHING)
        .enforce_styling()
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width() as u16)
        .set_header(headings.iter().map(|heading| View::new(heading).add_attribute(Attribute::Bold)));
    grid
}

/// A cell that is good, bad or neither.
pub fn verdict_cell(text: impl ToString, good: Option<bool>) -> View {
    let cell = View::new(text);
    match good {
        Some(true) => cell.fg(Color::Green),
        Some(false) => cell.fg(Color::Red).add_attribute(Attribute::Bold),
        None => cell,
    }
}

/// Prints a table, line by line and without trailing blanks.
pub fn print(grid: &Grid) {
    const RESET: &str = "\u{1b}[0m";
    let mut grid = grid.clone();
    keep_words(&mut grid);
    for line in grid.lines() {
        // The last column's padding stands before its style ends.
        let text = line.trim_end();
        match text.strip_suffix(RESET) {
            Some(styled) => say!("{}{RESET}", styled.trim_end()),
            None => say!("{text}"),
        }
    }
}

/// Where a table is wider than the terminal, cells are broken between words. No figure is cut, and no word unless it is very long: what
/// has room for neither is wider than the terminal. Columns of text are the first to become narrow.
fn keep_words(grid: &mut Grid) {
    const BLANKS: usize = 2;
    let full: Vec<usize> = grid.column_max_content_widths().into_iter().map(usize::from).collect();
    let mut room = usize::from(grid.width().unwrap_or(80)).saturating_sub(BLANKS * full.len());
    if full.iter().sum::<usize>() <= room {
        return;
    }
    let least = |are_figures_whole: bool| {
        let mut least = vec![1; full.len()];
        for row in grid.header().into_iter().chain(grid.row_iter()) {
            for (least, cell) in least.iter_mut().zip(row.cell_iter()) {
                *least = longest(&cell.content(), are_figures_whole).max(*least);
            }
        }
        least
    };
    let least = Some(least(true)).filter(|least| least.iter().sum::<usize>() <= room).unwrap_or_else(|| least(false));
    let mut order: Vec<usize> = (0..full.len()).collect();
    order.sort_by_key(|&index| full[index]);
    for (place, &index) in order.iter().enumerate() {
        let others: usize = order[place + 1..].iter().map(|&other| least[other]).sum();
        let share = (room / (order.len() - place)).min(room.saturating_sub(others));
        let width = full[index].min(share).max(least[index]);
        room = room.saturating_sub(width);
        if let Some(column) = grid.column_mut(index) {
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed((width + BLANKS) as u16)));
        }
    }
}

/// Columns of the longest part of a cell that is not to be broken: a word, a figure with its mark or unit, or all of an interval.
fn longest(text: &str, are_figures_whole: bool) -> usize {
    const VERY_LONG: usize = 40;
    let text = clean(text);
    let words: Vec<&str> = text.split(' ').collect();
    let is_figure = text.starts_with(|c: char| c.is_ascii_digit())
        && words.split_last().is_some_and(|(_, before)| !before.concat().contains(char::is_alphabetic));
    if is_figure && (are_figures_whole || words.len() < 3) {
        return text.width();
    }
    words
        .iter()
        .map(|word| word.width())
        .map(|width| if width < VERY_LONG { width } else { VERY_LONG / 2 })
        .max()
        .unwrap_or(0)
}

/// Columns of figures, whose last digits stand below each other.
pub fn right_aligned(grid: &mut Grid, columns: impl IntoIterator<Item = usize>) {
    for index in columns {
        if let Some(column) = grid.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// Prints a program's table with its objectives, and its bars below where there is an objective to hold them against.
pub fn table(table: &Table) {
    table_beside(table, None);
}

/// The same beside the original's table of the same name: its bars have the original's axis, so that short is short and long is long.
pub fn table_beside(table: &Table, original: Option<&Table>) {
    say!("{}", paint(HEADING, &table.title));
    let headings: Vec<String> = table.columns.iter().map(heading).collect();
    let mut view = grid(&headings.iter().map(String::as_str).collect::<Vec<_>>());
    for row in &table.rows {
        view.add_row(row.iter().zip(&table.columns).map(|(cell, column)| cell_view(cell, column)));
    }
    let cells = table.rows.first().into_iter().flatten().enumerate();
    right_aligned(&mut view, cells.filter(|(_, cell)| matches!(cell, Cell::Number(_))).map(|(index, _)| index));
    print(&view);
    for (i, column) in table.columns.iter().enumerate() {
        let Some(limit) = column.slo.map(|slo| slo.at_most) else { continue };
        let is_above = |row: &Vec<Cell>| matches!(row.get(i), Some(Cell::Number(value)) if *value > limit);
        let mark = if table.rows.iter().any(is_above) { "; ! is above it" } else { "" };
        print_words(&paint(QUIET, format!("SLO: {} <= {} {}{mark}", column.name, figure(limit), column.unit)));
    }
    if let Some(plotted) = table.plot {
        for line in bars(table, plotted, original) {
            say!("{line}");
        }
    }
    say!();
}

fn heading(column: &Column) -> String {
    if column.unit.is_empty() { column.name.clone() } else { format!("{} [{}]", column.name, column.unit) }
}

fn cell_view(cell: &Cell, column: &Column) -> View {
    match cell {
        Cell::Text(text) => View::new(text),
        Cell::Number(value) => {
            let good = column.slo.map(|slo| *value <= slo.at_most);
            let text = match good {
                Some(false) => format!("{} !", figure(*value)),
                _ => figure(*value),
            };
            verdict_cell(text, good.filter(|good| !good))
        }
    }
}

/// The figures of a column, where every row has one.
fn figures(table: &Table, column: usize) -> Option<Vec<f64>> {
    let figure = |row: &Vec<Cell>| match row.get(column) {
        Some(Cell::Number(value)) => Some(*value),
        _ => None,
    };
    table.rows.iter().map(figure).collect()
}

/// One bar a row, on a linear scale from zero, with the objective marked. The longest that is known is the original's, the longest of
/// these, or the objective. Where neither an original nor an objective is known there is nothing to say what is long: no bars.
fn bars(table: &Table, plotted: usize, original: Option<&Table>) -> Vec<String> {
    let (Some(values), Some(column)) = (figures(table, plotted), table.columns.get(plotted)) else { return Vec::new() };
    let limit = column.slo.map(|slo| slo.at_most);
    let theirs = original.and_then(|original| figures(original, original.plot?)).unwrap_or_default();
    if limit.is_none() && theirs.is_empty() {
        return Vec::new();
    }
    let longest = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
    let largest = longest(&values).max(longest(&theirs)).max(limit.unwrap_or(0.0));
    if largest <= 0.0 {
        return Vec::new();
    }
    let labels: Vec<String> = table.rows.iter().filter_map(|row| row.first()).map(label).collect();
    let widest = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0).min(24);
    let room = width().saturating_sub(widest + 16).clamp(10, 60);
    let mut lines = vec![String::new()];
    for (label, value) in labels.iter().zip(&values) {
        let bar = bar_line(*value, limit, largest, room);
        let style = limit.map_or(Style::new(), |limit| if *value > limit { BAD } else { GOOD });
        let short: String = label.chars().take(widest).collect();
        lines.push(format!("{short:>widest$} {} {} {}", paint(style, bar), figure(*value), column.unit));
    }
    let with_unit = |value: f64| format!("{} {}", figure(value), column.unit).trim_end().to_string();
    let mark = limit.map(|limit| format!("; | is the SLO, {}", with_unit(limit))).unwrap_or_default();
    let whose = if theirs.is_empty() || longest(&theirs) < largest { "" } else { ", the original's largest" };
    let axis = format!("{}: 0 to {}{whose}{mark}", column.name, with_unit(largest));
    lines.push(paint(QUIET, axis));
    lines
}

fn label(cell: &Cell) -> String {
    match cell {
        Cell::Number(value) => figure(*value),
        Cell::Text(text) => text.clone(),
    }
}

/// `room` characters: the bar, blanks, and `|` where the objective lies.
fn bar_line(value: f64, limit: Option<f64>, largest: f64, room: usize) -> String {
    let cells = |x: f64| (x / largest * room as f64).round() as usize;
    let filled = cells(value).clamp(usize::from(value > 0.0), room);
    let mark = limit.map(|limit| cells(limit).min(room - 1));
    (0..room)
        .map(|i| match i {
            i if Some(i) == mark => '|',
            i if i < filled => '#',
            _ => ' ',
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statements(column: Column, values: [u64; 2]) -> Table {
        let rows = [10_u64, 100].into_iter().zip(values).map(|(orders, value)| vec![orders.into(), value.into()]);
        Table {
            title: "x".into(),
            columns: vec![Column::new("orders", ""), column],
            rows: rows.collect(),
            plot: Some(1),
        }
    }

    fn hashes(lines: &[String]) -> Vec<usize> {
        lines.iter().map(|line| line.matches('#').count()).filter(|count| *count > 0).collect()
    }

    #[test]
    fn what_is_mended_has_short_bars_on_the_originals_axis() {
        let column = || Column::new("statements", "");
        let original = statements(column(), [366, 3_626]);
        let mended = bars(&statements(column(), [2, 2]), 1, Some(&original));
        assert_eq!(hashes(&mended), [1, 1], "{mended:?}");
        assert!(
            mended.iter().any(|line| line.contains("statements: 0 to 3,626, the original's largest")),
            "{mended:?}"
        );
        let its_own = hashes(&bars(&original, 1, Some(&original)));
        assert!(its_own[1] > 8 * its_own[0], "{its_own:?}");
    }

    #[test]
    fn without_an_original_or_an_objective_nothing_says_what_is_long() {
        assert!(bars(&statements(Column::new("statements", ""), [2, 2]), 1, None).is_empty());
        let held = bars(&statements(Column::new("time", "ms").at_most(100.0), [2, 2]), 1, None);
        assert!(held.iter().any(|line| line.contains("time: 0 to 100 ms; | is the SLO, 100 ms")), "{held:?}");
        assert_eq!(hashes(&held), [1, 1]);
    }

    #[test]
    fn no_figure_and_no_word_is_cut_where_the_terminal_is_narrow() {
        let mut view = grid(&["wall time", "ratio", "interval", "margin", "", "medians"]);
        view.set_width(60);
        let medians = "4,408,736 / 22,017 us";
        view.add_row([
            "original / reference, 100,000 lines",
            "200.2x",
            "190.1 .. 210.3",
            "1.02x",
            "inconclusive",
            medians,
        ]);
        keep_words(&mut view);
        let shown = view.to_string();
        for whole in
            ["original", "reference,", "100,000", "200.2x", "190.1", "210.3", "inconclusive", "4,408,736", "22,017"]
        {
            assert!(shown.contains(whole), "{whole} in\n{shown}");
        }
        let mut view = grid(&["route, which has a long name", "slowest of all"]);
        view.set_width(20);
        view.add_row(["the payments of one day", "1,889 !"]);
        keep_words(&mut view);
        let shown = view.to_string();
        assert!(shown.contains("1,889 !") && shown.contains("payments"), "{shown}");
    }

    #[test]
    fn bars_are_to_scale_and_show_the_objective() {
        assert_eq!(bar_line(50.0, Some(20.0), 100.0, 10), "##|##     ");
        assert_eq!(bar_line(0.1, None, 100.0, 10), "#         ");
        assert_eq!(bar_line(0.0, None, 100.0, 4), "    ");
    }
}
