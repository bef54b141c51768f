//! What every verb can be told that runs a lab's program.

use clap::Args;

/// A verb that runs a lab's program.
#[derive(Debug, Clone, Args)]
pub struct OnLab {
    /// The lab.
    pub lab: String,
    /// Seed of the inputs. The same seed repeats a run.
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Use the smallest size.
    #[arg(long, env = "LAB_SMOKE", value_parser = clap::builder::FalseyValueParser::new())]
    pub smoke: bool,
    /// Use the solution, not your code. Before SOLVED it is noted that you looked, unless only figures are shown.
    #[arg(long)]
    pub solution: bool,
    /// Print the program's records as JSON lines.
    #[arg(long)]
    pub json: bool,
}
