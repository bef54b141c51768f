//! `lab-flame`: what `lab` leaves to a program of its own, so that its own first build stays quick. It answers in records, one JSON
//! object a line.
//!
//! - `lab-flame perf --out DIR [--hertz N] [--seconds S]` reads what `perf script` prints and writes a profile.
//! - `lab-flame offcpu --out DIR` does the same of threads that left the CPU.
//! - `lab-flame diff BEFORE.folded AFTER.folded --out DIR [--names A,B] [--cpu-ms A,B] [--work A,B]` draws what changed.

mod compare;

use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use lab_flame::{Sampling, offcpu, perf, write_off_cpu, write_profile};
use lab_results::Record;

fn main() -> ExitCode {
    let (record, code) = match run() {
        Ok(record) => (record, ExitCode::SUCCESS),
        Err(error) => (Record::Failed { message: format!("{error:#}") }, ExitCode::FAILURE),
    };
    let line = serde_json::to_string(&record).expect("records have string keys and serialise");
    match writeln!(std::io::stdout(), "{line}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            // The exit code speaks where nobody reads.
            let _ = writeln!(std::io::stderr(), "Failed to write to standard output: {error}");
            ExitCode::FAILURE
        }
        _ => code,
    }
}

fn run() -> Result<Record> {
    use lexopt::prelude::*;

    let mut arguments = lexopt::Parser::from_env();
    match arguments.next()? {
        Some(Value(verb)) if verb == "perf" => perf(arguments),
        Some(Value(verb)) if verb == "offcpu" => off_cpu(arguments),
        Some(Value(verb)) if verb == "diff" => compare::run(arguments),
        Some(other) => Err(anyhow!(other.unexpected()).context("name a verb first: perf, offcpu, diff")),
        None => bail!("name a verb: perf, offcpu, diff"),
    }
}

fn perf(mut arguments: lexopt::Parser) -> Result<Record> {
    use lexopt::prelude::*;

    let (mut out, mut hertz, mut seconds) = (None, 499, 0.0);
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("out") => out = Some(PathBuf::from(arguments.value()?)),
            Long("hertz") => hertz = arguments.value()?.parse()?,
            Long("seconds") => seconds = arguments.value()?.parse()?,
            other => return Err(other.unexpected().into()),
        }
    }
    let sampler = format!("perf, {hertz} times in a second of CPU time");
    let sampling = Sampling { sampler, hertz, duration: Duration::try_from_secs_f64(seconds)? };
    write_profile(&perf::fold(std::io::stdin().lock())?, &sampling, &out.context("name a folder: --out DIR")?)
}

fn off_cpu(mut arguments: lexopt::Parser) -> Result<Record> {
    use lexopt::prelude::*;

    let mut out = None;
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("out") => out = Some(PathBuf::from(arguments.value()?)),
            other => return Err(other.unexpected().into()),
        }
    }
    write_off_cpu(&offcpu::fold(std::io::stdin().lock())?, &out.context("name a folder: --out DIR")?)
}
