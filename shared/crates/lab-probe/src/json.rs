//! JSON that is counted: how many bytes a program writes and reads, and how long that takes.
//!
//! Text that is written only to be read again costs little beside a database, so that a clock seldom shows it; these counts always do. They
//! are the process's, and exact. Only what goes through [`print()`] and [`parse()`] counts: a program that shall be judged by it is given no
//! other way to JSON.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use serde_json::{Error, Value};

static WRITTEN: AtomicU64 = AtomicU64::new(0);
static READ: AtomicU64 = AtomicU64::new(0);
static SPENT_NS: AtomicU64 = AtomicU64::new(0);

/// What was done since counting began, or since the last [`take`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JsonCounts {
    /// Bytes of JSON written.
    pub written: u64,
    /// Bytes of JSON read, those of texts that could not be read included.
    pub read: u64,
    /// Wall time that both took.
    pub spent: Duration,
}

/// The counts so far, which start again at zero.
pub fn take() -> JsonCounts {
    JsonCounts {
        written: WRITTEN.swap(0, Relaxed),
        read: READ.swap(0, Relaxed),
        spent: Duration::from_nanos(SPENT_NS.swap(0, Relaxed)),
    }
}

/// A value as JSON, on one line and without spaces.
///
/// # Panics
///
/// When the value has no form in JSON: a map whose keys are not texts, or a type whose own `Serialize` fails.
pub fn print<T: Serialize + ?Sized>(value: &T) -> String {
    let text = timed(|| serde_json::to_string(value)).expect("the value has a form in JSON");
    WRITTEN.fetch_add(text.len() as u64, Relaxed);
    text
}

/// Reads a value from JSON.
///
/// # Errors
///
/// The text is no JSON, or that of another type.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    READ.fetch_add(text.len() as u64, Relaxed);
    timed(|| serde_json::from_str(text))
}

fn timed<T>(work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let result = work();
    SPENT_NS.fetch_add(began.elapsed().as_nanos() as u64, Relaxed);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    // One test, because the counts are the process's.
    #[test]
    fn each_byte_counts_once_whatever_it_is_read_into() {
        let text = print(&[Some(10), None]);
        assert_eq!(text, "[10,null]");
        let JsonCounts { written, read, spent } = take();
        assert_eq!((written, read), (9, 0));
        assert!(spent > Duration::ZERO);

        let typed: [Option<u8>; 2] = parse(&text).expect("it was written just now");
        let untyped: Value = parse(&text).expect("it was written just now");
        assert_eq!((typed[0], untyped[0].as_u64()), (Some(10), Some(10)));
        assert!(parse::<u8>("no").is_err());
        assert_eq!(print(&untyped), text);
        let JsonCounts { written, read, .. } = take();
        assert_eq!((written, read), (9, 9 + 9 + 2));
        assert_eq!(take(), JsonCounts::default());
    }
}
