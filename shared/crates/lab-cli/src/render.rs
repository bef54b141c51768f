//! Records as people read them: tables that fit the terminal, bars where a picture helps.

use anstyle::Style;
use comfy_table::{Attribute, CellAlignment, Color, ColumnConstraint, ContentArrangement, Width, presets};
pub use comfy_table::{Cell as View, Table as Grid};
use lab_results::gate::figure;
use lab_results::{Cell, Column, Table};

use crate::say;
use crate::terminal::{BAD, GOOD, HEADING, QUIET, paint, width};

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
    for line in grid.lines() {
        // The last column's padding stands before its style ends.
        let text = line.trim_end();
        match text.strip_suffix(RESET) {
            Some(styled) => say!("{}{RESET}", styled.trim_end()),
            None => say!("{text}"),
        }
    }
}

/// Columns of figures, whose last digits stand below each other.
pub fn right_aligned(grid: &mut Grid, columns: impl IntoIterator<Item = usize>) {
    for index in columns {
        if let Some(column) = grid.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// Prints a program's table with its objectives, and its bars below.
pub fn table(table: &Table) {
    say!("{}", paint(HEADING, &table.title));
    let headings: Vec<String> = table.columns.iter().map(heading).collect();
    let mut view = grid(&headings.iter().map(String::as_str).collect::<Vec<_>>());
    for row in &table.rows {
        view.add_row(row.iter().zip(&table.columns).map(|(cell, column)| cell_view(cell, column)));
    }
    let cells = table.rows.first().into_iter().flatten().enumerate();
    right_aligned(&mut view, cells.filter(|(_, cell)| matches!(cell, Cell::Number(_))).map(|(index, _)| index));
    keep_words(&mut view, table);
    print(&view);
    for column in table.columns.iter().filter(|column| column.slo.is_some()) {
        let limit = column.slo.map_or(0.0, |slo| slo.at_most);
        say!("{}", paint(QUIET, format!("SLO: {} <= {} {}", column.name, figure(limit), column.unit)));
    }
    if let Some(plotted) = table.plot {
        bars(table, plotted);
    }
    say!();
}

/// Where the terminal is narrow, cells are wrapped between words, and no path is cut within.
fn keep_words(view: &mut Grid, table: &Table) {
    for (index, column) in view.column_iter_mut().enumerate() {
        let heading = table.columns.get(index).map(heading).into_iter();
        let cells = table.rows.iter().filter_map(|row| row.get(index)).map(|cell| match cell {
            Cell::Text(text) => text.clone(),
            Cell::Number(value) => figure(*value),
        });
        let longest = |text: String| text.split(' ').map(|word| word.chars().count()).max();
        if let Some(longest @ 1..40) = heading.chain(cells).filter_map(longest).max() {
            // A blank on either side.
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(longest as u16 + 2)));
        }
    }
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

/// One bar a row, on a linear scale from zero, with the objective marked.
fn bars(table: &Table, plotted: usize) {
    let values: Vec<f64> = table
        .rows
        .iter()
        .filter_map(|row| match row.get(plotted) {
            Some(Cell::Number(value)) => Some(*value),
            _ => None,
        })
        .collect();
    let Some(column) = table.columns.get(plotted) else { return };
    let limit = column.slo.map(|slo| slo.at_most);
    let largest = values.iter().copied().chain(limit).fold(0.0, f64::max);
    if values.len() != table.rows.len() || largest <= 0.0 {
        return;
    }
    let labels: Vec<String> = table.rows.iter().map(|row| label(&row[0])).collect();
    let widest = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0).min(24);
    let room = width().saturating_sub(widest + 16).clamp(10, 60);
    say!();
    for (label, value) in labels.iter().zip(&values) {
        let bar = bar_line(*value, limit, largest, room);
        let style = limit.map_or(Style::new(), |limit| if *value > limit { BAD } else { GOOD });
        let short: String = label.chars().take(widest).collect();
        say!("{short:>widest$} {} {} {}", paint(style, bar), figure(*value), column.unit);
    }
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

    #[test]
    fn bars_are_to_scale_and_show_the_objective() {
        assert_eq!(bar_line(50.0, Some(20.0), 100.0, 10), "##|##     ");
        assert_eq!(bar_line(0.1, None, 100.0, 10), "#         ");
        assert_eq!(bar_line(0.0, None, 100.0, 4), "    ");
    }
}
