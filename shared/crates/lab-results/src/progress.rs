//! What a learner has done in a lab so far.

use serde::{Deserialize, Deserializer, Serialize};

/// Hints that a lab has.
pub const HINTS: u8 = 4;

/// One lab's progress, kept by the lab's name so that renumbering breaks nothing.
///
/// Help is what was read or looked at before the lab was SOLVED for the first time. What somebody reads afterwards, to compare, is no help.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// The highest hint read before the first SOLVED, 0 to 4.
    #[serde(deserialize_with = "hint")]
    pub hints: u8,
    /// The highest hint read at all, 0 to 4; never less than `hints`. See [`Progress::read_so_far`].
    #[serde(deserialize_with = "hint")]
    pub hints_read: u8,
    /// When each of those was first read, the first hint's first, in seconds since 1970; 0 for one that was skipped.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hints_at: Vec<u64>,
    /// Complete verifications run: not those at small sizes, or without time.
    pub attempts: u32,
    /// Whether one of them was SOLVED.
    pub solved: bool,
    /// When the first of them was, in seconds since 1970; nothing where that was before times were kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub solved_at: Option<u64>,
    /// The word of the last verification.
    pub last: Option<String>,
    /// The share of the diagnosis that was right, such as `2 of 3`.
    pub diagnosis: Option<String>,
    /// The choices of the last diagnosis, counted from 1, in the order of its questions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<usize>,
    /// Whether the solution was looked at before the first SOLVED.
    pub saw_solution: bool,
    /// When the solution was first looked at, before or after, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saw_solution_at: Option<u64>,
}

impl Progress {
    /// `solved`, `started`, or `-` for a lab that nobody has touched.
    pub fn state(&self) -> &'static str {
        match self {
            Progress { solved: true, .. } => "solved",
            Progress { attempts: 0, diagnosis: None, last: None, .. } if self.read_so_far() == 0 => "-",
            _ => "started",
        }
    }

    /// The highest hint that was read, before the first SOLVED or after it.
    pub fn read_so_far(&self) -> u8 {
        // A file from before `hints_read` was kept has only `hints`.
        self.hints_read.max(self.hints)
    }

    /// The hint to read next; the last one again where all are read.
    pub fn next_hint(&self) -> u8 {
        (self.read_so_far() + 1).min(HINTS)
    }

    /// Notes that a hint was read, at this second. It counts as help only before the first SOLVED.
    pub fn read_hint(&mut self, level: u8, at: u64) {
        let level = level.clamp(1, HINTS);
        self.hints_read = self.read_so_far().max(level);
        if !self.solved {
            self.hints = self.hints.max(level);
        }
        let index = usize::from(level - 1);
        if self.hints_at.len() <= index {
            self.hints_at.resize(index + 1, 0);
        }
        if self.hints_at[index] == 0 {
            self.hints_at[index] = at;
        }
    }

    /// Notes that the solution was looked at, at this second. It counts as help only before the first SOLVED.
    pub fn look_at_solution(&mut self, at: u64) {
        self.saw_solution |= !self.solved;
        self.saw_solution_at.get_or_insert(at);
    }
}

/// A hint's number, whatever a file says: there is none beyond the last.
fn hint<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    Ok(u64::deserialize(deserializer)?.min(HINTS.into()) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_looked_at_before_the_first_solved_is_help() {
        let mut progress = Progress::default();
        progress.read_hint(1, 10);
        (progress.solved, progress.solved_at) = (true, Some(20));
        progress.read_hint(3, 30);
        progress.look_at_solution(40);
        assert_eq!((progress.hints, progress.read_so_far(), progress.next_hint()), (1, 3, 4));
        assert_eq!(progress.hints_at, [10, 0, 30]);
        assert_eq!((progress.saw_solution, progress.saw_solution_at), (false, Some(40)));

        let mut early = Progress::default();
        early.look_at_solution(5);
        early.look_at_solution(6);
        assert_eq!((early.saw_solution, early.saw_solution_at), (true, Some(5)));
    }

    #[test]
    fn a_file_cannot_name_a_hint_that_there_is_not() {
        for (hints, next) in [("0", 1), ("3", 4), ("4", 4), ("5", 4), ("255", 4), ("1000000", 4)] {
            let progress: Progress = serde_json::from_str(&format!("{{\"hints\": {hints}}}")).expect("is read");
            assert!(progress.hints <= HINTS);
            assert_eq!(progress.next_hint(), next, "{hints}");
        }
    }
}
