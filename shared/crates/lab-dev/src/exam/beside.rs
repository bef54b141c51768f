//! Criterion on the same work: its own comparison with a saved baseline, read from its own words.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use lab_results::stats::median;

use super::asked::CriterionAnswer;
use super::question::progress;
use lab_core::cargo::{self, Build, Built};
use lab_core::child::{self, Running, Sees, TemporaryFolder};
use lab_core::workspace::Workspace;

/// Comparisons of identical copies, and of 5% planted, for each kind of work.
const PLAN: [(&str, u32, usize); 3] = [("gather", 0, 8), ("branch", 0, 8), ("gather", 5, 8)];

/// Runs the comparisons; each takes Criterion's default of some ten seconds a side.
pub fn criterion(workspace: &Workspace) -> Result<Vec<CriterionAnswer>> {
    let build = Build {
        title: "Building the examination's Criterion benches".into(),
        arguments: ["--package", "lab-exam", "--bench", "copies"].map(str::to_string).to_vec(),
        ..Build::default()
    };
    let program = match cargo::build(workspace, &build)? {
        Built::Failed(words) => bail!("the examination's benches do not compile:\n{words}"),
        // Cargo builds the package's program beside its benches.
        Built::Done(executables) => executables
            .into_iter()
            .map(|(_, path)| path)
            .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("copies-"))),
    };
    let program = program.context("cargo built no benches")?;
    let mut answers = Vec::new();
    for (class, percent, runs) in PLAN {
        let mut answer = CriterionAnswer { class: class.into(), percent, runs, ..CriterionAnswer::default() };
        let mut seconds = Vec::new();
        let bar = progress(format!("Criterion: {class}, {percent}% planted"), runs);
        for _ in 0..runs {
            let folder = TemporaryFolder::new()?;
            let started = std::time::Instant::now();
            bench(&program, folder.path(), &format!("{class}:0:0"), "--save-baseline")?;
            let words = bench(&program, folder.path(), &format!("{class}:1:{percent}"), "--baseline")?;
            seconds.push(started.elapsed().as_secs_f64());
            answer.count(&words)?;
            bar.inc(1);
        }
        bar.finish_and_clear();
        answer.seconds_p50 = median(&seconds).unwrap_or(f64::NAN);
        lab_core::complain!("{answer:?}");
        answers.push(answer);
    }
    Ok(answers)
}

fn bench(program: &Path, folder: &Path, what: &str, mode: &str) -> Result<String> {
    let mut command = child::command(program, Sees::Surroundings);
    command
        .args(["--bench", mode, "exam", "--noplot"])
        .env("LAB_EXAM", what)
        .env("CRITERION_HOME", PathBuf::from(folder))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut running = Running::start(&mut command)?;
    let mut stdout = running.child.stdout.take().context("stdout is piped")?;
    let mut words = String::new();
    std::io::Read::read_to_string(&mut stdout, &mut words)?;
    if !running.wait()?.success() {
        bail!("Criterion failed on {what}");
    }
    Ok(words)
}
