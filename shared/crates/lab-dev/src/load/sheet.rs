//! What a part of the measurement shows.

/// A table, and what is to be read below it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sheet {
    /// The columns.
    pub headings: Vec<&'static str>,
    /// The rows.
    pub rows: Vec<Vec<String>>,
    /// Sentences below it, one a line.
    pub notes: Vec<String>,
}
