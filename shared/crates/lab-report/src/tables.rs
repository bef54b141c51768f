//! Tables that fit every screen: on a telephone each row becomes a card, with every figure beside the name of its column.

use maud::{Markup, html};

/// A column's heading.
pub struct Column {
    heading: String,
    is_number: bool,
}

impl Column {
    /// A column of words.
    pub fn words(heading: impl Into<String>) -> Self {
        Column { heading: heading.into(), is_number: false }
    }

    /// A column of figures, whose last digits stand below each other.
    pub fn numbers(heading: impl Into<String>) -> Self {
        Column { heading: heading.into(), is_number: true }
    }
}

/// What stands in a row below a heading.
pub struct Cell {
    class: &'static str,
    content: Markup,
}

impl Cell {
    /// A cell that the style sheet knows by a class.
    pub fn of(class: &'static str, content: Markup) -> Self {
        Cell { class, content }
    }
}

impl From<Markup> for Cell {
    fn from(content: Markup) -> Self {
        Cell { class: "", content }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Cell { class: "", content: html! { (text) } }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        text.to_string().into()
    }
}

/// A table, and what it is called where it cannot be seen. The roles say that it is one also where its style makes cards of it.
pub fn table(label: &str, caption: Option<&str>, columns: &[Column], rows: Vec<Vec<Cell>>) -> Markup {
    html! {
        div class="scroll" tabindex="0" role="group" aria-label=(label) {
            table class="cards" role="table" {
                @if let Some(caption) = caption { caption { (caption) } }
                thead role="rowgroup" { tr role="row" {
                    @for column in columns { th role="columnheader" class=(if column.is_number { "num" } else { "" }) { (column.heading) } }
                } }
                tbody role="rowgroup" {
                    @for row in rows { tr role="row" {
                        @for (cell, column) in row.into_iter().zip(columns) {
                            td role="cell" class={ (if column.is_number { "num " } else { "" }) (cell.class) } data-label=(column.heading) {
                                div { (cell.content) }
                            }
                        }
                    } }
                }
            }
        }
    }
}
