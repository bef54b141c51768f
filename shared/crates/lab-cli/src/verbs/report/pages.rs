//! The program that draws pages: built when somebody first wants to see one, so that nobody compiles it for a lab.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use lab_report::Page;

use lab_core::cargo::{self, Build};
use lab_core::child::{self, Running, Sees, describe};
use lab_core::workspace::Workspace;

/// The program, built.
#[derive(Debug, Clone)]
pub struct Pages(PathBuf);

/// What builds it.
pub fn build(workspace: &Workspace) -> Build {
    Build {
        title: cargo::title(&workspace.target, "the pages", &["pages"]),
        arguments: ["--package", "lab-report"].map(String::from).into(),
        ..Build::default()
    }
}

impl Pages {
    /// Builds the program where it is not there, or older than its sources.
    pub fn ready(workspace: &Workspace) -> Result<Self> {
        Ok(Pages(cargo::build(workspace, &build(workspace))?.executable("lab-report")?))
    }

    /// A page as HTML.
    pub fn draw(&self, page: &Page) -> Result<String> {
        let mut command = child::command(&self.0, Sees::Surroundings);
        let mut running = Running::start(command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()))?;
        // It reads all of it before it says a word; what it says of a broken pipe is more than we know of one.
        let asked = running.child.stdin.take().context("stdin is piped")?.write_all(&serde_json::to_vec(page)?);
        let (mut html, mut words) = (String::new(), String::new());
        running.child.stdout.take().context("stdout is piped")?.read_to_string(&mut html)?;
        running.child.stderr.take().context("stderr is piped")?.read_to_string(&mut words)?;
        let status = running.wait()?;
        if !status.success() {
            bail!("The page was not drawn: {} {}: {}", self.0.display(), describe(status), words.trim());
        }
        asked.context("The page was not drawn")?;
        Ok(html)
    }
}
