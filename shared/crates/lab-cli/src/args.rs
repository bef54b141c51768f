//! The command line.

mod dev;
mod options;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub use self::dev::DevTask;
pub use self::options::{BaselineTask, Differing, Dumping, OnLab, Recorded, Serving};

/// OrderFlow Performance Labs: reproduce, measure, diagnose and fix real performance faults.
#[derive(Debug, Parser)]
#[command(
    name = "lab",
    bin_name = "cargo lab",
    version,
    disable_help_subcommand = true,
    after_help = "A lab is named by its number (1, 01), its slug (string-building) or its name (lab-01-string-building).\n\
                  Exit codes: 0 done or SOLVED, 1 NOT YET or WRONG ANSWER, 2 wrong usage, 3 INVALID, INCONCLUSIVE or could not be done.\n\
                  Databases: DB=sqlite (default) or DB=postgres, with DATABASE_URL for a server of your own."
)]
pub struct Arguments {
    /// What to do; without it, the commands and the labs are shown.
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Show all labs and how far you are.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Run a lab as it is now and see it hurt.
    Reproduce(OnLab),
    /// Run a service lab's program for you to curl and to load, until Ctrl-C; `stall` is the book's stalling service.
    Serve(Serving),
    /// Micro-benchmark your code with Criterion.
    Bench {
        /// The lab.
        lab: String,
        /// Passed on to Criterion, after `--`.
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Draw a CPU flamegraph of your code, and name what is on top.
    #[command(after_help = PROFILE_HELP)]
    Profile {
        /// What, and for how long.
        #[command(flatten)]
        recorded: Recorded,
        /// Sample with perf (Linux) in place of the sampler inside the process.
        #[arg(long)]
        perf: bool,
    },
    /// Draw what your edit changed in the CPU flamegraph, and name the frames that changed most.
    #[command(
        after_help = "Both programs are sampled now, in turns. flamegraph.svg has the widths of the second, flamegraph-reverse.svg those \
                      of the first, where what vanished shows. In both, red is more of the time than before, blue is less."
    )]
    Flamediff(Differing),
    /// Draw for what threads wait, and where: locks, sleeps, the disk, sockets. Needs Linux, root and perf.
    Offcpu(Recorded),
    /// Show which lines ask for memory; of an edited lab, beside what it was.
    #[command(
        mut_arg("solution", |arg| arg.help("Set it beside the solution")),
        mut_arg("json", |arg| arg.help("Print each run as a line of JSON, the earlier first, and what they come to side by side"))
    )]
    Heap {
        #[command(flatten)]
        on: OnLab,
        /// What a service holds while it runs, sampled by jemalloc, in place of all that it requests.
        #[arg(long)]
        live: bool,
    },
    /// Watch the tasks of an asynchronous lab live with tokio-console, or sum them up by the line that spawned them.
    #[command(
        after_help = "On a terminal with tokio-console (on the PATH, or built by --install) this opens it in front of the lab under load; \
                            q quits. Everywhere else it prints tables: tasks, polls, longest poll by spawn site."
    )]
    Console {
        #[command(flatten)]
        on: OnLab,
        /// Print the tables even where tokio-console is installed.
        #[arg(long)]
        table: bool,
        /// Build tokio-console first, into target/tools.
        #[arg(long, conflicts_with_all = ["table", "json"])]
        install: bool,
    },
    /// Show what every thread of a running program does and which locks it holds, keep a core of it, and let it go on.
    #[command(
        after_help = "A core holds everything that the program had in memory, passwords too. The newest is kept in \
                            target/lab/LAB/dump, readable for you alone.\n\
                            Linux, with gdb. Book: shared/book/src/dumps.md"
    )]
    Dump(Dumping),
    /// Read the next hint; there are four.
    Hint {
        /// The lab.
        lab: String,
        /// Read this one, 1 to 4.
        #[arg(long, value_parser = clap::value_parser!(u8).range(1..=4))]
        level: Option<u8>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// State your diagnosis and have it graded; it blocks nothing.
    Answer {
        /// The lab.
        lab: String,
        /// Your choices in order, such as `2 4 1`; asked for one by one where they are not given.
        choices: Vec<usize>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Judge your fix: right answers, counts, growth, time.
    Verify {
        /// The lab.
        lab: String,
        /// Repeat a run.
        #[arg(long)]
        seed: Option<u64>,
        /// Small sizes and no timing.
        #[arg(long, env = "LAB_SMOKE", value_parser = clap::builder::FalseyValueParser::new())]
        quick: bool,
        /// Right answers and counts at full size, no timing.
        #[arg(long)]
        no_time: bool,
        /// Count the instructions of one call as well, through valgrind.
        #[arg(long)]
        instructions: bool,
        /// Judge this file, or this copy of the lab's folder, in place of yours.
        #[arg(long, value_name = "PATH")]
        attempt: Option<PathBuf>,
        /// Judge the solution itself.
        #[arg(long, conflicts_with = "attempt")]
        reference: bool,
        /// Keep neither the run nor the attempt: `watch` verifies completely right after.
        #[arg(long, hide = true)]
        draft: bool,
        /// Print the verdict as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Verify at every save, on one screen: right answers and counts at once, time after them.
    #[command(
        after_help = "Keys: h next hint, 1-4 a hint already read, a diagnosis, v verify again, d diff (once SOLVED), \
                            arrows scroll, q or Esc or Ctrl-C quit.\n\
                            Without a terminal, or with --json, it prints a line for each phase that ends."
    )]
    Watch {
        /// The lab.
        lab: String,
        /// Repeat a run; the same at every save.
        #[arg(long)]
        seed: Option<u64>,
        /// Small sizes and no timing.
        #[arg(long, env = "LAB_SMOKE", value_parser = clap::builder::FalseyValueParser::new())]
        quick: bool,
        /// Right answers and counts at full size, no timing.
        #[arg(long)]
        no_time: bool,
        /// Print one JSON document a line for each phase that ends; draw nothing.
        #[arg(long)]
        json: bool,
    },
    /// Show what the solution changes.
    Diff {
        /// The lab.
        lab: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write everything that is kept of your runs as one page to look at.
    #[command(
        after_help = "The page is one HTML file that needs no network. With --json it prints what you hand over to a trainer, who \
                            merges the files of many with `cargo lab board DIR`:\n  \
                            cargo lab report --json --name Ines > ines.json"
    )]
    Report {
        /// The lab; all of them where none is named.
        lab: Option<String>,
        /// Show the page in your browser.
        #[arg(long, conflicts_with = "json")]
        open: bool,
        /// Serve the page on the loopback interface, and bring it up to date while you work.
        #[arg(long, conflicts_with_all = ["json", "out", "solution_diff"])]
        watch: bool,
        /// Where the page goes; target/lab/report.html where nothing is said.
        #[arg(long, value_name = "FILE", conflicts_with = "json")]
        out: Option<PathBuf>,
        /// What to call you on the page, and on a trainer's board.
        #[arg(long)]
        name: Option<String>,
        /// Show what the solution changes also in labs that are not solved; it is noted.
        #[arg(long, conflicts_with = "json")]
        solution_diff: bool,
        /// Print what you hand over to a trainer: results and hints, no code.
        #[arg(long)]
        json: bool,
    },
    /// Merge what many learners handed over into one page for the trainer.
    Board {
        /// The folder with the files that `cargo lab report --json` printed.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Where the page goes; board.html in that folder where nothing is said.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Show the page in your browser.
        #[arg(long)]
        open: bool,
    },
    /// Run the solution and see it no longer hurt.
    Solution(OnLab),
    /// Put the lab back as it was; your attempt is kept.
    Reset {
        /// The lab.
        lab: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show what this machine has, what it lacks and how to get it, and how noisy it is.
    Doctor {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Send load to a service on this machine and hold it against its objectives.
    #[command(
        disable_help_flag = true,
        override_usage = "cargo lab load --target http://127.0.0.1:PORT --scenario NAME [OPTIONS]"
    )]
    Load {
        /// Those of the load generator: `cargo lab load --help`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Keep what is normal in a file made to be committed, and hold what is now against it.
    Baseline {
        /// What to do.
        #[command(subcommand)]
        task: BaselineTask,
    },
    /// Fetch and build everything, for a room without network.
    Prefetch,
    /// For those who write labs.
    Dev {
        /// What to do.
        #[command(subcommand)]
        task: DevTask,
    },
}

const PROFILE_HELP: &str = "Kept beside the flamegraph: stacks.folded and profile.pb.gz, which https://speedscope.app reads as they are, and \
                            go tool pprof and Grafana Pyroscope the latter.";
