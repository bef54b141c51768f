//! `gradual-slowdown check|count --month N`, and `gradual-slowdown measure --month N --before M --size S --pairs P [--worker W]`.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use gradual_slowdown::check::check;
use gradual_slowdown::count::counts;
use gradual_slowdown::months;
use gradual_slowdown::warehouse::{SIZES, Warehouse};
use lab_harness::database::{HOLD_DATABASE, hold_database};
use lab_harness::emit;
use lab_harness::pairing::{Clock, Sampling, Side, collect};
use lab_harness::program::answer;
use lab_harness::results::Record;
use tokio::runtime::{Builder, Runtime};

#[global_allocator]
static ALLOCATOR: lab_harness::Allocator = lab_harness::ALLOCATOR;

/// All data follows from it.
const SEED: u64 = 7;

struct Arguments {
    verb: String,
    month: u32,
    before: u32,
    size: u64,
    pairs: usize,
    worker: u64,
}

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(HOLD_DATABASE) {
        return hold_database();
    }
    answer(|given| run(&arguments(given)?))
}

fn arguments(given: Vec<String>) -> Result<Arguments> {
    use lexopt::prelude::*;

    let mut parser = lexopt::Parser::from_args(given);
    let mut arguments = Arguments { verb: String::new(), month: 1, before: 1, size: SIZES[0], pairs: 200, worker: 0 };
    while let Some(argument) = parser.next()? {
        match argument {
            Value(verb) if arguments.verb.is_empty() => arguments.verb = verb.string()?,
            Long("month") => arguments.month = parser.value()?.parse()?,
            Long("before") => arguments.before = parser.value()?.parse()?,
            Long("size") => arguments.size = parser.value()?.parse()?,
            Long("pairs") => arguments.pairs = parser.value()?.parse()?,
            Long("worker") => arguments.worker = parser.value()?.parse()?,
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(arguments)
}

fn run(arguments: &Arguments) -> Result<()> {
    // One thread, so that nothing of ours runs beside what is counted.
    let runtime = Builder::new_current_thread().enable_all().build().context("Could not start the runtime")?;
    let warehouse = runtime.block_on(Warehouse::empty())?;
    match arguments.verb.as_str() {
        "check" => emit(&Record::Checked { cases: runtime.block_on(check(arguments.month, &warehouse))? }),
        "count" => {
            for size in SIZES {
                runtime.block_on(warehouse.fill(SEED, size))?;
                let counts = runtime.block_on(counts(arguments.month, &warehouse))?;
                emit(&Record::Counts { size, unit: "parcels".into(), counts });
            }
        }
        "measure" => measure(arguments, &runtime, &warehouse)?,
        unknown => bail!("unknown verb `{unknown}`; there are check, count and measure"),
    }
    Ok(())
}

/// Times `month` over `before` in turns, on the same orders. CPU time of all threads: most of the work is SQLite's, on its own.
fn measure(arguments: &Arguments, runtime: &Runtime, warehouse: &Warehouse) -> Result<()> {
    runtime.block_on(warehouse.fill(SEED, arguments.size))?;
    // A month that fails has no time; better found out before the clock runs.
    for month in [arguments.month, arguments.before] {
        runtime.block_on(months::page(month, &warehouse.pool))?;
    }
    let (clock, seed) = (Some(Clock::ProcessCpu), SEED + arguments.worker);
    let sampling = Sampling { inputs: 1, pairs: arguments.pairs, clock, ..Sampling::new(seed) };
    let pairs = collect(&sampling, |side, _| {
        let month = if side == Side::First { arguments.month } else { arguments.before };
        let page = runtime.block_on(months::page(month, &warehouse.pool));
        std::hint::black_box(page.expect("it worked before the clock ran"));
    });
    pairs.emit(&format!("month {} / month {}", arguments.month, arguments.before), arguments.size, "parcels");
    Ok(())
}
