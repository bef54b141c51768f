//! `lab-flame`: what `lab` leaves to a program of its own, so that its own first build stays quick. It answers in records, one JSON
//! object a line.
//!
//! - `lab-flame perf --out DIR` reads what `perf script` prints and writes a profile.
//! - `lab-flame diff BEFORE.folded AFTER.folded --out DIR [--names A,B] [--cpu-ms A,B] [--work A,B]` draws what changed.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use lab_flame::{Profiled, Stacks};
use lab_results::Record;

fn main() -> ExitCode {
    let (record, code) = match run() {
        Ok(record) => (record, ExitCode::SUCCESS),
        Err(error) => (Record::Failed { message: format!("{error:#}") }, ExitCode::FAILURE),
    };
    println!("{}", serde_json::to_string(&record).expect("records have string keys and serialise"));
    code
}

fn run() -> Result<Record> {
    let arguments = parse()?;
    match arguments.verb.as_str() {
        "perf" => lab_flame::write_profile(&lab_flame::perf::fold(std::io::stdin().lock())?, &arguments.out),
        "diff" => {
            let [before, after] = arguments.both()?;
            lab_flame::write_difference(&before, &after, &arguments.out)
        }
        unknown => bail!("unknown verb `{unknown}`; there are perf and diff"),
    }
}

struct Arguments {
    verb: String,
    out: PathBuf,
    folded: Vec<PathBuf>,
    names: [String; 2],
    cpu_ms: [f64; 2],
    work: [u64; 2],
}

impl Arguments {
    /// The profiles to compare.
    fn both(&self) -> Result<[Profiled; 2]> {
        let [before, after] = self.folded.as_slice() else { bail!("name two files of folded stacks: BEFORE AFTER") };
        let read = |file: &PathBuf, i: usize| {
            let text = fs::read_to_string(file).with_context(|| format!("Failed to read {}", file.display()))?;
            let stacks = Stacks::parse(&text).with_context(|| format!("{} is none of ours", file.display()))?;
            anyhow::Ok(Profiled { name: self.names[i].clone(), stacks, cpu_ms: self.cpu_ms[i], work: self.work[i] })
        };
        Ok([read(before, 0)?, read(after, 1)?])
    }
}

fn parse() -> Result<Arguments> {
    use lexopt::prelude::*;

    let mut arguments = lexopt::Parser::from_env();
    let (mut verb, mut out, mut folded) = (None, None, Vec::new());
    let (mut names, mut cpu_ms, mut work) = (["before".to_string(), "after".into()], [0.0; 2], [0; 2]);
    while let Some(argument) = arguments.next()? {
        match argument {
            Value(value) if verb.is_none() => verb = Some(value.string()?),
            Value(file) => folded.push(file.into()),
            Long("out") => out = Some(arguments.value()?.into()),
            Long("names") => names = pair(&arguments.value()?.string()?)?,
            Long("cpu-ms") => cpu_ms = pair(&arguments.value()?.string()?)?,
            Long("work") => work = pair(&arguments.value()?.string()?)?,
            other => return Err(other.unexpected().into()),
        }
    }
    let verb = verb.context("name a verb: perf, diff")?;
    let out = out.context("name a folder: --out DIR")?;
    Ok(Arguments { verb, out, folded, names, cpu_ms, work })
}

/// `A,B`: of the first profile, and of the second.
fn pair<T: FromStr>(text: &str) -> Result<[T; 2]> {
    let both = text.split_once(',').and_then(|(a, b)| Some([a.parse().ok()?, b.parse().ok()?]));
    both.with_context(|| format!("`{text}` is not two values with a comma between them"))
}
