//! `stall [serve] [--port N] [--period-ms N] [--stall-ms N]`: the book's stalling service; `lab serve stall` runs it.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lab_harness::Run;
use lab_harness::program::answer;
use load_test_that_lied::{Rhythm, service};

fn main() -> ExitCode {
    answer(|words| {
        let (run, rhythm) = arguments(words)?;
        service::serve(&run, rhythm)
    })
}

fn arguments(words: Vec<String>) -> Result<(Run, Rhythm)> {
    use lexopt::prelude::*;

    let mut parser = lexopt::Parser::from_args(words);
    let mut run = Run { seed: 7, smoke: false, subject: None, port: 0, out: std::env::temp_dir(), seconds: 0.0 };
    let (mut period_ms, mut stall_ms) = (None, None);
    while let Some(argument) = parser.next()? {
        match argument {
            Value(verb) => ensure!(verb == "serve", "unknown verb {verb:?}; `serve` is all it does"),
            Long("port") => run.port = parser.value()?.parse().context("--port")?,
            Long("period-ms") => period_ms = Some(parser.value()?.parse().context("--period-ms")?),
            Long("stall-ms") => stall_ms = Some(parser.value()?.parse().context("--stall-ms")?),
            other => return Err(other.unexpected().into()),
        }
    }
    let rhythm = match (period_ms, stall_ms) {
        (None, None) => Rhythm::BOOK,
        (Some(period), Some(stall)) => Rhythm::new(Duration::from_millis(period), Duration::from_millis(stall))?,
        _ => {
            anyhow::bail!("--period-ms and --stall-ms belong together: a period of another length needs another stall")
        }
    };
    Ok((run, rhythm))
}
