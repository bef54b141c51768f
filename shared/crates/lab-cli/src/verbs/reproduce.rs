//! `lab reproduce` and `lab solution`: the symptom on screen, and its absence.

use anyhow::Result;
use lab_results::program_run::SCHEMA;
use lab_results::{ProgramRun, Record, Table};

use lab_core::catalogue::Lab;
use lab_core::database;
use lab_core::kept;
use lab_core::next;
use lab_core::on_lab::OnLab;
use lab_core::programs::{program, said};
use lab_core::progress;
use lab_core::render;
use lab_core::say;
use lab_core::terminal::{HEADING, QUIET, paint, print_line, print_words};
use lab_core::workspace::{Workspace, read_file};

/// Runs the lab as it is now.
pub fn lab(workspace: &Workspace, lab: &Lab, on: &OnLab) -> Result<u8> {
    if on.solution {
        return solution(workspace, lab, on);
    }
    if !on.json {
        print_words(&format!("{}  {}", paint(HEADING, &lab.name), lab.symptom));
        say_database(lab)?;
        say!();
    }
    run(workspace, &lab.name, lab, on)?;
    if !on.json {
        let file = workspace.show(&lab.folder.join(&lab.meta.edit));
        let ticket = workspace.show(&lab.folder.join("README.md"));
        print_words(&format!("The code: {file}   The ticket: {ticket}"));
        next::say_after(workspace, lab, "reproduce");
    }
    Ok(0)
}

/// Runs the solution.
pub fn solution(workspace: &Workspace, lab: &Lab, on: &OnLab) -> Result<u8> {
    let solution = lab_core::catalogue::solution(workspace, lab)?;
    // What fixes it is the lesson: nobody reads it here who has not found it yet.
    let is_solved = progress::of(workspace, &lab.name)?.solved;
    if !on.json {
        say!("{}  {}", paint(HEADING, &solution.name), if is_solved { solution.fix.as_str() } else { "" });
        say_database(lab)?;
        say!();
    }
    run(workspace, &solution.name, lab, &OnLab { solution: true, ..on.clone() })?;
    if !on.json {
        if is_solved {
            let least = format!("The least that any solution could cost: {}", solution.meta.floor);
            print_words(&paint(QUIET, least));
        }
        next::say_after(workspace, lab, "solution");
    }
    Ok(0)
}

/// Says which database the program is about to use, where it uses one.
pub fn say_database(lab: &Lab) -> Result<()> {
    if let Some(words) = database::words(lab)? {
        print_words(&paint(QUIET, words));
    }
    Ok(())
}

fn run(workspace: &Workspace, package: &str, lab: &Lab, on: &OnLab) -> Result<()> {
    let database = database::chosen()?;
    let subject = kept::subject(workspace, lab, on.solution);
    let program = program(workspace, package, lab)?;
    let is_still = kept::is_still(workspace, lab, subject);
    let records = said(&program, package, on, database)?;
    let kept = is_still.and_then(|()| kept::keep(workspace, lab, "reproduce", subject, on, &records));
    let original = kept_original(workspace, lab, on)?;
    for record in &records {
        match (on.json, record) {
            (true, _) => print_line(&serde_json::to_string(record)?),
            (false, Record::Table(table)) => render::table_beside(table, named(&original, &table.title)),
            (false, _) => show(record),
        }
    }
    kept::warn(kept);
    Ok(())
}

/// What the original said when it was last run like this, of the same size and on the same database. Nothing where it was not, or where
/// what is kept cannot be read: then the bars have no other axis than their own.
fn kept_original(workspace: &Workspace, lab: &Lab, on: &OnLab) -> Result<Vec<Record>> {
    let file = kept::folder(workspace, lab, "reproduce", "original", on.smoke).join(kept::FILE);
    let kept: Option<ProgramRun> = read_file(&file).ok().and_then(|text| serde_json::from_slice(&text).ok());
    let database = lab.meta.uses_database().then(database::chosen).transpose()?;
    let kept = kept.filter(|run| run.schema == SCHEMA && run.database == database);
    Ok(kept.map(|run| run.records).unwrap_or_default())
}

fn named<'a>(records: &'a [Record], title: &str) -> Option<&'a Table> {
    records.iter().find_map(|record| match record {
        Record::Table(table) if table.title == title => Some(table),
        _ => None,
    })
}

/// Prints a record that is meant for people.
pub fn show(record: &Record) {
    match record {
        Record::Table(table) => render::table(table),
        Record::Note { text } => print_words(&format!("{text}\n")),
        _ => {}
    }
}
