//! Dates, machines and marks, said the same way everywhere.

use std::time::{Duration, UNIX_EPOCH};

use lab_results::names::database_name;
use lab_results::{Outcome, ProgramRun, Verdict};
use maud::{Markup, html};

/// `2026-11-23 18:04 UTC`
pub fn date(at: u64) -> String {
    // The year 9999 ends at this second; what lies beyond is no date that anybody meant.
    const LAST: u64 = 253_402_300_799;
    let text = humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(at.min(LAST))).to_string();
    format!("{} {} UTC", &text[..10], &text[11..16])
}

/// What it takes to repeat a verification.
pub fn facts_of_verdict(verdict: &Verdict) -> String {
    facts(verdict.seed, verdict.database.as_deref(), &verdict.machine, verdict.load, verdict.at)
}

/// What it takes to repeat a program's run.
pub fn facts_of_run(run: &ProgramRun) -> String {
    let small = if run.smoke { "smallest size, " } else { "" };
    format!("{small}{}", facts(run.seed, run.database.as_deref(), &run.machine, run.load, run.at))
}

fn facts(seed: u64, database: Option<&str>, machine: &str, load: Option<f64>, at: u64) -> String {
    let database = database.map(|kind| format!(", {}", database_name(kind))).unwrap_or_default();
    let load = load.map(|load| format!(", load {load:.1}")).unwrap_or_default();
    format!("seed {seed}{database}, {machine}{load}, {}", date(at))
}

/// What a figure was measured on: SQLite and PostgreSQL must not be taken for each other.
pub fn database_badge(kind: Option<&str>) -> Markup {
    html! { @if let Some(kind) = kind { " " span class="badge database" { (database_name(kind)) } } }
}

/// The word of a verification, in the colour of good or bad news.
pub fn badge(outcome: Outcome) -> Markup {
    let class = match outcome {
        Outcome::Solved | Outcome::CountsPass => "badge good",
        Outcome::NotYet | Outcome::Inconclusive => "badge",
        Outcome::WrongAnswer | Outcome::Invalid => "badge bad",
    };
    html! { span class=(class) { (outcome.as_str()) } }
}

/// Text that a program wrote for a terminal, without its colours.
pub fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

/// A gate's limit, with the signs of the charts: `≤ 8`. In a verdict they are `<=` and `>=`.
pub fn limit(text: &str) -> String {
    text.replace("<=", "≤").replace(">=", "≥")
}

/// Why a verdict is what it is, with the same signs. A reason may also hold code: only what is said to be allowed is a limit.
pub fn reason(text: &str) -> String {
    plain(text).replace("allowed <=", "allowed ≤").replace("allowed >=", "allowed ≥")
}

/// `1 attempt`, `2 attempts`
pub fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
