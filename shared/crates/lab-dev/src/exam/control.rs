//! Negative controls: the ways of measuring that the judge gave up. Each must fail the examination that the judge passes, or the
//! examination would not be hard enough to mean anything.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use lab_results::{Finding, Record};

use super::Programs;
use super::asked::ControlAnswer;
use super::question::{Hogs, progress};
use lab_core::runner::{self, Call};
use lab_core::verify::timing::{MARGIN, RULE, decide};

/// Copies that are held against copy 0.
const COPIES: usize = 8;
/// So many values are about what a branch predictor can learn by heart, or not, as their place in memory has it.
const LEARNABLE: &str = "40000";
/// No further worker after this long.
const BUDGET: Duration = Duration::from_secs(5);
/// Two-sided 99% of the normal distribution.
const Z: f64 = 2.576;

/// All controls, each beside the judge itself on the same copies.
pub fn all(programs: &Programs, quick: bool) -> Result<Vec<ControlAnswer>> {
    let rounds = if quick { 1 } else { 5 };
    let copies = |program: &Path, class, inputs, name: &str, must_fail| {
        Copies { class, inputs, rounds }.ask(program, &format!("{class}: {name}"), must_fail)
    };
    let (aligned, ordinary) = (&programs.aligned, &programs.ordinary);
    Ok(vec![
        copies(aligned, "fetch", "64", "the judge", false)?,
        copies(ordinary, "fetch", "64", "functions where the linker puts them", true)?,
        copies(aligned, "branch", "64", "the judge", false)?,
        copies(aligned, "branch", "1", "one input only", true)?,
        in_blocks(aligned, if quick { 25 } else { 50 })?,
    ])
}

/// Eight identical copies of a work against a ninth.
struct Copies {
    class: &'static str,
    inputs: &'static str,
    rounds: usize,
}

impl Copies {
    fn ask(&self, program: &Path, name: &str, must_fail: bool) -> Result<ControlAnswer> {
        let runs = self.rounds * COPIES;
        let bar = progress(format!("control: {name}"), runs);
        let mut answer = ControlAnswer { name: name.into(), must_fail, runs, different: 0 };
        for run in 0..runs {
            let copy = (1 + run % COPIES).to_string();
            let amount = if self.class == "branch" { LEARNABLE } else { "0" };
            let arguments = |worker: usize| {
                let seed = (100 * run + worker).to_string();
                let words = ["--copy", &copy, "--amount", amount, "--inputs", self.inputs, "--seed", &seed];
                ["pairs", self.class].into_iter().chain(words).map(str::to_string).collect()
            };
            match decide(program, &RULE, BUDGET, arguments)? {
                Ok(decided) => {
                    let is_different = matches!(decided.finding, Finding::Faster | Finding::Slower);
                    answer.different += usize::from(is_different);
                }
                Err(ran) => bail!("{name}: {}", ran.failure.unwrap_or_default()),
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(answer)
    }
}

/// All samples of one, then all of the other, and the interval of a mean: on a machine that somebody else uses too.
fn in_blocks(program: &Path, runs: usize) -> Result<ControlAnswer> {
    let name = "branch: one after the other, mean and its 99% interval, 1 process beside it";
    let bar = progress(format!("control: {name}"), runs);
    let _hogs = Hogs::start(program, 1)?;
    let mut answer = ControlAnswer { name: name.into(), must_fail: true, runs, different: 0 };
    for run in 0..runs {
        let arguments = ["pairs", "branch", "--blocks", "--seed", &run.to_string()].map(str::to_string).to_vec();
        let call = Call { arguments, limit: Duration::from_secs(60), ..Call::default() };
        let records = runner::run(program, &call)?.finished()?;
        let log_ratios = records.iter().find_map(|record| match record {
            Record::Pairs { log_ratios, .. } => Some(log_ratios),
            _ => None,
        });
        let Some(log_ratios) = log_ratios else { bail!("{name}: no pairs") };
        let count = log_ratios.len() as f64;
        let mean = log_ratios.iter().sum::<f64>() / count;
        let variance = log_ratios.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0);
        let half_width = Z * (variance / count).sqrt();
        answer.different += usize::from(mean.abs() - half_width > MARGIN.ln_1p());
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(answer)
}
