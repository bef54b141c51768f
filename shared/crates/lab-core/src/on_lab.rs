//! What every verb can be told that runs a lab's program.

use clap::Args;

use crate::catalogue::Lab;

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

impl OnLab {
    /// The package whose program is meant.
    pub fn package(&self, lab: &Lab) -> String {
        if self.solution { lab.solution_name() } else { lab.name.clone() }
    }

    /// What the program is told.
    pub fn arguments(&self, verb: &str) -> Vec<String> {
        arguments(verb, self.seed, self.smoke)
    }
}

/// What a lab's program is told: its verb, the seed, and that the smallest size will do.
pub fn arguments(verb: &str, seed: u64, is_smoke: bool) -> Vec<String> {
    let mut arguments = vec![verb.to_string(), "--seed".into(), seed.to_string()];
    arguments.extend(is_smoke.then(|| "--smoke".into()));
    arguments
}
