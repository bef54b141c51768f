//! `lab-flame diff`: two files of folded stacks, and what is known of each.

use std::fs;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, Result, ensure};
use lab_flame::{Profiled, Stacks, write_difference};
use lab_results::Record;

/// Reads both and draws what changed.
pub fn run(mut arguments: lexopt::Parser) -> Result<Record> {
    use lexopt::prelude::*;

    let (mut out, mut files) = (None, Vec::new());
    let (mut names, mut cpu_ms, mut work) = (["before".to_string(), "after".into()], [0.0; 2], [0; 2]);
    while let Some(argument) = arguments.next()? {
        match argument {
            Value(file) => files.push(PathBuf::from(file)),
            Long("out") => out = Some(PathBuf::from(arguments.value()?)),
            Long("names") => names = pair(&arguments.value()?.string()?)?,
            Long("cpu-ms") => cpu_ms = pair(&arguments.value()?.string()?)?,
            Long("work") => work = pair(&arguments.value()?.string()?)?,
            other => return Err(other.unexpected().into()),
        }
    }
    ensure!(files.len() == 2, "name two files of folded stacks: BEFORE.folded AFTER.folded");
    let read = |i: usize| {
        let text = fs::read_to_string(&files[i]).with_context(|| format!("Failed to read {}", files[i].display()))?;
        let stacks = Stacks::parse(&text).with_context(|| format!("{} is not what we read", files[i].display()))?;
        anyhow::Ok(Profiled { name: names[i].clone(), stacks, cpu_ms: cpu_ms[i], work: work[i] })
    };
    write_difference(&read(0)?, &read(1)?, &out.context("name a folder: --out DIR")?)
}

/// `A,B`: of the first profile, and of the second.
fn pair<T: FromStr>(text: &str) -> Result<[T; 2]> {
    let both = text.split_once(',').and_then(|(a, b)| Some([a.parse().ok()?, b.parse().ok()?]));
    both.with_context(|| format!("`{text}` is not two values with a comma between them"))
}
