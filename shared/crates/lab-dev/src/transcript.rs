//! Commands on a page of the book, with what they printed: run again, never typed.

use std::process::Stdio;

use anyhow::{Context, Result, bail};

use lab_core::child::{self, Sees};
use lab_core::workspace::Workspace;

/// A fence around commands with their output.
const FENCE: &str = "```console";
/// What a command of ours begins with.
const OURS: &str = "$ cargo lab ";

/// The page with every `$ cargo lab ...` line of its `console` blocks run, from the top of the checkout, and what it printed
/// below it. Other commands stay as they are.
pub fn refreshed(workspace: &Workspace, page: &str) -> Result<String> {
    let mut lines = page.lines().peekable();
    let mut text = String::new();
    let mut is_inside = false;
    while let Some(line) = lines.next() {
        text.push_str(line);
        text.push('\n');
        is_inside = if is_inside { line != "```" } else { line == FENCE };
        if let (true, Some(command)) = (is_inside, line.strip_prefix(OURS)) {
            while lines.next_if(|next| *next != "```" && !next.starts_with("$ ")).is_some() {}
            text.push_str(&output(workspace, command)?);
        }
    }
    Ok(text)
}

/// What a command prints. Ending with 1 is an answer, too.
fn output(workspace: &Workspace, command: &str) -> Result<String> {
    let program = std::env::current_exe().context("Could not find this program's own file")?;
    let mut run = child::command(program, Sees::Everything);
    run.args(command.split_whitespace()).current_dir(&workspace.root).env("COLUMNS", "100").stdin(Stdio::null());
    let ran = run.output().with_context(|| format!("Failed to run `{command}`"))?;
    if !matches!(ran.status.code(), Some(0 | 1)) {
        bail!("`{command}` could not be done: {}", String::from_utf8_lossy(&ran.stderr).trim());
    }
    Ok(format!("{}\n", String::from_utf8_lossy(&ran.stdout).trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_commands_in_console_blocks_are_run() {
        let workspace = Workspace { root: "/".into(), target: "/".into(), state: "/".into() };
        let page = "$ cargo lab boom\n\n```console\n$ make lab-01\nsaid\n```\n\n```sh\n$ cargo lab boom\n```\n";
        assert_eq!(refreshed(&workspace, page).expect("nothing is run"), page);
    }
}
