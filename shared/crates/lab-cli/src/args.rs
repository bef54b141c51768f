//! The command line.

mod options;
mod start;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub use self::options::{BaselineTask, Differing, Dumping, Recorded, Serving};
pub use self::start::{Said, arguments};
use lab_core::on_lab::OnLab;

/// OrderFlow Performance Labs: reproduce, measure, diagnose and fix real performance faults.
#[derive(Debug, Parser)]
#[command(
    name = "lab",
    bin_name = "cargo lab",
    version,
    disable_help_subcommand = true,
    after_help = "A lab is named by its number (1, 01), its name (lab-01-string-building) or a part of it that no other lab has \
                  (string).\nIn a lab's folder it can be left out.\n\
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
    /// Run a lab as it is now: its figures show the symptom.
    Reproduce(OnLab),
    /// Run a service lab's program until Ctrl-C, for you to send requests to. `stall` is the book's stalling service.
    Serve(Serving),
    /// Micro-benchmark your code with Criterion.
    Bench {
        /// The lab.
        lab: String,
        /// Passed on to Criterion, after `--`.
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Draw a CPU flamegraph of your code, and name the function that most samples are in.
    #[command(after_help = PROFILE_HELP)]
    Profile {
        /// What, and for how long.
        #[command(flatten)]
        recorded: Recorded,
        /// Sample with perf (Linux), not with the sampler inside the process.
        #[arg(long)]
        perf: bool,
    },
    /// Draw what your edit changed in the CPU flamegraph, and name the frames that changed most.
    #[command(
        after_help = "Both programs are sampled now, in turns. flamegraph.svg has the widths of the second program. flamegraph-reverse.svg \
                      has those of the first: it shows what vanished. In both, red is a larger share than before, blue a smaller one."
    )]
    Flamediff(Differing),
    /// Draw what threads wait for, and where: locks, sleeps, the disk, sockets. It needs Linux, root and perf.
    Offcpu(Recorded),
    /// Show which lines ask for memory. For an edited lab, show the original and yours side by side.
    #[command(
        mut_arg("solution", |arg| arg.help("Compare with the solution. Before SOLVED it is noted that you looked")),
        mut_arg("json", |arg| arg.help("Print each run as a line of JSON, the earlier one first, then the comparison"))
    )]
    Heap {
        #[command(flatten)]
        on: OnLab,
        /// Show what a running service holds, sampled by jemalloc, and not all that it requests.
        #[arg(long)]
        live: bool,
    },
    /// Show the tasks of an asynchronous lab: live with tokio-console, or as a table by the line that spawned them.
    #[command(
        after_help = "On a terminal, where tokio-console is on the PATH or was built by --install, this opens it on the lab under load; q \
                            quits it. Everywhere else this prints tables: tasks, polls and the longest poll, by spawn site."
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
    /// Show what every thread of a running program does and which locks it holds. Keep a core of it. The program goes on.
    #[command(
        after_help = "A core holds everything that the program had in memory, passwords too. The newest one is kept in \
                            target/lab/LAB/dump; only you can read it.\n\
                            Linux, with gdb. Book: shared/book/src/dumps.md"
    )]
    Dump(Dumping),
    /// Read the next hint. There are four.
    Hint {
        /// The lab.
        lab: String,
        /// Read this hint, 1 to 4.
        #[arg(long, value_parser = clap::value_parser!(u8).range(1..=4))]
        level: Option<u8>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// State your diagnosis and have it graded. It is feedback only.
    Answer {
        /// The lab.
        lab: String,
        /// Your choices in order, such as `2 4 1`. Without them you are asked one by one.
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
        /// Also count the instructions of one call, with valgrind.
        #[arg(long)]
        instructions: bool,
        /// Judge this file, or this copy of the lab's folder, and not yours.
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
    /// Verify at every save, on one screen. Right answers and counts come first, then times.
    #[command(
        after_help = "Keys: h next hint, 1-4 a hint already read, a diagnosis, v verify again, d your change (once SOLVED the solution's as well), \
                            arrows scroll, q or Esc or Ctrl-C quit.\n\
                            Without a terminal, or with --json, it prints a line for each phase that ends."
    )]
    Watch {
        /// The lab.
        lab: String,
        /// Use this seed at every save.
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
    /// Show what you changed; once SOLVED, also what the solution changes.
    #[command(
        after_help = "Before the lab is SOLVED, --solution asks first: that you looked is noted beside your result. Without a terminal, \
                            and with --json, nobody can be asked: then it takes --yes as well."
    )]
    Diff {
        /// The lab.
        lab: String,
        /// Your change alone, also after SOLVED.
        #[arg(long)]
        yours: bool,
        /// The solution's change alone, also before SOLVED.
        #[arg(long, conflicts_with = "yours")]
        solution: bool,
        /// Show the solution without asking.
        #[arg(long, requires = "solution")]
        yes: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write one page with everything that is kept of your runs.
    #[command(
        after_help = "The page is one HTML file that needs no network. With --json it prints the file for your trainer. The trainer \
                            merges the files of a class with `cargo lab board DIR`:\n  \
                            cargo lab report --json --name Ines > ines.json"
    )]
    Report {
        /// The lab [default: all labs].
        lab: Option<String>,
        /// Show the page in your browser.
        #[arg(long, conflicts_with = "json")]
        open: bool,
        /// Serve the page on the loopback interface, and keep it up to date while you work.
        #[arg(long, conflicts_with_all = ["json", "out", "solution_diff"])]
        watch: bool,
        /// The file to write [default: target/lab/report.html].
        #[arg(long, value_name = "FILE", conflicts_with = "json")]
        out: Option<PathBuf>,
        /// Your name on the page and on the trainer's board.
        #[arg(long)]
        name: Option<String>,
        /// Also show the solution's change of labs that are not SOLVED. That you looked is noted.
        #[arg(long, conflicts_with = "json")]
        solution_diff: bool,
        /// Print the file for your trainer: results and hints, no code.
        #[arg(long)]
        json: bool,
    },
    /// Merge the files of many learners into one page for the trainer.
    Board {
        /// The folder with the files that `cargo lab report --json` printed.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// The file to write [default: board.html in that folder].
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Show the page in your browser.
        #[arg(long)]
        open: bool,
    },
    /// Run the solution: its figures show that the symptom is gone.
    #[command(mut_arg("solution", |arg| arg.hide(true)))]
    Solution(OnLab),
    /// Put the original back. Your attempt is kept.
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
    /// Send load to a service on this machine and compare its response times with its objectives.
    #[command(
        disable_help_flag = true,
        override_usage = "cargo lab load --target http://127.0.0.1:PORT --scenario NAME [OPTIONS]"
    )]
    Load {
        /// Options of the load generator: see `cargo lab load --help`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Save what a program costs now in a file to commit, and compare later runs with it.
    Baseline {
        /// What to do.
        #[command(subcommand)]
        task: BaselineTask,
    },
    /// Play the book's story of a page that got slower for a year: review each month's change, then see what it costs.
    #[command(
        after_help = "On a terminal you are the reviewer: a month's change is shown, you merge it or send it back, and then it is counted. \
                            Without a terminal the year is counted and printed.\nBook: shared/book/src/baselines.md"
    )]
    Slowdown {
        /// Show this month alone, 2 to 12: its change, and what it costs.
        #[arg(long, value_parser = clap::value_parser!(u8).range(2..=12))]
        month: Option<u8>,
        /// Count, and do not time January and December.
        #[arg(long, env = "LAB_SMOKE", value_parser = clap::builder::FalseyValueParser::new())]
        no_time: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Fetch and build everything that the verbs need, for a room without a network.
    #[command(after_help = PREFETCH_HELP)]
    Prefetch {
        /// Only for a workshop's labs, in its order: a name from shared/agendas, as half-day.
        agenda: Option<String>,
        /// Only for these labs.
        #[arg(long, value_name = "LAB,...", value_delimiter = ',', conflicts_with = "agenda")]
        labs: Vec<String>,
    },
    /// Tasks for authors of labs: see `cargo lab dev --help`.
    #[command(disable_help_flag = true, override_usage = "cargo lab dev TASK [OPTIONS]")]
    Dev {
        /// A task and its options.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

const PREFETCH_HELP: &str = "First comes what a room needs: the programs of each lab, and what judges them. Then the pages, then benches, \
                             profilers, heap profilers, consoles and what a debugger needs. What is built already is passed over, \
                             so that an interrupted one goes on where it was.";
const PROFILE_HELP: &str = "The folder also holds stacks.folded and profile.pb.gz. https://speedscope.app reads both. go tool pprof and \
                            Grafana Pyroscope read profile.pb.gz.";

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory};

    use super::*;

    /// Calls `each` with every verb and every task below it, hidden ones too, and with the words that are typed for it.
    fn walk(command: &Command, typed: &[&str], each: &mut dyn FnMut(&Command, &[&str])) {
        for below in command.get_subcommands() {
            let typed = [typed, &[below.get_name()]].concat();
            each(below, &typed);
            walk(below, &typed, each);
        }
    }

    #[test]
    fn every_verb_and_every_argument_has_help() {
        let mut without_help_of_their_own = Vec::new();
        walk(&Arguments::command(), &["lab"], &mut |verb, typed| {
            let name = typed[1..].join(" ");
            assert!(verb.get_about().is_some(), "`{name}` does not say what it does");
            let silent = verb.get_arguments().find(|argument| argument.get_help().is_none());
            assert!(silent.is_none(), "`{name}` does not say what {silent:?} is");
            if verb.is_disable_help_flag_set() {
                return without_help_of_their_own.push(name);
            }
            let help = Arguments::try_parse_from(typed.iter().chain(&["--help"])).expect_err("it is help");
            assert_eq!(help.kind(), clap::error::ErrorKind::DisplayHelp, "{name}");
            assert!(help.render().to_string().contains(&format!("Usage: cargo lab {name}")), "{name}: {help}");
        });
        // These are programs of their own, which have to be built.
        assert_eq!(without_help_of_their_own, ["load", "dev"]);
    }
}
