//! Labs whose subject is a file that is no Rust: rules, SQL, a manifest, a load test.
//!
//! The program is the contract's, and the file's text is built into it: original, yours and reference are the same program around another
//! text. A text that cannot be read says nothing that could be judged, so the program ends with the place and the reason, and the verdict is
//! INVALID.

use std::fmt;
use std::process::ExitCode;

use anyhow::{Context, Result};
use lab_results::{Counts, Record};

use crate::program::{Program, Run, emit};

/// What a lab supplies: functions over what its file says, `T`.
pub struct FileLab<T> {
    /// The file in the lab's folder, such as `src/autoscaler.json`.
    pub file: &'static str,
    /// Reads a text. What the format allows and the lab does not is a mistake, too.
    pub read: fn(&str) -> std::result::Result<T, Mistake>,
    /// Shows the symptom.
    pub symptom: fn(&T, &Run) -> Result<()>,
    /// Counts what the gates are declared on.
    pub counts: fn(&T, &Run) -> Result<Counts>,
    /// What they are counted of: how many of what, such as 1,440 minutes.
    pub counted_of: (u64, &'static str),
}

/// Why a text cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Line and column, from 1, where the mistake has a place.
    pub place: Option<(usize, usize)>,
    /// What is wrong there.
    pub what: String,
}

impl Mistake {
    /// A mistake of the whole text.
    pub fn of_all(what: impl Into<String>) -> Mistake {
        Mistake { place: None, what: what.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some((line, column)) => write!(f, ", line {line}, column {column}: {}", self.what),
            None => write!(f, ": {}", self.what),
        }
    }
}

impl std::error::Error for Mistake {}

impl From<serde_json::Error> for Mistake {
    fn from(error: serde_json::Error) -> Mistake {
        let (place, words) = ((error.line(), error.column()), error.to_string());
        let behind = format!(" at line {} column {}", place.0, place.1);
        Mistake { place: Some(place), what: words.strip_suffix(&behind).unwrap_or(&words).into() }
    }
}

/// The `main` of the program around a text.
pub fn main<T>(lab: &FileLab<T>, text: &str) -> ExitCode {
    crate::program::main(&FileProgram { lab, text })
}

struct FileProgram<'a, T> {
    lab: &'a FileLab<T>,
    text: &'a str,
}

impl<T> FileProgram<'_, T> {
    fn read(&self) -> Result<T> {
        let FileLab { file, read, .. } = self.lab;
        read(self.text).map_err(|mistake| anyhow::anyhow!("{file}{mistake}"))
    }
}

impl<T> Program for FileProgram<'_, T> {
    fn reproduce(&self, run: &Run) -> Result<()> {
        (self.lab.symptom)(&self.read()?, run)
    }

    fn check(&self, _run: &Run) -> Result<()> {
        self.read()?;
        // What a file says is right or wrong only by what comes of it: that is counted next.
        emit(&Record::Checked { cases: 0 });
        Ok(())
    }

    fn count(&self, run: &Run) -> Result<()> {
        let counts = (self.lab.counts)(&self.read()?, run).context("Failed to count what the file comes to")?;
        let (size, unit) = self.lab.counted_of;
        emit(&Record::Counts { size, unit: unit.into(), counts });
        Ok(())
    }

    fn work(&self, run: &Run) -> Result<()> {
        (self.lab.counts)(&self.read()?, run).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAB: FileLab<u32> = FileLab {
        file: "src/limits.json",
        read: |text| {
            let limit = serde_json::from_str(text)?;
            if limit > 9 { Err(Mistake::of_all("no more than 9")) } else { Ok(limit) }
        },
        symptom: |_, _| Ok(()),
        counts: |_, _| Ok(Counts::new()),
        counted_of: (1, "limits"),
    };

    #[test]
    fn what_cannot_be_read_is_told_with_its_place() {
        let said = |text| FileProgram { lab: &LAB, text }.read().map_err(|error| error.to_string());
        assert_eq!(said("7"), Ok(7));
        assert_eq!(
            said("[\n  x"),
            Err("src/limits.json, line 1, column 0: invalid type: sequence, expected u32".into())
        );
        assert_eq!(said("12"), Err("src/limits.json: no more than 9".into()));
        assert_eq!(said(""), Err("src/limits.json, line 1, column 0: EOF while parsing a value".into()));
    }
}
