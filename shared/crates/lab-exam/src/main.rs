//! One worker of the judge's examination; `lab dev measure-judge` starts them.
//!
//! `lab-exam pairs CLASS [--percent P] [--on-first] [--copy K] [--amount N] [--inputs N] [--blocks] [--process-cpu] --seed S`
//! prints one `Pairs`; `growth KIND --seed S` counts and minima of known growth; `burn N` makes load until it is ended.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use lab_exam::{COPIES, Class, Data, burn, growth};
use lab_harness::pairing::{Clock, INPUTS, Pairs, Sampling, Side, collect};
use lab_harness::results::stats;

/// How long each of the two blocks of `--blocks` is sampled.
const BLOCK: Duration = Duration::from_millis(500);

/// What one worker compares.
struct Comparison {
    class: Class,
    /// Copy 0 against this one.
    copy: usize,
    /// How much more work one side does, in percent.
    percent: f64,
    /// How much work, where it is not the class's own amount.
    amount: usize,
    /// Which side does more.
    longer: Side,
    inputs: usize,
    seed: u64,
    clock: Option<Clock>,
    blocks: bool,
}

fn main() -> ExitCode {
    lab_harness::program::answer(run)
}

fn run(arguments: Vec<String>) -> Result<()> {
    use lexopt::prelude::*;

    let mut arguments = lexopt::Parser::from_args(arguments);
    let mut words: Vec<String> = Vec::new();
    let mut comparison = Comparison {
        class: Class::Gather,
        copy: 1,
        percent: 0.0,
        amount: 0,
        longer: Side::Second,
        inputs: INPUTS,
        seed: 7,
        clock: None,
        blocks: false,
    };
    while let Some(argument) = arguments.next()? {
        match argument {
            Value(word) => words.push(word.string()?),
            Long("percent") => comparison.percent = arguments.value()?.parse()?,
            Long("on-first") => comparison.longer = Side::First,
            Long("copy") => comparison.copy = arguments.value()?.parse()?,
            Long("amount") => comparison.amount = arguments.value()?.parse()?,
            Long("inputs") => comparison.inputs = arguments.value()?.parse()?,
            Long("seed") => comparison.seed = arguments.value()?.parse()?,
            Long("process-cpu") => comparison.clock = Some(Clock::ProcessCpu),
            Long("blocks") => comparison.blocks = true,
            other => return Err(other.unexpected().into()),
        }
    }
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["pairs", class] => {
            let known = Class::ALL.into_iter().find(|(name, _)| *name == class);
            comparison.class = known.with_context(|| format!("unknown class `{class}`"))?.1;
            pairs(&comparison)
        }
        ["growth", kind] => {
            let known = growth::KINDS.into_iter().find(|(name, _)| *name == kind);
            growth::print(known.with_context(|| format!("unknown growth `{kind}`"))?.1, comparison.seed);
            Ok(())
        }
        ["burn", number] => burn::forever(number.parse()?),
        _ => bail!("lab-exam pairs CLASS | growth KIND | burn N"),
    }
}

fn pairs(comparison: &Comparison) -> Result<()> {
    let &Comparison { class, copy, percent, amount, longer, inputs, seed, clock, blocks } = comparison;
    let copies = class.copies();
    let amount = if amount == 0 { class.amount() } else { amount };
    if copy >= COPIES || inputs == 0 || !(0.0..=100.0).contains(&percent) {
        bail!("copies are 0 to {}, inputs at least 1, percent 0 to 100", COPIES - 1);
    }
    let mut data = Data::new(class, inputs, amount, seed);
    let run = |side: Side, input: usize| {
        let work = if side == Side::First { copies[0] } else { copies[copy] };
        let more = if side == longer { 1.0 + percent / 100.0 } else { 1.0 };
        let amount = (amount as f64 * more).round() as usize;
        black_box(work(&mut data, black_box(amount), input));
    };
    let found =
        if blocks { in_blocks(inputs, run) } else { collect(&Sampling { inputs, clock, ..Sampling::new(seed) }, run) };
    found.emit("first / second", amount as u64, "steps");
    Ok(())
}

/// How most people measure: all of the first, then all of the second. A negative control.
fn in_blocks(inputs: usize, mut run: impl FnMut(Side, usize)) -> Pairs {
    let mut block = |side| {
        let (mut seconds, started) = (Vec::new(), Instant::now());
        while started.elapsed() < BLOCK || seconds.len() < 2 {
            let sample = Instant::now();
            run(side, seconds.len() % inputs);
            seconds.push(sample.elapsed().as_secs_f64());
        }
        seconds
    };
    let (first, second) = (block(Side::First), block(Side::Second));
    Pairs {
        log_ratios: first.iter().zip(&second).map(|(first, second)| (first / second).ln()).collect(),
        clock: Clock::Wall,
        medians_us: [first, second].map(|seconds| stats::median(&seconds).unwrap_or(f64::NAN) * 1e6),
        preempted: None,
        wall: None,
    }
}
