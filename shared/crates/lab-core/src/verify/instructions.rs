//! Instructions of one call, counted by callgrind: the same on a busy machine, and fine enough to see what a time cannot.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use lab_results::{Counts, Record};

use super::stages::Stages;
use super::{Counted, Ended};
use crate::catalogue::{Kind, Lab};
use crate::error::Usage;
use crate::runner::{self, Call};
use crate::terminal::spinner;
use crate::tools;
use crate::workspace::{Workspace, create_folder};

/// `lab_harness::kernel::one_counted_call` however the compiler mangles it.
const COUNTED: &str = "*one_counted_call*";
/// The folder in the lab's target folder that callgrind writes into while it runs.
const FOLDER: &str = "instructions";
/// CPU time that one program may take. Under callgrind it takes some fifty times as long, which for the broken one is still a tenth of this.
const LIMIT: Duration = Duration::from_secs(30);

/// The `valgrind` of this machine, and where it may write.
pub struct Callgrind {
    valgrind: PathBuf,
    folder: PathBuf,
}

impl Callgrind {
    /// Looks for it, before anything is built; labs whose instructions say nothing are refused.
    pub fn find(workspace: &Workspace, lab: &Lab) -> Result<Self> {
        if lab.meta.kind != Kind::Kernel {
            return Err(Usage(refusal(lab)).into());
        }
        Ok(Callgrind { valgrind: tools::require("valgrind")?, folder: workspace.lab_target(&lab.name) })
    }

    /// The instructions of one call of original, yours and reference. Ours come first: where callgrind itself does not work, it is
    /// not the learner's fault.
    pub fn count(&self, stages: &Stages) -> Result<std::result::Result<Counted, Ended>> {
        let bar = spinner("Counting instructions under valgrind");
        let mut unit = String::new();
        let mut known = |program: &Path, role: &str| {
            self.count_of(program, stages.seed, &mut unit)?.map_err(|ran| {
                anyhow::anyhow!("the {role} program failed under valgrind: {}", ran.failure.unwrap_or_default())
            })
        };
        let original = known(&stages.programs.original, "original")?;
        let reference = known(&stages.programs.reference, "reference")?;
        let yours = match self.count_of(&stages.programs.yours, stages.seed, &mut unit)? {
            Ok(counts) => counts,
            Err(ran) => return Ok(Err(stages.invalid(&ran))),
        };
        bar.finish_and_clear();
        let counts = [("original", vec![original]), ("yours", vec![yours]), ("reference", vec![reference])];
        Ok(Ok(Counted { counts, unit, notes: Vec::new() }))
    }

    /// The size and the count of one program, or the run that did not finish. No count where it starts threads. What the size counts
    /// comes in `unit`.
    fn count_of(
        &self,
        program: &Path,
        seed: u64,
        unit: &mut String,
    ) -> Result<std::result::Result<(u64, Counts), runner::Ran>> {
        create_folder(&self.folder)?;
        // Always the same name, under the lab's lock: what an interrupted run left goes away with the next one.
        let _ = std::fs::remove_dir_all(self.folder.join(FOLDER));
        let folder = tempfile::Builder::new().prefix(FOLDER).rand_bytes(0).tempdir_in(&self.folder);
        let folder = folder.context("Failed to make a folder for callgrind")?;
        let out = folder.path().join("out");
        // One name for all three: a path of another length moves what comes to lie on the heap, and copying counts differently there.
        let same_name = folder.path().join("program");
        std::os::unix::fs::symlink(program, &same_name).context("Failed to link the program")?;
        let command_line = vec![
            // Nothing from somebody's .valgrindrc, here or at home.
            "--command-line-only=yes".into(),
            "--tool=callgrind".into(),
            format!("--toggle-collect={COUNTED}"),
            // A file for each thread, `out-01` and so on: what is switched on in one thread is not so in those that it starts.
            "--separate-threads=yes".into(),
            format!("--callgrind-out-file={}", as_format(&out)?),
            // Not among the program's own words, which tell why it failed.
            format!("--log-file={}", as_format(&folder.path().join("log"))?),
            same_name.to_str().context("the target path is not Unicode")?.into(),
        ];
        let arguments = vec!["once".into(), "--seed".into(), seed.to_string()];
        let call = Call { command_line, arguments, ..Call::default() }.within_cpu_time(LIMIT);
        let ran = runner::run(&self.valgrind, &call)?;
        let sizes = ran.records.iter().filter_map(|record| match record {
            Record::Counts { size, unit: of_size, .. } => {
                unit.clone_from(of_size);
                Some(*size)
            }
            _ => None,
        });
        let &[size] = sizes.collect::<Vec<_>>().as_slice() else { return Ok(Err(ran)) };
        if ran.failure.is_some() {
            return Ok(Err(ran));
        }
        if out.with_file_name("out-02").exists() {
            return Ok(Ok((size, Counts::new())));
        }
        let text = std::fs::read_to_string(out.with_file_name("out-01")).context("callgrind wrote no file")?;
        match total(&text) {
            None => bail!("callgrind's file has no total that can be read"),
            Some(0) => bail!("callgrind counted nothing: no function of {} is called {COUNTED}", program.display()),
            Some(total) => Ok(Ok((size, Counts::from([("instructions".into(), total as f64)])))),
        }
    }
}

/// Instructions in all, from the file that callgrind wrote.
fn total(text: &str) -> Option<u64> {
    let line = text.lines().rev().find_map(|line| line.strip_prefix("totals:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// A path for valgrind's options, which replace `%p` and the like.
fn as_format(path: &Path) -> Result<String> {
    Ok(path.to_str().context("the target path is not Unicode")?.replace('%', "%%"))
}

fn refusal(lab: &Lab) -> String {
    if !lab.meta.kind.is_timed() {
        let why = match lab.meta.kind {
            Kind::Review => "what you wrote there is a review",
            Kind::File => "what you wrote there is no program",
            _ => "the lab is about time that passes while nobody computes",
        };
        return format!(
            "instructions are not counted in {}: {why}, and its own cost says nothing. Verify without --instructions",
            lab.name
        );
    }
    let mut counted: Vec<&str> = lab.meta.gates.iter().map(|gate| gate.count.as_str()).collect();
    counted.dedup();
    format!(
        "instructions are not counted in {}: it works in tasks on several threads, and what those execute while they wait for \
         one another differs from run to run. Verify without --instructions, which judges what can be counted there: {}",
        lab.name,
        counted.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_read_from_callgrinds_file() {
        let file = "# callgrind format\nevents: Ir\nsummary: 12\n\nfn=(1) totals\n3 9\n\ntotals: 4660\n";
        assert_eq!(total(file), Some(4660));
        assert_eq!(total("events: Ir\ntotals: 0\n"), Some(0));
        assert_eq!(total("events: Ir\n"), None);
    }

    #[test]
    fn a_percent_sign_in_a_path_is_no_format() {
        assert_eq!(as_format(Path::new("/tmp/100%p/x")).expect("Unicode"), "/tmp/100%%p/x");
    }
}
