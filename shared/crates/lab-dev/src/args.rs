//! The command line of those who write labs.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::load::Part;
use crate::new::Skeleton;

/// Tasks of those who write labs.
#[derive(Debug, Parser)]
#[command(name = "lab-dev", bin_name = "cargo lab dev", version, disable_help_subcommand = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub task: Task,
}

/// The tasks.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Make a pair of crates that compiles, ready to be filled.
    New {
        /// Two digits.
        number: u32,
        /// Lower-case words joined by `-`.
        slug: String,
        /// What it is about.
        #[arg(long, value_enum, default_value = "kernel")]
        kind: Skeleton,
    },
    /// Write everything that is derived: the table in README.md, the pristine hashes, the recorded figures.
    Update {
        /// Run each lab's verification on its solution and record the figures in its README.
        #[arg(long)]
        measure: bool,
        /// Count what each known half fix misses, and record it in the solution's README. It takes no times.
        #[arg(long)]
        half_fixes: bool,
        /// Measure only this lab.
        lab: Option<String>,
    },
    /// Profile lab 01 before its fix and after it, and put both flamegraphs on the front page.
    Picture,
    /// Do the work of labs 01, 06 and 09 over three allocators, before their fix and after it: some four minutes.
    MeasureAllocators {
        /// One short round.
        #[arg(long)]
        quick: bool,
        /// Write the tables into the book.
        #[arg(long, conflicts_with_all = ["quick", "json"])]
        record: bool,
        /// Print everything as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Examine the judge itself, on work whose true ratio is known: the whole examination takes more than an hour.
    MeasureJudge {
        /// At most three minutes.
        #[arg(long)]
        quick: bool,
        /// Only this kind of work: gather, hash, branch, fetch, async, parallel or miss.
        #[arg(long, value_name = "WORK")]
        only: Option<String>,
        /// Go on with an examination that was interrupted.
        #[arg(long, conflicts_with = "quick")]
        resume: bool,
        /// Write the tables into the book.
        #[arg(long, conflicts_with = "only")]
        record: bool,
        /// Print the paper as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Hold load generators against a service whose percentiles anyone can compute, and against each other: some ten minutes.
    #[command(
        after_help = "Beside ours: k6, Locust and wrk, each where it is installed: on the PATH, or where LAB_K6, LAB_LOCUST and LAB_WRK \
                            say. One generator runs after the other; leave the machine to them.\n\
                            Exit codes: 0 every bar is reached, 1 one is missed, 2 wrong usage, 3 it could not be done."
    )]
    MeasureLoad {
        /// Some three minutes.
        #[arg(long)]
        quick: bool,
        /// Only this part.
        #[arg(long, value_enum)]
        only: Option<Part>,
        /// Write the tables into the book.
        #[arg(long, conflicts_with = "quick")]
        record: bool,
        /// Print everything as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Repeat every lab's verdicts while another process keeps one core busy: none may come out otherwise even once.
    MeasureVerdicts {
        /// Only these labs.
        labs: Vec<String>,
        /// How often to repeat each.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..))]
        runs: u16,
        /// Take times also of labs that demand no speed-up: 02 to 04.
        #[arg(long)]
        with_time: bool,
        /// Write the table into the book.
        #[arg(long)]
        record: bool,
    },
    /// Check the rules that every lab keeps; fails when something derived is stale.
    Check {
        /// Prove every lab both ways: the original misses its gates, the solution passes.
        #[arg(long)]
        prove: bool,
        /// Prove them with time as well.
        #[arg(long)]
        measure: bool,
        /// Only this lab.
        lab: Option<String>,
    },
    /// Draw the book as pages for a browser, with mdBook.
    Book {
        /// Build mdBook where it is not installed, this once.
        #[arg(long)]
        install: bool,
        /// The folder for the pages [default: book in the target folder]. What is in it is replaced.
        #[arg(long, value_name = "FOLDER")]
        out: Option<PathBuf>,
    },
    /// Play the book's story of a gradual slowdown: count every month, time it, tell which month moved what.
    History {
        /// Write the months' baselines and the tables of the book's page.
        #[arg(long, conflicts_with = "no_time")]
        record: bool,
        /// Counts only.
        #[arg(long)]
        no_time: bool,
    },
}
