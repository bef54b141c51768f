//! `lab dev new`: a pair of crates that compiles and is proven both ways, ready to be filled.

use anyhow::Result;
use clap::ValueEnum;

use super::update;
use lab_core::catalogue;
use lab_core::error::Usage;
use lab_core::say;
use lab_core::terminal::{COMMAND, paint};
use lab_core::workspace::{Workspace, write_atomically};

macro_rules! templates {
    ($folder:literal: $($path:expr),* $(,)?) => {
        &[$(($path, include_str!(concat!("../templates/", $folder, "/", $path)))),*]
    };
}

/// Paths in `labs/` and `solutions/`, and texts. Cargo takes every `Cargo.toml` of a git dependency for a package's, so a template has another
/// name.
type Templates = &'static [(&'static str, &'static str)];

/// What every pair has.
const COMMON: Templates = templates![
    "common":
    "lab/Makefile",
    "lab/README.md",
    "lab/benches/Makefile",
    "lab/hints/1.md",
    "lab/hints/2.md",
    "lab/hints/3.md",
    "lab/hints/4.md",
    "lab/hints/Makefile",
    "lab/src/Makefile",
    "lab/src/main.rs",
    "solution/Makefile",
    "solution/README.md",
    "solution/src/main.rs",
    "solution/trainer.md",
];

/// The file that the learner edits in a pair of a kind, and what such a pair has of its own.
macro_rules! of_kind {
    ($folder:literal, $edit:literal) => {
        ($edit, templates![
            $folder:
            "lab/Cargo.toml.template",
            "lab/benches/bench.rs",
            "lab/src/contract.rs",
            "lab/src/lib.rs",
            concat!("lab/", $edit),
            "solution/Cargo.toml.template",
            "solution/benches/bench.rs",
            "solution/src/lib.rs",
            concat!("solution/", $edit),
        ])
    };
}

/// What a new pair is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Skeleton {
    /// A pure function: allocations and CPU time.
    Kernel,
    /// Code over a database: statements and rows.
    Store,
    /// A part of a service on a socket: what a request costs.
    Service,
    /// Queueing or concurrency without a database: tokio's paused time, against theory.
    Virtual,
    /// A file that is no Rust: rules, SQL, a manifest.
    File,
}

impl Skeleton {
    fn edit_and_templates(self) -> (&'static str, Templates) {
        match self {
            Skeleton::Kernel => of_kind!("kernel", "src/report.rs"),
            Skeleton::Store => of_kind!("store", "src/report.rs"),
            Skeleton::Service => of_kind!("service", "src/quote.rs"),
            Skeleton::Virtual => of_kind!("virtual", "src/reserve.rs"),
            Skeleton::File => of_kind!("file", "src/autoscaler.json"),
        }
    }
}

/// Writes the pair and the derived files.
pub fn run(workspace: &Workspace, number: u32, slug: &str, skeleton: Skeleton) -> Result<u8> {
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if !(1..=99).contains(&number) {
        return Err(Usage(format!("{number} is no lab number: 1 to 99")).into());
    }
    if !slug.split('-').all(is_word) {
        return Err(
            Usage(format!("`{slug}` is no slug: lower-case words joined by `-`, such as cache-stampede")).into()
        );
    }
    if let Some(lab) = catalogue::labs(workspace)?.iter().find(|lab| lab.number == number || lab.slug == slug) {
        return Err(Usage(format!("{} is there already", lab.name)).into());
    }
    let nn = format!("{number:02}");
    let snake = slug.replace('-', "_");
    let (edit, templates) = skeleton.edit_and_templates();
    for (path, text) in COMMON.iter().chain(templates) {
        let (side, rest) = path.split_once('/').expect("templates lie in lab/ or solution/");
        let named = [("{{NN}}", nn.as_str()), ("{{slug}}", slug), ("{{snake}}", &snake), ("{{edit}}", edit)];
        let text = named.iter().fold(text.to_string(), |text, (name, value)| text.replace(name, value));
        let target = workspace
            .root
            .join(format!("{side}s"))
            .join(format!("{side}-{nn}-{slug}"))
            .join(rest.trim_end_matches(".template"));
        write_atomically(&target, text.as_bytes())?;
    }
    update::run(workspace, update::Measured::default(), None)?;
    say!();
    say!("labs/lab-{nn}-{slug} and solutions/solution-{nn}-{slug} compile and pass their proof:");
    say!("  {}", paint(COMMAND, format!("cargo lab dev check --prove {nn}")));
    say!("Then make them yours: the ticket, the fault, the gates, the hints; and record the figures:");
    say!("  {}", paint(COMMAND, "cargo lab dev update --measure"));
    Ok(0)
}
