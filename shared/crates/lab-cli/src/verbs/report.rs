//! `lab report`: everything that is on disk of the labs, as one page.

mod collect;
mod live;
pub mod pages;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use lab_report::{Handover, Page};

pub use collect::{is_json, list, text_of};

use self::pages::Pages;
use lab_core::catalogue::{self, Lab};
use lab_core::error::Usage;
use lab_core::say;
use lab_core::terminal::{COMMAND, GOOD, paint, print_json};
use lab_core::workspace::{Workspace, write_atomically};

/// What to report, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// Open the page.
    pub open: bool,
    /// Serve it and keep it up to date instead.
    pub watch: bool,
    /// Where the page goes.
    pub out: Option<PathBuf>,
    /// Whose report it is.
    pub name: Option<String>,
    /// Show the solution's diff also where nothing is solved yet.
    pub solution_diff: bool,
    /// Print what a learner hands over instead.
    pub json: bool,
}

/// Writes the page, or prints what is handed over.
pub fn run(workspace: &Workspace, only: Option<&Lab>, options: &Options) -> Result<u8> {
    let labs = match only {
        Some(lab) => vec![lab.clone()],
        None => catalogue::labs(workspace)?,
    };
    if options.watch {
        return live::serve(workspace, &labs, options, &Pages::ready(workspace)?);
    }
    if options.json {
        print_json(&Handover::of(&collect::report(workspace, &labs, options)?))?;
        return Ok(0);
    }
    let file = only.map_or("report.html".into(), |lab| format!("report-{}.html", lab.nn()));
    let out = page_file(options.out.as_deref(), || workspace.target.join("lab").join(file))?;
    let report = collect::report(workspace, &labs, options)?;
    let gone: usize = report.labs.iter().map(|lab| lab.gone.len()).sum();
    write_page(&out, &Pages::ready(workspace)?.draw(&Page::Report(report))?)?;
    if gone > 0 {
        say!("{gone} of the kept files could not be shown; the page says which, and why.");
    }
    wrote(workspace, &out, options.open)
}

/// Where a page goes, before anything is done for it.
pub fn page_file(named: Option<&Path>, or: impl FnOnce() -> PathBuf) -> Result<PathBuf> {
    let Some(named) = named else { return Ok(or()) };
    if named.is_dir() || named.as_os_str().is_empty() {
        let example = named.join("report.html");
        return Err(Usage(format!("--out names a file, such as {}", example.display())).into());
    }
    Ok(named.to_path_buf())
}

/// Writes a page.
pub fn write_page(out: &Path, html: &str) -> Result<()> {
    // A name without a folder is one in the current folder.
    let out = std::path::absolute(out).with_context(|| format!("{} is no path for a file", out.display()))?;
    // A device or a pipe is written into, as a shell's `>` does.
    let is_special = std::fs::metadata(&out).is_ok_and(|found| !found.is_file() && !found.is_dir());
    let written = match is_special {
        true => std::fs::write(&out, html).map_err(anyhow::Error::from),
        false => write_atomically(&out, html.as_bytes()),
    };
    written.with_context(|| format!("The page is not in {}: name another file with --out", out.display()))
}

/// Says where a page is, and opens it where that was asked for.
pub fn wrote(workspace: &Workspace, out: &Path, is_to_open: bool) -> Result<u8> {
    let shown = workspace.show(out);
    say!("{} {}", paint(GOOD, "wrote"), paint(COMMAND, &shown));
    if is_to_open {
        open::that_detached(std::path::absolute(out)?)
            .with_context(|| format!("Found no program to show it: open {shown} in a browser yourself"))?;
    } else {
        say!("One file that needs nothing else: open it in a browser, print it, send it.");
    }
    Ok(0)
}
