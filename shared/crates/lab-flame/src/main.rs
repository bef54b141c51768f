//! `lab-flame`: what `lab` leaves to a program of its own, so that its own first build stays quick.
//!
//! `lab-flame perf --out DIR` reads what `perf script` prints and writes a profile. It answers in records, one JSON object a line.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
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
    let (verb, out) = parse()?;
    let script = std::io::stdin().lock();
    match verb.as_str() {
        "perf" => lab_flame::write_profile(&lab_flame::perf::fold(script)?, &out),
        unknown => bail!("unknown verb `{unknown}`; there is perf"),
    }
}

fn parse() -> Result<(String, PathBuf)> {
    use lexopt::prelude::*;

    let mut arguments = lexopt::Parser::from_env();
    let (mut verb, mut out) = (None, None);
    while let Some(argument) = arguments.next()? {
        match argument {
            Value(value) if verb.is_none() => verb = Some(value.string()?),
            Long("out") => out = Some(arguments.value()?.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok((verb.context("name a verb: perf")?, out.context("name a folder: --out DIR")?))
}
