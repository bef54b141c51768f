//! What each known half fix of a lab misses, counted and written into the solution's README.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use lab_results::names::{count_label, size_label};
use lab_results::{Outcome, Status, Verdict};

use super::page::{between, date, recorded, table};
use super::prove::{self, Proof};
use lab_core::catalogue::{self, Lab};
use lab_core::machine;
use lab_core::say;
use lab_core::workspace::{Workspace, write_atomically};

const BEGIN: &str = "<!-- half-fixes:begin -->";
const END: &str = "<!-- half-fixes:end -->";

/// Counts the half fixes of a lab whose solution's README has a place for them. No clock tells anything here, so it is the same on a busy
/// machine.
pub fn record(workspace: &Workspace, lab: &Lab) -> Result<()> {
    let path = catalogue::solution(workspace, lab)?.folder.join("README.md");
    let text = std::fs::read_to_string(&path).with_context(|| format!("Cannot read {}", path.display()))?;
    if !text.contains(BEGIN) {
        return Ok(());
    }
    let proofs = prove::proofs(workspace, lab)?;
    let half: Vec<&Proof> = proofs.iter().filter(|proof| is_half_fix(proof)).collect();
    let (mut rows, mut size) = (Vec::new(), String::new());
    prove::together(workspace, lab, &half, |proof, verdict| {
        rows.extend(row(proof, &verdict));
        size = verdict.largest("yours").map(|counted| size_label(counted.size, &counted.unit)).unwrap_or_default();
    })?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let recorded = format!(
        "Counted at {size} on {}, {}: `cargo lab dev update --half-fixes {}`.",
        date(now),
        machine::describe(),
        lab.nn()
    );
    let table = table(["half fix", "what it misses", "found", "allowed"], rows);
    let text = between(&text, BEGIN, END, &format!("{table}\n{recorded}\n"))
        .with_context(|| format!("{} lacks the line {END}", path.display()))?;
    write_atomically(&path, text.as_bytes())?;
    say!("{} is recorded", workspace.show(&path));
    Ok(())
}

/// A place for half fixes where there are some, and none is recorded.
pub fn problem(workspace: &Workspace, lab: &Lab, readme: &str) -> Result<Option<String>> {
    let recorded = recorded(readme, BEGIN, END);
    let has_some =
        || Ok::<_, anyhow::Error>(prove::proofs(workspace, lab)?.iter().filter(|it| is_half_fix(it)).count() > 1);
    let is_missing = recorded.is_some_and(|rows| rows.trim().is_empty()) && has_some()?;
    Ok(is_missing
        .then(|| format!("{}/README.md has no half fixes: cargo lab dev update --half-fixes", lab.solution_name())))
}

/// One that thinks it mends something, and is told otherwise by a count; and the original, to compare with.
fn is_half_fix(proof: &Proof) -> bool {
    proof.expected == Outcome::NotYet && !proof.name.ends_with("only-renames") && !proof.is_of_time()
}

/// The gate that the verdict names first.
fn row(proof: &Proof, verdict: &Verdict) -> Option<[String; 4]> {
    let missed = verdict.gates.iter().find(|gate| gate.status == Status::Missed)?;
    // Bars and lines would be the table's.
    let about = if proof.name == "pristine" { "nothing: the original".into() } else { proof.about.replace('|', "\\|") };
    let mut letters = about.chars();
    let about = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default() + letters.as_str();
    Some([about, count_label(&missed.count), missed.found.clone(), missed.limit.clone()])
}
