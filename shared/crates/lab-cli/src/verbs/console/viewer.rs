//! tokio-console itself: where it is, how it gets there, and what it looks at.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::{LIMIT, build};
use lab_core::cargo;
use lab_core::catalogue::Lab;
use lab_core::child::{self, Sees, run_in_foreground};
use lab_core::on_lab::OnLab;
use lab_core::runner::{Call, Session};
use lab_core::say;
use lab_core::terminal::spinner;
use lab_core::workspace::Workspace;

/// The version that speaks to the console-subscriber in Cargo.lock.
const VERSION: &str = "0.1.14";
/// The program's and its crate's name.
const NAME: &str = "tokio-console";
/// console-subscriber's own variable for where it listens.
const ADDRESS: &str = "TOKIO_CONSOLE_BIND";

/// Where the viewer is: on the PATH, or where `--install` puts it.
pub(super) fn path(workspace: &Workspace) -> Option<PathBuf> {
    which::which(NAME).ok().or_else(|| Some(workspace.tools().join("bin").join(NAME)).filter(|path| path.is_file()))
}

/// Builds the viewer, where there is none.
pub(super) fn install(workspace: &Workspace) -> Result<()> {
    if let Some(path) = path(workspace) {
        say!("tokio-console is there already: {}", workspace.show(&path));
        return Ok(());
    }
    lab_core::complain!("Building tokio-console {VERSION} into {}, this once: some minutes ...", tools_of(workspace));
    if let Err(words) = cargo::install(workspace, NAME, VERSION, &[])? {
        bail!("tokio-console could not be built. The table works without it (--table):\n{words}");
    }
    Ok(())
}

fn tools_of(workspace: &Workspace) -> String {
    workspace.show(&workspace.tools())
}

/// The lab under load with console-subscriber inside, and the viewer in front of it.
pub(super) fn open(workspace: &Workspace, lab: &Lab, on: &OnLab, program: &Path) -> Result<u8> {
    let package = on.package(lab);
    let service = cargo::build(workspace, &build(workspace, lab, &package, "console"))?.executable(&package)?;
    // Any port will do, since nobody has to type it; tokio-console's own may be taken by a service of the learner's.
    let address = match std::env::var(ADDRESS) {
        Ok(chosen) => chosen,
        Err(_) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|free| free.local_addr())?.to_string(),
    };
    let seconds = ["--seed".into(), on.seed.to_string(), "--seconds".into(), "600".into()];
    let call = Call {
        arguments: std::iter::once("tasks".to_string()).chain(seconds).collect(),
        environment: vec![(ADDRESS, address.clone())],
        limit: LIMIT,
        ..Call::default()
    };
    let bar = spinner(format!("Starting {package} under load"));
    let mut load = Session::with_input(&service, &call)?;
    let is_open = load.is_open_to_look_at();
    bar.finish_and_clear();
    if !is_open {
        load.finish()?.finished()?;
        bail!("{package} ended before tokio-console could look at it");
    }
    let seen = run_in_foreground(child::command(program, Sees::Everything).arg(format!("http://{address}")))
        .with_context(|| format!("`cargo lab console {} --table` works without a viewer", lab.nn()))?;
    Ok(if seen.success() { 0 } else { 3 })
}
