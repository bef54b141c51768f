//! `lab dump`: what every thread of a running program does and who holds what, and a core of it; the program goes on.

mod frames;
mod gdb;
mod kept_core;
mod process;
mod show;
mod view;
mod words;

use std::fs::File;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::args::Dumping;
use kept_core::{keep_program, most_bytes};
use lab_core::cargo::{self, Build};
use lab_core::catalogue::{self, Kind, Lab};
use lab_core::database;
use lab_core::kept;
use lab_core::machine;
use lab_core::on_lab;
use lab_core::programs;
use lab_core::runner::{Call, Session};
use lab_core::say;
use lab_core::terminal::{COMMAND, GOOD, paint, print_json, quoted, spinner};
use lab_core::workspace::{Workspace, create_folder, read_file, write_atomically};
use process::Process;
use view::{Dumped, Step, Thread};
use words::{notes, worth_a_look};

/// How long a program is watched before it is stopped.
const WATCH_S: f64 = 1.0;
/// A program that says nothing for so long hangs. A shop has its orders to write first, and customers may take their time.
const LIMIT: Duration = Duration::from_secs(60);
/// Version of [`View`].
const SCHEMA: u32 = 1;

/// What was seen.
#[derive(Debug, Serialize, Deserialize)]
pub struct View {
    /// Version of this document.
    pub schema: u32,
    /// The program.
    pub program: String,
    /// Its process; none where it is seen in a core.
    pub pid: Option<i32>,
    /// When, in seconds since 1970.
    pub at: u64,
    /// On what.
    pub machine: String,
    /// How long it was watched before it was stopped, in seconds.
    pub watched_s: Option<f64>,
    /// How long it stood still.
    pub stood_still_ms: Option<f64>,
    /// Its threads.
    pub threads: Vec<Thread>,
    /// Who waits for whom in a circle.
    pub cycles: Vec<Vec<Step>>,
    /// What to know about it.
    pub notes: Vec<String>,
    /// The core that was kept.
    pub core: Option<Core>,
    /// Whether the program goes on.
    pub goes_on: Option<String>,
}

/// A core that was kept.
#[derive(Debug, Serialize, Deserialize)]
pub struct Core {
    /// Where.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// What it takes on the disk: pages of zeros take nothing.
    pub bytes_on_disk: u64,
}

/// Looks at what was asked for.
pub fn run(workspace: &Workspace, lab: Option<&Lab>, on: &Dumping) -> Result<u8> {
    // Known before minutes of building.
    let gdb = gdb::find()?;
    let view = match (lab, on.pid, &on.core) {
        (_, _, Some(core)) => of_core(&gdb, core, on.program.as_deref())?,
        (_, Some(pid), _) => of_yours(workspace, lab, &gdb, pid, on)?,
        (Some(lab), None, None) => of_lab(workspace, lab, &gdb, on)?,
        (None, None, None) => bail!("name a lab, --pid or --core"),
    };
    let lacks_its_core = view.core.is_none() && view.pid.is_some() && !on.no_core;
    let code = if lacks_its_core { 3 } else { 0 };
    if on.json {
        print_json(&view)?;
        return Ok(code);
    }
    say!("{}", show::text(&view).trim_end());
    if let Some(goes_on) = &view.goes_on {
        say!();
        say!("{} {goes_on}.", paint(GOOD, "Afterwards:"));
    }
    if let Some(core) = &view.core {
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        let path = workspace.show(&core.path);
        say!("Core: {path}, {:.1} MiB, {:.1} on the disk", mib(core.bytes), mib(core.bytes_on_disk));
        say!("Again: {}", paint(COMMAND, format!("cargo lab dump --core {}", quoted(&path))));
    }
    Ok(code)
}

/// What builds a lab or a solution with the types of its local variables.
pub fn build(workspace: &Workspace, lab: &Lab, package: &str) -> Build {
    let title = format!("{package} for a debugger");
    Build {
        title: cargo::title(&workspace.target, &title, &programs::needs(lab)),
        arguments: vec!["--package".into(), package.into()],
        for_debugger: true,
        ..Build::default()
    }
}

/// Starts a lab's program, gives it work, looks at it, sees it go on, and ends it.
fn of_lab(workspace: &Workspace, lab: &Lab, gdb: &Path, on: &Dumping) -> Result<View> {
    let package = if on.solution { catalogue::solution(workspace, lab)?.name } else { lab.name.clone() };
    let subject = kept::subject(workspace, lab, on.solution);
    let program = cargo::build(workspace, &build(workspace, lab, &package))?.executable(&package)?;
    kept::is_still(workspace, lab, subject)?;
    let arguments = on_lab::arguments("busy", on.seed, on.smoke);
    // Each arena of glibc's allocator reserves 64 MiB, and large blocks stay in them after they were freed: gdb would write that out.
    let small = [("MALLOC_ARENA_MAX", "1".into()), ("MALLOC_MMAP_THRESHOLD_", "131072".into())];
    let environment = [vec![("DB", database::chosen()?)], small.to_vec()].concat();
    let bar = spinner(format!("Giving {package} something to do"));
    let mut session = Session::with_input(
        &program,
        &Call { arguments, environment, limit: LIMIT, pass_on: !on.json, ..Call::default() },
    )?;
    let Some((pid, _)) = session.busy() else {
        bar.finish_and_clear();
        session.finish()?.finished()?;
        bail!("{package} ended before it had done anything");
    };
    let pid = i32::try_from(pid).context("the program's number is none")?;
    let folder = kept::folder(workspace, lab, "dump", subject, on.smoke);
    bar.set_message(format!("Watching {package}, then looking at its threads"));
    let mut view = of_process(gdb, &Process::of_yours(pid)?, &package, &folder, on)?;
    bar.set_message(format!("Waiting for {package} to go on"));
    view.goes_on = Some(sees_it_work(&mut session, lab, &package)?);
    bar.set_message(format!("Ending {package}"));
    session.finish()?.finished()?;
    bar.finish_and_clear();
    keep(&mut view, &folder);
    Ok(view)
}

/// Looks at a program that is somebody's, and leaves it alone.
fn of_yours(workspace: &Workspace, lab: Option<&Lab>, gdb: &Path, pid: i32, on: &Dumping) -> Result<View> {
    let process = Process::of_yours(pid)?;
    let path = process.program_path()?;
    let program = path.file_name().and_then(|name| name.to_str()).context("the program's name is not Unicode")?;
    let folder = match lab {
        Some(lab) => kept::folder(workspace, lab, "dump", "running", false),
        None => workspace.lab_target("dump").join(program),
    };
    let bar = spinner(format!("Watching {program}, then looking at its threads"));
    let mut view = of_process(gdb, &process, program, &folder, on)?;
    let is_busy = view.threads.iter().filter_map(|thread| thread.cpu_share).sum::<f64>() > 0.02;
    view.goes_on = Some(process.goes_on(is_busy)?);
    bar.finish_and_clear();
    keep(&mut view, &folder);
    Ok(view)
}

fn of_process(gdb: &Path, process: &Process, program: &str, folder: &Path, on: &Dumping) -> Result<View> {
    // Until gdb has stopped it, a program does a good deal more: too much to see what it was doing. One that somebody's shell waits for
    // is not to be stopped by us, because that shell would take it for its reader's wish.
    let task = json!({ "pid": process.pid, "watch_s": WATCH_S, "freeze": on.pid.is_none() });
    let look = |task| gdb::run(gdb, task, Some(&process.program()), Some(process));
    if on.no_core {
        return Ok(view_of(look(task)?, program.into(), Some(process.pid)));
    }
    create_folder(folder)?;
    // What is in a core is nobody else's business.
    std::fs::set_permissions(folder, PermissionsExt::from_mode(0o700)).context("Failed to close the dump's folder")?;
    let lock = File::create(folder.join("lock")).context("Failed to lock the dump's folder")?;
    lock.try_lock().context("Another dump of the same program is being taken: wait for it")?;
    // It has its name once it is complete: until then the one before is kept. What an interrupted dump left goes away.
    let unfinished = folder.join("core.unfinished");
    let _ = std::fs::remove_file(&unfinished);
    let mut task = task;
    task["core"] = unfinished.to_str().context("the target path is not Unicode")?.into();
    task["most_bytes"] = most_bytes(process, folder, on.max_mib)?.into();
    let found = look(task)?;
    let core_error = found.core_error.clone();
    let mut view = view_of(found, program.into(), Some(process.pid));
    if let Some(error) = core_error {
        let max_mib = on.max_mib;
        view.notes
            .push(format!("No core was kept: {error}. Allow more than --max-mib {max_mib}, or only look: --no-core."));
        return Ok(view);
    }
    // What was seen is shown, whatever can be kept of it.
    match keep_core(process, &unfinished, folder) {
        Ok(core) => view.core = Some(core),
        Err(error) => view.notes.push(format!("No core was kept: {error:#}.")),
    }
    Ok(view)
}

/// Gives a core that is complete its name, with its program beside it.
fn keep_core(process: &Process, unfinished: &Path, folder: &Path) -> Result<Core> {
    let path = folder.join("core");
    std::fs::rename(unfinished, &path).context("gdb wrote no core")?;
    keep_program(process, &folder.join("program")).inspect_err(|_| {
        // Without its program it only takes room.
        let _ = std::fs::remove_file(&path);
    })?;
    let file = std::fs::metadata(&path)?;
    Ok(Core { path, bytes: file.len(), bytes_on_disk: file.blocks() * 512 })
}

/// A service's customers get answers again, a program does its work again: waited for, and counted.
fn sees_it_work(session: &mut Session, lab: &Lab, package: &str) -> Result<String> {
    let unit = if lab.meta.kind == Kind::Service { "requests answered" } else { "calls done" };
    let before = session.busy_so_far();
    loop {
        match session.busy() {
            None => bail!("{package} no longer works after it was looked at"),
            Some((_, done)) if done > before => {
                return Ok(format!("{package} went on ({unit} since: {}), and was ended", done - before));
            }
            Some(_) => {}
        }
    }
}

/// Opens a core again. What it does not say, the view that was kept beside it may.
fn of_core(gdb: &Path, core: &Path, program: Option<&Path>) -> Result<View> {
    let absolute = |path: &Path| path.canonicalize().with_context(|| format!("Cannot read {}", path.display()));
    let core = absolute(core)?;
    let beside = core.with_file_name("program");
    let program = match program {
        Some(program) => Some(absolute(program)?),
        None => Some(beside).filter(|program| program.is_file()),
    };
    let task = json!({ "core": core.to_str().context("the core's path is not Unicode")?, "program": program });
    let bar = spinner("Opening the core");
    let found = gdb::run(gdb, task, program.as_deref(), None)?;
    bar.finish_and_clear();
    let kept: Option<View> =
        read_file(&core.with_file_name("view.json")).ok().and_then(|text| serde_json::from_slice(&text).ok());
    let name = found.program.clone().unwrap_or_default();
    let name = kept.as_ref().map_or(name, |kept| kept.program.clone());
    let mut view = view_of(found, name, None);
    for thread in &mut view.threads {
        let same = kept.iter().flat_map(|kept| &kept.threads).find(|other| other.lwp == thread.lwp);
        thread.name = same.and_then(|other| other.name.clone());
    }
    if kept.is_none() {
        view.notes.push("A core has no names of threads: the running program would have had them.".into());
    }
    Ok(view)
}

fn view_of(found: Dumped, program: String, pid: Option<i32>) -> View {
    let mut threads = found.threads;
    for thread in &mut threads {
        thread.doing = frames::doing(thread);
        thread.cpu_share = found.cpu_shares.get(&thread.lwp).copied();
        for frame in &mut thread.frames {
            frame.function = frame.function.as_deref().map(frames::plain);
            frame.locals.retain_mut(|local| worth_a_look(&mut local.value));
        }
    }
    View {
        schema: SCHEMA,
        program,
        pid,
        at: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
        machine: machine::describe(),
        watched_s: found.watched_s,
        stood_still_ms: found.stood_still_ms,
        cycles: view::cycles(&threads),
        notes: notes(&threads),
        threads,
        core: None,
        goes_on: None,
    }
}

/// Keeps the view beside its core, as data and as text; where that fails, the view says so. Without a core, what was kept before stays.
fn keep(view: &mut View, folder: &Path) {
    if view.core.is_none() {
        return;
    }
    let text = anstream::adapter::strip_str(&show::text(view)).to_string();
    let kept = write_atomically(&folder.join("view.txt"), text.as_bytes())
        .and_then(|()| write_atomically(&folder.join("view.json"), &serde_json::to_vec_pretty(view)?));
    if let Err(error) = kept {
        view.notes.push(format!("This view could not be kept beside its core: {error:#}."));
    }
}
