//! `lab dev book`: the book as pages for a browser, drawn by mdBook.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use lab_core::cargo;
use lab_core::child::{self, Running};
use lab_core::error::Usage;
use lab_core::say;
use lab_core::workspace::Workspace;

/// The program's and its crate's name.
const NAME: &str = "mdbook";
/// The version that `--install` builds, and that CI draws the book with.
const VERSION: &str = "0.5.4";
/// What of mdBook is compiled: it serves and watches nothing here. It draws the book in a moment without optimisation, too, and compiles in a
/// third of the time; nobody debugs it.
const OPTIONS: [&str; 6] =
    ["--debug", "--no-default-features", "--features", "search", "--config", "profile.dev.debug=false"];

/// Draws the book into `out`, or into the target folder.
pub fn run(workspace: &Workspace, install: bool, out: Option<&Path>) -> Result<u8> {
    let mdbook = match (find(workspace), install) {
        (Some(mdbook), _) => mdbook,
        (None, true) => build(workspace)?,
        (None, false) => {
            let advice = "mdBook is not installed; this builds it, once, in some minutes: cargo lab dev book --install";
            return Err(Usage(advice.into()).into());
        }
    };
    let out = match out {
        Some(out) => std::path::absolute(out)?,
        None => workspace.target.join("book"),
    };
    let mut command = child::tool(mdbook);
    command.arg("build").arg(workspace.root.join("shared/book")).arg("--dest-dir").arg(&out);
    let status = Running::start(&mut command)?.wait()?;
    if !status.success() {
        bail!("mdBook could not draw the book: its words are above");
    }
    say!("The book: {}", workspace.show(&out.join("index.html")));
    Ok(0)
}

/// On the PATH, or where `--install` puts it.
fn find(workspace: &Workspace) -> Option<PathBuf> {
    which::which(NAME).ok().or_else(|| Some(built(workspace)).filter(|path| path.is_file()))
}

fn built(workspace: &Workspace) -> PathBuf {
    workspace.tools().join("bin").join(NAME)
}

fn build(workspace: &Workspace) -> Result<PathBuf> {
    if let Err(words) = cargo::install(workspace, NAME, VERSION, &OPTIONS)? {
        bail!("mdBook could not be built:\n{words}");
    }
    Some(built(workspace)).filter(|path| path.is_file()).context("Cargo built no mdbook")
}
