//! What verbs can be told.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use lab_core::on_lab::OnLab;

/// A verb that records a lab's program for a while.
#[derive(Debug, Clone, Args)]
pub struct Recorded {
    /// On what.
    #[command(flatten)]
    pub on: OnLab,
    /// Record for this many seconds, 1 to 120.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=120))]
    pub seconds: Option<u16>,
    /// Keep perf's own file, perf.data, beside the flamegraph. It takes some ten megabytes a second.
    #[arg(long)]
    pub keep: bool,
}

/// Two programs to compare.
#[derive(Debug, Args)]
pub struct Differing {
    /// The lab.
    pub lab: String,
    /// Compare your code with the solution, not the original with your code. Before SOLVED it is noted that you looked.
    #[arg(long)]
    pub solution: bool,
    /// How many seconds to sample each program [default: 4].
    #[arg(long, value_parser = sampling_seconds)]
    pub seconds: Option<f64>,
    /// Seed of the inputs. The same seed repeats a run.
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Use the smallest size.
    #[arg(long, env = "LAB_SMOKE", value_parser = clap::builder::FalseyValueParser::new())]
    pub smoke: bool,
    /// Print what changed as JSON.
    #[arg(long)]
    pub json: bool,
}

/// A profile shorter than a tenth of a second is none, and nobody waits for one of hours.
fn sampling_seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.1..=600.0).contains(seconds));
    seconds.ok_or_else(|| "say a number of seconds from 0.1 to 600".into())
}

/// A service to run.
#[derive(Debug, Args)]
pub struct Serving {
    /// The lab, or `stall`.
    pub lab: String,
    /// Listen on this port of the loopback interface [default: any free one].
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub port: u16,
    /// Seed of the service's orders and accounts [default: 7].
    #[arg(long)]
    pub seed: Option<u64>,
    /// Use the solution, not your code.
    #[arg(long)]
    pub solution: bool,
    /// Print the address as one line of JSON, and nothing else.
    #[arg(long)]
    pub json: bool,
}

/// A program to look at.
#[derive(Debug, Args)]
pub struct Dumping {
    /// The lab. Its program is started, given work, looked at and ended.
    #[arg(required_unless_present_any = ["pid", "core"])]
    pub lab: Option<String>,
    /// The process id of a program of yours that runs already, such as `cargo lab serve` in another terminal. It goes on.
    #[arg(long, conflicts_with_all = ["core", "solution"])]
    pub pid: Option<i32>,
    /// Open a core that was kept.
    #[arg(long, value_name = "FILE", conflicts_with = "solution")]
    pub core: Option<PathBuf>,
    /// The program that left the core [default: the program beside the core].
    #[arg(long, value_name = "FILE", requires = "core")]
    pub program: Option<PathBuf>,
    /// Keep no core that takes more than this many MiB.
    #[arg(long, default_value_t = 512, conflicts_with = "core")]
    pub max_mib: u64,
    /// Keep no core.
    #[arg(long, conflicts_with = "core")]
    pub no_core: bool,
    /// Seed of the inputs. The same seed repeats a run.
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Use the smallest size.
    #[arg(long, env = "LAB_SMOKE", value_parser = clap::builder::FalseyValueParser::new())]
    pub smoke: bool,
    /// Use the solution, not your code. Before SOLVED it is noted that you looked.
    #[arg(long)]
    pub solution: bool,
    /// Print everything as one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// What can be done with baselines.
#[derive(Debug, Subcommand)]
pub enum BaselineTask {
    /// Count what labs or a program do now, three times, and write it to NAME.json.
    #[command(after_help = "The program prints one line of JSON for each size, such as\n  \
        {\"type\":\"counts\",\"size\":100,\"counts\":{\"statements\":4,\"rows\":230}}\n\
        and is started without a shell, with a limit of two minutes. Counts, not times: what is saved must repeat.")]
    Save {
        /// Letters, digits, `-` and `_`.
        name: String,
        /// The labs, as they are in the checkout now [default: all labs].
        labs: Vec<String>,
        /// A program of your own, not labs. Its arguments follow it, up to the end of the line.
        #[arg(long, num_args = 1.., value_names = ["PROGRAM", "ARG"], allow_hyphen_values = true, conflicts_with = "labs")]
        program: Vec<String>,
        /// The folder for the file [default in a checkout of the labs: shared/baselines].
        #[arg(long, value_name = "DIR")]
        folder: Option<PathBuf>,
        /// Seed of the labs' inputs.
        #[arg(long, default_value_t = 7, conflicts_with = "program")]
        seed: u64,
        /// Small sizes and no timing. A later `compare` does the same.
        #[arg(long, env = "LAB_SMOKE", value_parser = clap::builder::FalseyValueParser::new())]
        quick: bool,
        /// No timed ratios.
        #[arg(long)]
        no_time: bool,
        /// Replace the file.
        #[arg(long)]
        force: bool,
        /// Print the baseline as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Run the same programs again and compare, or compare saved baselines in the given order without running anything.
    ///
    /// Ends with 0 when nothing got worse, 1 when a count or its growth got worse, 3 when it could not be done. Timed ratios are
    /// shown and decide nothing.
    Compare {
        /// One name: run again and compare. Several names: tell in which step each count moved.
        #[arg(required = true)]
        names: Vec<String>,
        /// Where the files are.
        #[arg(long, value_name = "DIR")]
        folder: Option<PathBuf>,
        /// No timed ratios, even where the baseline has some.
        #[arg(long)]
        no_time: bool,
        /// Print everything that was compared as JSON.
        #[arg(long)]
        json: bool,
    },
}
