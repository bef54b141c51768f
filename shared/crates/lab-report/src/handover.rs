//! What a learner hands over to a trainer, `lab report --json`, and what a trainer has of all of them.

use lab_results::Progress;
use serde::{Deserialize, Serialize};

use crate::attempts::Attempt;
use crate::sources::{Gone, Report, parse};

/// Version of the [`Handover`] document. Readers refuse another one and say so.
pub const SCHEMA: u32 = 1;

/// One learner's progress in all labs: results, no code and no figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Handover {
    /// Schema of the program that wrote the document.
    pub schema: u32,
    /// Whose it is, where they say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When, in seconds since 1970.
    pub at: u64,
    /// Machine: operating system, architecture, cores.
    pub machine: String,
    /// The labs, by number.
    pub labs: Vec<HandoverLab>,
}

/// One learner's progress in one lab.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HandoverLab {
    /// `lab-01-string-building`
    pub name: String,
    /// The one-line symptom.
    pub symptom: String,
    /// How far they are.
    pub progress: Progress,
    /// Verifications that are still on disk, oldest first.
    pub attempts: Vec<Attempt>,
}

impl Handover {
    /// A report in short.
    pub fn of(report: &Report) -> Self {
        let labs = report.labs.iter().map(|lab| HandoverLab {
            name: lab.name.clone(),
            symptom: lab.symptom.clone(),
            progress: Progress { attempts: u32::try_from(lab.attempts()).unwrap_or(u32::MAX), ..lab.progress.clone() },
            attempts: lab.runs.attempts.clone(),
        });
        Handover {
            schema: SCHEMA,
            name: report.name.clone(),
            at: report.at,
            machine: report.machine.clone(),
            labs: labs.collect(),
        }
    }
}

/// What many learners handed over.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Board {
    /// When they were put together, in seconds since 1970.
    pub at: u64,
    /// Those who can be shown, in order.
    pub learners: Vec<Learner>,
    /// Files that could not be read, each with the reason.
    pub gone: Vec<Gone>,
}

/// What one learner handed over.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Learner {
    /// The file that it came in.
    pub file: String,
    /// What they are called: by themselves, or else by the file.
    pub name: String,
    /// Their progress.
    pub handover: Handover,
}

/// Reads what somebody handed over.
///
/// # Errors
///
/// Whatever makes it none that we can show.
pub fn read_handover(file: &str, text: &str) -> Result<Handover, Gone> {
    parse(file, text, SCHEMA..=SCHEMA)
}
