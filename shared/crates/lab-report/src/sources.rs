//! What a report is made of, and how it is read from texts that may be old, new or half written.

mod older;

use std::ops::RangeInclusive;

use lab_results::{ProgramRun, Progress, Verdict, program_run, verdict};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::attempts::Attempt;

pub use older::subject as older_subject;

/// Everything that a report shows.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Report {
    /// When it was made, in seconds since 1970.
    pub at: u64,
    /// Where it was made: operating system, architecture, cores.
    pub machine: String,
    /// Whose it is, where they say so.
    pub name: Option<String>,
    /// The labs, by number.
    pub labs: Vec<Lab>,
}

/// A lab and everything that is on disk of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Lab {
    /// `lab-01-string-building`
    pub name: String,
    /// 1
    pub number: u32,
    /// `string-building`
    pub slug: String,
    /// The curriculum's part.
    pub part: u8,
    /// How long a learner should plan.
    pub minutes: u32,
    /// What it demands of original / yours, where it looks at time.
    #[serde(default)]
    pub faster: Option<f64>,
    /// The verbs that show its fault, such as `profile`.
    #[serde(default)]
    pub looks: Vec<String>,
    /// The one-line symptom.
    pub symptom: String,
    /// The lab's README, in Markdown.
    pub readme: String,
    /// How far the learner is.
    pub progress: Progress,
    /// Its verifications.
    pub runs: Runs,
    /// The last runs of its programs.
    pub programs: Vec<Program>,
    /// The diagnosis that was given.
    pub answers: Vec<Answer>,
    /// The solution's diff, where it may be shown.
    pub diff: Option<Diff>,
    /// Files that could not be read, each with the reason.
    pub gone: Vec<Gone>,
}

/// Verifications that were kept.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Runs {
    /// Those that can be shown in full, oldest first.
    pub verdicts: Vec<Verdict>,
    /// All whose result can be told, also of older versions; oldest first.
    pub attempts: Vec<Attempt>,
}

/// The last run of one of a lab's programs, or of a tool on it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Program {
    /// What it was asked for: `reproduce`, `profile`, `heap`, ...
    pub verb: String,
    /// `original`, `yours` or `reference`.
    pub subject: String,
    /// What it said; nothing for pictures that were drawn before runs were kept.
    pub run: Option<ProgramRun>,
    /// What was drawn of it.
    pub pictures: Vec<Picture>,
}

/// A flamegraph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// Its file's name.
    pub file: String,
    /// The picture.
    pub svg: String,
}

/// One question of the diagnosis, as the learner answered it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The question.
    pub question: String,
    /// What was chosen.
    pub choice: String,
    /// Why it is right; nothing where it is not.
    pub because: Option<String>,
}

/// What the solution changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Diff {
    /// What fixes it, in one line.
    pub fix: String,
    /// A unified diff.
    pub text: String,
}

/// A file that says nothing to us.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gone {
    /// Its path, as people know it.
    pub file: String,
    /// Why, and what to do.
    pub why: String,
}

/// What any version says of a verification.
#[derive(Deserialize)]
struct Header {
    at: u64,
    seed: u64,
    outcome: lab_results::Outcome,
    #[serde(default)]
    database: Option<String>,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    hints_used: u8,
    #[serde(default)]
    seconds: f64,
}

impl Lab {
    /// Adds the text of a verification's file.
    pub fn add_verdict(&mut self, file: &str, text: &str) {
        match parse::<Verdict>(file, text, older::OLDEST_VERDICT..=verdict::SCHEMA) {
            Ok(verdict) => {
                self.runs.attempts.push(Attempt::of(&verdict));
                self.runs.verdicts.push(verdict);
            }
            Err(gone) => {
                if let Ok(header) = serde_json::from_str::<Header>(text) {
                    let Header { at, seed, outcome, database, reason, hints_used, seconds } = header;
                    let missed = Vec::new();
                    self.runs.attempts.push(Attempt {
                        at,
                        seed,
                        outcome,
                        database,
                        reason,
                        hints_used,
                        seconds,
                        missed,
                    });
                }
                self.gone.push(gone);
            }
        }
        self.runs.attempts.sort_by_key(|attempt| attempt.at);
        self.runs.verdicts.sort_by_key(|verdict| verdict.at);
    }

    /// Adds what was kept of a run of a program: its document, its pictures, or both.
    pub fn add_program(&mut self, verb: &str, subject: &str, run: Option<(&str, &str)>, pictures: Vec<Picture>) {
        let run = run.and_then(|(file, text)| {
            parse::<ProgramRun>(file, text, program_run::SCHEMA..=program_run::SCHEMA)
                .map_err(|gone| self.gone.push(gone))
                .ok()
        });
        if run.is_some() || !pictures.is_empty() {
            self.programs.push(Program { verb: verb.into(), subject: older::subject(subject), run, pictures });
        }
    }

    /// How many attempts there were: as many as were counted, or as there are files of, where the counter was deleted.
    pub fn attempts(&self) -> usize {
        (self.progress.attempts as usize).max(self.runs.attempts.len())
    }

    /// `solved`, `started`, or `-` for a lab in which nobody has done anything.
    pub fn state(&self) -> &'static str {
        match self.progress.state() {
            "-" if self.attempts() > 0 => "started",
            state => state,
        }
    }

    /// Whether anything was done in it.
    pub fn is_touched(&self) -> bool {
        self.progress != Progress::default()
            || !self.runs.attempts.is_empty()
            || !self.programs.is_empty()
            || !self.gone.is_empty()
    }

    /// `01`
    pub fn nn(&self) -> String {
        format!("{:02}", self.number)
    }

    /// The runs of a verb.
    pub fn programs<'a>(&'a self, verb: &'a str) -> impl Iterator<Item = &'a Program> {
        self.programs.iter().filter(move |program| program.verb == verb)
    }
}

/// A document of one of some versions in the words of the newest, or why it is none that we can show.
///
/// # Errors
///
/// Half-written text, another version, and a document that lacks what its version has.
pub fn parse<T: DeserializeOwned>(file: &str, text: &str, versions: RangeInclusive<u32>) -> Result<T, Gone> {
    let gone = |why: String| Gone { file: file.into(), why };
    let mut value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) if error.is_eof() => {
            return Err(gone("it ends in the middle: half written".into()));
        }
        Err(error) => return Err(gone(format!("it is not JSON ({error})"))),
    };
    let (oldest, newest) = (*versions.start(), *versions.end());
    match value.get("schema").and_then(Value::as_u64) {
        Some(theirs) if theirs > u64::from(newest) => {
            Err(gone(format!("a newer version wrote it (schema {theirs}, here {newest}): update the checkout")))
        }
        Some(theirs) if theirs < u64::from(oldest) => {
            Err(gone(format!("an older version wrote it (schema {theirs}, now {newest})")))
        }
        Some(theirs) => {
            older::upgraded(&mut value);
            value["schema"] = newest.into();
            serde_json::from_value(value).map_err(|error| gone(format!("it says schema {theirs}, but {error}")))
        }
        None => Err(gone("it does not say which schema it has: it is not one of ours".into())),
    }
}

#[cfg(all(test, feature = "pages"))]
mod tests;
