//! What a lab and its solution are, as their manifests declare them.

use std::path::PathBuf;

use lab_results::Gate;
use serde::Deserialize;

/// A lab, from `labs/<name>/Cargo.toml`.
#[derive(Debug, Clone)]
pub struct Lab {
    /// `lab-01-string-building`: progress is kept by it.
    pub name: String,
    /// 1
    pub number: u32,
    /// `string-building`
    pub slug: String,
    /// The one-line symptom.
    pub symptom: String,
    /// The lab's folder.
    pub folder: PathBuf,
    /// The rest of the declaration.
    pub meta: Metadata,
}

/// `[package.metadata.lab]`; unknown keys are refused.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// The curriculum's part, 1 to 4.
    pub part: u8,
    /// How long a learner should plan.
    pub minutes: u32,
    /// How it is run and judged.
    pub kind: Kind,
    /// The file that the learner edits.
    pub edit: String,
    /// Tools that show the fault, for the table.
    pub tools: Vec<String>,
    /// What the lab needs beyond Rust and a C compiler: `database`, `async`.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// The function that a CPU profile must name; nothing where the fault uses no CPU time of the learner's code.
    pub culprit: Option<String>,
    /// Kernel labs: the contract's type, as a path in the crate.
    pub contract: Option<String>,
    /// Kernel labs: the function under test, as a path in the crate.
    pub function: Option<String>,
    /// The speed-up that a learner's time must show; only where it is far beyond any noise.
    pub faster: Option<f64>,
    /// Limits on deterministic counts.
    pub gates: Vec<Gate>,
}

/// How a lab is run and judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A pure function, timed in one process with original and reference.
    Kernel,
    /// Code over a database, one process for each subject in turns.
    Store,
    /// A service on a socket, driven by the original's generator.
    Service,
    /// Code that waits, in tokio's paused time: nothing of it is timed by a clock of the machine's.
    Virtual,
    /// A file that is no Rust, whose text is handed to the contract's program: nothing is timed.
    File,
    /// Claims about code that the lab brings, which the judge measures again: nothing of the learner's is timed.
    Review,
}

/// What a lab needs beyond Rust and a C compiler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// SQLite (embedded) or PostgreSQL.
    Database,
    /// Tasks to look at with tokio-console.
    Async,
}

/// A lab's solution, from `solutions/<name>/Cargo.toml`.
#[derive(Debug, Clone)]
pub struct Solution {
    /// `solution-01-string-building`
    pub name: String,
    /// The solution's folder.
    pub folder: PathBuf,
    /// What fixes it, in one line.
    pub fix: String,
    /// The rest of the declaration.
    pub meta: SolutionMetadata,
}

/// `[package.metadata.solution]`; unknown keys are refused.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SolutionMetadata {
    /// The least that any solution could cost, for the record.
    pub floor: String,
    /// The graded diagnosis.
    pub diagnosis: Vec<Question>,
}

/// One question of the diagnosis.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The question.
    pub question: String,
    /// What there is to choose from.
    pub choices: Vec<String>,
    /// The right choice, counted from 1.
    pub answer: usize,
    /// Why it is right.
    pub because: String,
    /// For each choice, what the evidence says against it: a main clause that begins with a small letter and ends without a full stop.
    /// Empty for the right one. It leads back to the evidence and names neither the right choice nor the fix.
    #[serde(default)]
    pub not_because: Vec<String>,
}

impl Question {
    /// What speaks against a choice, counted from 1; nothing for the right one, and where its author wrote nothing.
    pub fn against(&self, choice: usize) -> Option<&str> {
        let words = self.not_because.get(choice.checked_sub(1)?)?;
        (choice != self.answer && !words.is_empty()).then_some(words)
    }

    /// What is wrong with the declaration itself.
    pub fn problem(&self) -> Option<String> {
        let question = &self.question;
        if !(1..=self.choices.len()).contains(&self.answer) {
            return Some(format!("the answer to \"{question}\" is none of its choices"));
        }
        if self.not_because.is_empty() {
            return None;
        }
        if self.not_because.len() != self.choices.len() {
            let (given, choices) = (self.not_because.len(), self.choices.len());
            return Some(format!("`not_because` of \"{question}\" has {given} entries for {choices} choices"));
        }
        self.not_because.iter().enumerate().find_map(|(index, words)| {
            let choice = &self.choices[index];
            match (index + 1 == self.answer, words.trim().is_empty()) {
                (true, false) => {
                    Some(format!("`not_because` of \"{question}\" speaks against the right choice, \"{choice}\""))
                }
                (false, true) => Some(format!("`not_because` of \"{question}\" says nothing about \"{choice}\"")),
                _ => None,
            }
        })
    }
}

impl Kind {
    /// Whether original, yours and reference are timed against each other.
    pub fn is_timed(self) -> bool {
        matches!(self, Kind::Kernel | Kind::Store | Kind::Service)
    }
}

impl Metadata {
    /// Whether the lab's programs open a database.
    pub fn uses_database(&self) -> bool {
        self.needs.contains(&Need::Database)
    }
}

impl Lab {
    /// `01`
    pub fn nn(&self) -> String {
        format!("{:02}", self.number)
    }

    /// `solution-01-string-building`
    pub fn solution_name(&self) -> String {
        format!("solution-{}-{}", self.nn(), self.slug)
    }
}
