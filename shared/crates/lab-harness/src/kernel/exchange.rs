//! Functions that make one file of another: a kernel's input is an [`Exchange`] then, and its output what came of it.

use std::fmt;
use std::io::{self, ErrorKind};

pub use lab_probe::files::{CountedFile, Exchange, Exchanged, Trouble};
use serde_json::Value;

/// What came of an exchange that writes JSON. Two are equal where they said the same and wrote the same values: neither spaces nor the
/// order of members matter. The kind of an error counts, and of one of serde_json's the line.
pub struct ExchangedJson(Exchanged);

impl ExchangedJson {
    /// What comes of this exchange when `work` makes its second file.
    pub fn of(exchange: &Exchange, work: impl FnOnce(&mut CountedFile, &mut CountedFile) -> io::Result<()>) -> Self {
        ExchangedJson(exchange.call(work))
    }

    /// What was said: nothing, or the error's kind and, of text that cannot be read, the line where that shows.
    pub fn said(&self) -> Result<(), (ErrorKind, Option<usize>)> {
        self.0.said.as_ref().copied().map_err(|error| {
            let json = error.get_ref().and_then(|error| error.downcast_ref::<serde_json::Error>());
            (error.kind(), json.map(serde_json::Error::line))
        })
    }

    /// What was written, as whoever gets it reads it. What was written of a file that did not fit is nothing.
    ///
    /// # Errors
    /// It is no JSON, or bytes were moved past the files that were handed over: what is wrong with it.
    pub fn json(&self) -> Result<Option<Value>, String> {
        let Exchanged { unread, written, .. } = &self.0;
        let text = written.content().expect("a file can be read again");
        match self.said() {
            Ok(()) if *unread > 0 => Err(format!("{unread} B were not read")),
            _ if text.len() as u64 != written.moved() => Err("a file that was not written through `Write`".into()),
            _ if self.is_full() || text.is_empty() => Ok(None),
            _ => serde_json::from_slice(&text).map(Some).map_err(|error| format!("a file that is no JSON: {error}")),
        }
    }

    /// Whether it was said that the file does not fit.
    fn is_full(&self) -> bool {
        self.said() == Err((ErrorKind::StorageFull, None))
    }

    /// Calls that read and calls that wrote.
    pub fn calls(&self) -> [u64; 2] {
        [self.0.reads, self.0.written.calls()]
    }
}

impl PartialEq for ExchangedJson {
    fn eq(&self, other: &Self) -> bool {
        (self.said(), self.json()) == (other.said(), other.json())
    }
}

impl fmt::Debug for ExchangedJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.said() {
            Ok(()) => f.write_str("Ok, ")?,
            Err((kind, None)) => write!(f, "error {kind:?}, ")?,
            Err((kind, Some(line))) => write!(f, "error {kind:?} in line {line}, ")?,
        }
        match self.json() {
            Ok(None) if self.is_full() => f.write_str("and what was written so far does not count"),
            Ok(None) => f.write_str("nothing written"),
            Ok(Some(json)) => write!(f, "{json}"),
            Err(wrong) => f.write_str(&wrong),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    fn of(exchange: &Exchange, text: &str) -> ExchangedJson {
        ExchangedJson::of(exchange, |from, to| {
            from.read_to_end(&mut Vec::new())?;
            to.write_all(text.as_bytes())
        })
    }

    #[test]
    fn values_count_and_spaces_do_not() {
        let exchange = Exchange::new("x");
        assert_eq!(of(&exchange, r#"{"a":1,"b":[2]}"#), of(&exchange, r#"{ "b": [ 2 ], "a": 1 }"#));
        assert_ne!(of(&exchange, "1"), of(&exchange, "1.0"));
        assert_ne!(of(&exchange, "1"), of(&exchange, ""));
        assert_eq!(of(&exchange, "[2]").calls()[1], 1);
        let broken = format!("{:?}", of(&exchange, "[2"));
        assert!(broken.starts_with("Ok, a file that is no JSON: EOF"), "{broken}");
    }

    #[test]
    fn an_errors_kind_and_line_count() {
        let error = |text: &'static str| {
            ExchangedJson::of(&Exchange::new("x"), |_, _| Ok(serde_json::from_str::<Vec<u8>>(text).map(drop)?))
        };
        assert_eq!(error("[\nx").said(), Err((ErrorKind::InvalidData, Some(2))));
        assert_eq!(format!("{:?}", error("[\n")), "error UnexpectedEof in line 2, nothing written");
        assert_ne!(error("[x"), error("[\nx"));
        let bare = |kind: ErrorKind| ExchangedJson::of(&Exchange::new("x"), move |_, _| Err(kind.into()));
        assert_ne!(bare(ErrorKind::InvalidData), error("[x"));
        assert_eq!(format!("{:?}", bare(ErrorKind::TimedOut)), "error TimedOut, nothing written");
    }

    #[test]
    fn what_was_not_moved_by_the_files_that_were_handed_over_is_wrong() {
        let unread = ExchangedJson::of(&Exchange::new("xyz"), |_, to| to.write_all(b"1"));
        assert_eq!(unread.json(), Err("3 B were not read".into()));
        let full = Trouble::ending(2, ErrorKind::StorageFull);
        let full = of(&Exchange::new("x").with(Trouble::NONE, full), "[1]");
        assert_eq!((full.said(), full.json()), (Err((ErrorKind::StorageFull, None)), Ok(None)));
        assert!(format!("{full:?}").starts_with("error StorageFull, and what was written"), "{full:?}");
    }
}
