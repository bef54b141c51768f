//! `lab-flame`: what `lab` leaves to a program of its own, so that its own first build stays quick.
//!
//! `lab-flame perf --out DIR [--hertz N] [--seconds S]` reads what `perf script` prints and writes a profile;
//! `lab-flame offcpu --out DIR` does the same of threads that left the CPU. It answers in records, one JSON object a line.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use lab_flame::{Sampling, offcpu, perf, write_off_cpu, write_profile};
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
    let Asked { verb, out, hertz, seconds } = parse()?;
    let script = std::io::stdin().lock();
    match verb.as_str() {
        "perf" => {
            let sampler = format!("perf, {hertz} times in a second of CPU time");
            let sampling = Sampling { sampler, hertz, duration: Duration::try_from_secs_f64(seconds)? };
            write_profile(&perf::fold(script)?, &sampling, &out)
        }
        "offcpu" => write_off_cpu(&offcpu::fold(script)?, &out),
        unknown => bail!("unknown verb `{unknown}`; there are perf and offcpu"),
    }
}

struct Asked {
    verb: String,
    out: PathBuf,
    hertz: u32,
    seconds: f64,
}

fn parse() -> Result<Asked> {
    use lexopt::prelude::*;

    let mut arguments = lexopt::Parser::from_env();
    let (mut verb, mut out, mut hertz, mut seconds) = (None, None, 499, 0.0);
    while let Some(argument) = arguments.next()? {
        match argument {
            Value(value) if verb.is_none() => verb = Some(value.string()?),
            Long("out") => out = Some(arguments.value()?.into()),
            Long("hertz") => hertz = arguments.value()?.parse()?,
            Long("seconds") => seconds = arguments.value()?.parse()?,
            other => return Err(other.unexpected().into()),
        }
    }
    let verb = verb.context("name a verb: perf or offcpu")?;
    Ok(Asked { verb, out: out.context("name a folder: --out DIR")?, hertz, seconds })
}
