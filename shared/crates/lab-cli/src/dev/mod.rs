//! `lab dev`: for those who write labs. Rules that are worth keeping are checked here.

mod check;
mod exam;
mod figures;
mod history;
mod load;
mod new;
mod picture;
mod prove;
mod transcript;
mod update;
mod verdicts;

use anyhow::Result;
pub use load::Part;

use crate::args::DevTask;
use crate::catalogue;
use crate::workspace::Workspace;

/// Runs a task.
pub fn run(workspace: &Workspace, task: DevTask) -> Result<u8> {
    match task {
        DevTask::History { record, no_time } => history::run(workspace, record, no_time),
        DevTask::New { number, slug } => new::run(workspace, number, &slug),
        DevTask::Picture => picture::record(workspace),
        DevTask::Update { measure, lab } => update::run(workspace, measure, lab.as_deref()),
        DevTask::MeasureJudge { quick, only, resume, record, json } => {
            exam::run(workspace, &exam::Options { quick, only, resume, record, json })
        }
        DevTask::MeasureLoad { quick, only, record, json } => {
            load::run(workspace, &load::Options { quick, only, record, json })
        }
        DevTask::MeasureVerdicts { labs, runs, with_time, record } => {
            let named = labs.iter().map(|wanted| catalogue::find(workspace, wanted)).collect::<Result<Vec<_>>>()?;
            let labs = if named.is_empty() { catalogue::labs(workspace)? } else { named };
            verdicts::run(workspace, &labs, &verdicts::Repeat { runs, with_time, record })
        }
        DevTask::Check { prove, measure, lab } => {
            let mut labs = catalogue::labs(workspace)?;
            if let Some(wanted) = &lab {
                labs = vec![catalogue::find(workspace, wanted)?];
            }
            let mut problems = check::problems(workspace, &labs)?;
            if prove || measure {
                problems.extend(prove::problems(workspace, &labs, measure)?);
            }
            check::report(&labs, &problems)
        }
    }
}
