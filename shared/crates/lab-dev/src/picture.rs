//! The front page's picture: where the time of the first lab goes, before the fix and after it.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use lab_results::Record;

use super::page::{date, record_between};
use lab_core::arena::{self, Attempt};
use lab_core::catalogue;
use lab_core::machine;
use lab_core::runner::{self, Call};
use lab_core::say;
use lab_core::workspace::{Workspace, create_folder};

const BEGIN: &str = "<!-- picture:begin, written by `cargo lab dev picture` -->";
const END: &str = "<!-- picture:end -->";
const LAB: &str = "01";
const FOLDER: &str = "shared/book/src/pictures";
const SECONDS: &str = "4";
const LIMIT: Duration = Duration::from_secs(60);

/// Frames by the share of samples that they are in.
type Shares = Vec<(String, f64)>;

/// Profiles the original and the solution, keeps both flamegraphs, and says on the front page what they show.
pub fn record(workspace: &Workspace) -> Result<u8> {
    let lab = catalogue::find(workspace, LAB)?;
    let arena = arena::lay_out(workspace, &lab, &Attempt::Current)?;
    create_folder(&workspace.root.join(FOLDER))?;
    let mut seen = Vec::new();
    for (role, when) in [("original", "before"), ("reference", "after")] {
        let program = arena.build_with(workspace, role, "profile")?;
        let out = workspace.lab_target(&lab.name).join("picture");
        create_folder(&out)?;
        let folder = out.to_str().context("the target path is not Unicode")?;
        let arguments = ["profile", "--seed", "7", "--seconds", SECONDS, "--out", folder].map(String::from).into();
        let call = Call { arguments, limit: LIMIT, ..Call::default() };
        let records = runner::run(&program, &call)?.finished()?;
        let top = records.into_iter().find_map(|record| match record {
            Record::Profile { top, .. } => Some(top),
            _ => None,
        });
        seen.push(top.with_context(|| format!("the {role} program printed no profile"))?);
        let name = format!("{FOLDER}/manifest-{when}.svg");
        fs::copy(out.join("flamegraph.svg"), workspace.root.join(&name))
            .with_context(|| format!("Failed to write {name}"))?;
    }
    let [before, after] = seen.as_slice() else { unreachable!("two programs were profiled") };
    let (frame, was, is) = shrank_most(before, after).context("no frame became smaller")?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let text = format!(
        "![Flamegraph of the original]({FOLDER}/manifest-before.svg)\n\n\
         ![Flamegraph of the solution]({FOLDER}/manifest-after.svg)\n\n\
         Lab {LAB} before its fix (above) and after it (below). `{frame}` is in {:.0}% of the samples before, and in {:.0}% after. \
         Recorded {} on {}.",
        was * 100.0,
        is * 100.0,
        date(now),
        machine::describe(),
    );
    record_between(workspace, "README.md", BEGIN, END, &text)?;
    say!("README.md and {FOLDER} are recorded");
    Ok(0)
}

/// The frame below the lab's own that lost the largest share, with what it had and what is left. A frame that is not among those named
/// has none.
fn shrank_most<'a>(before: &'a Shares, after: &Shares) -> Option<(&'a str, f64, f64)> {
    let is = |frame: &str| after.iter().find(|(name, _)| name == frame).map_or(0.0, |(_, share)| *share);
    let pairs = before.iter().map(|(frame, was)| (frame.as_str(), *was, is(frame)));
    // The lab's own function has another crate before and after.
    pairs
        .filter(|(frame, was, is)| was > is && !frame.starts_with("lab_"))
        .max_by(|a, b| (a.1 - a.2).total_cmp(&(b.1 - b.2)))
}

#[cfg(test)]
mod tests {
    use super::shrank_most;

    #[test]
    fn the_frame_that_lost_most_is_named() {
        let shares = |list: &[(&str, f64)]| list.iter().map(|(name, share)| (name.to_string(), *share)).collect();
        let before = shares(&[("lab_01::f", 1.0), ("memcpy", 0.85), ("format", 0.3)]);
        let after = shares(&[("solution_01::f", 1.0), ("memcpy", 0.1), ("format", 0.4)]);
        assert_eq!(shrank_most(&before, &after), Some(("memcpy", 0.85, 0.1)));
        assert_eq!(shrank_most(&shares(&[("f", 1.0)]), &shares(&[("f", 1.0)])), None);
    }
}
