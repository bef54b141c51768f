//! The book's story of a page that got slower for a year: its program, what it counts in a month, and how long the page takes.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use lab_results::baseline::Source;
use lab_results::{Baseline, Rule};

use crate::baseline::{frame, take};
use crate::cargo::{self, Build};
use crate::verify::timing::paired::{Decided, RULE, decide};
use crate::workspace::Workspace;

/// The story's folder in the checkout.
pub const FOLDER: &str = "shared/book/gradual-slowdown";
/// January is 1.
pub const MONTHS: usize = 12;
/// Orders to be picked on the developer's laptop.
pub const SMALL: u64 = 5;
/// And on a night in December.
pub const LARGE: u64 = 2_000;

const PACKAGE: &str = "gradual-slowdown";
/// Months against each other at the developer's size: as in any verification.
const BUDGET: Duration = Duration::from_secs(4);
/// January against another month at production's size: a page may take a second, and what is looked for is a multiple.
const ONE_LOOK: Rule = Rule { looks: &[3], ..RULE };
/// Pairs of one process, at either size.
const PAIRS: [u64; 2] = [200, 4];

/// The story's program.
pub struct Story(PathBuf);

impl Story {
    /// Builds it.
    pub fn build(workspace: &Workspace) -> Result<Story> {
        let build = Build {
            title: cargo::title(&workspace.target, PACKAGE, &["database"]),
            arguments: vec!["--package".into(), PACKAGE.into()],
            ..Build::default()
        };
        Ok(Story(cargo::build(workspace, &build)?.executable(PACKAGE)?))
    }

    /// What the page costs in a month, as `lab baseline save month-NN --program ...` counts it.
    pub fn baseline(&self, month: usize) -> Result<Baseline> {
        let arguments = ["count".to_string(), "--month".into(), month.to_string()];
        let run = self.0.to_str().context("the path is not Unicode")?.to_string();
        let subjects = take::program(&[&[run], &arguments[..]].concat())?;
        // In the file, as it is typed at the top of the checkout.
        let command = [&[format!("target/release/{PACKAGE}")], &arguments[..]].concat();
        Ok(Baseline { source: Source::Program { command }, subjects, ..frame(&name(month)) })
    }

    /// Times a month's page over that of the month before, with the developer's orders.
    pub fn time_step(&self, month: usize) -> Result<Decided> {
        self.time(month, month - 1, SMALL, PAIRS[0], &RULE)
    }

    /// Times a month's page over January's, with the orders of a night in December.
    pub fn time_since_january(&self, month: usize) -> Result<Decided> {
        self.time(month, 1, LARGE, PAIRS[1], &ONE_LOOK)
    }

    fn time(&self, month: usize, before: usize, size: u64, pairs: u64, rule: &Rule) -> Result<Decided> {
        let options = [("month", month as u64), ("before", before as u64), ("size", size), ("pairs", pairs)];
        let arguments = |worker: usize| {
            let options = options.into_iter().chain([("worker", worker as u64)]);
            ["measure".to_string()]
                .into_iter()
                .chain(options.flat_map(|(name, value)| [format!("--{name}"), value.to_string()]))
                .collect()
        };
        match decide(&self.0, rule, BUDGET, arguments)? {
            Ok(decided) => Ok(decided),
            Err(ran) => bail!("month {month}: {}", ran.failure.unwrap_or_default()),
        }
    }
}

/// `month-03`
pub fn name(month: usize) -> String {
    format!("month-{month:02}")
}

/// The file that is the whole page in a month.
pub fn source(workspace: &Workspace, month: usize) -> PathBuf {
    workspace.root.join(FOLDER).join(format!("src/months/m{month:02}.rs"))
}

/// What a month changed, and why: the first line of its file.
pub fn change(workspace: &Workspace, month: usize) -> Result<String> {
    let path = source(workspace, month);
    let text = std::fs::read_to_string(&path).with_context(|| format!("Cannot read {}", path.display()))?;
    let first = text.lines().next().and_then(|line| line.strip_prefix("//! "));
    Ok(first.with_context(|| format!("{} does not begin with `//! `", path.display()))?.to_string())
}
