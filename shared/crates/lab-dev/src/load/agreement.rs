//! The same objectives, held by three tools: do they say the same?

use anyhow::{Result, anyhow};
use lab_results::load::Outcome;
use serde::Serialize;

use super::said::Said;
use super::service::Service;
use super::sheet::Sheet;
use super::tool::Tool;
use super::tools::{Ask, Load, Tools};
use super::{Measuring, stall, verdict};
use crate::exam::Bar;
use lab_core::arena::{self, Attempt};
use lab_core::catalogue;
use lab_core::workspace::Workspace;

/// Those that judge; wrk does not.
const JUDGES: [Tool; 3] = [Tool::Ours, Tool::K6, Tool::Locust];
/// One whole period shows the stall, wherever it begins.
const STALL_S: f64 = 10.0;
/// Others show what they are sooner.
const OTHERS_S: f64 = 4.0;
const RATE: u32 = 100;
/// A lab whose untouched program breaks its objectives by far, on any machine, and whose solution keeps them.
const LAB: &str = "02";

/// What the judges said of one service.
#[derive(Debug, Clone, Serialize)]
struct AgreementRow {
    service: String,
    scenario: String,
    expected: Outcome,
    /// In the order of [`JUDGES`]; None where the tool is not installed.
    said: Vec<Option<Said>>,
}

/// What the judges said.
#[derive(Debug, Clone, Serialize)]
pub struct Agreement {
    rows: Vec<AgreementRow>,
}

/// Asks the judges; what they said of the stalling service meanwhile is not asked again.
pub fn measure(
    workspace: &Workspace,
    tools: &Tools,
    url: &str,
    measuring: &Measuring,
    stall: Option<&stall::Stall>,
) -> Result<Agreement> {
    let lab = catalogue::find(workspace, LAB)?;
    let programs = arena::lay_out(workspace, &lab, &Attempt::Current)?.build(workspace, false)?;
    let programs = programs.map_err(|words| anyhow!("{} does not compile as it is now:\n{words}", lab.name))?;
    let ask = |service: &str, scenario: &str, url: &str, expected: Outcome, seconds: f64| -> Result<AgreementRow> {
        let mut said = Vec::new();
        for tool in JUDGES {
            let known = stall.filter(|_| scenario == "stall").and_then(|stall| stall.even(tool)).cloned();
            let ask = Ask { url, scenario, load: Load::Even { rate: RATE, vus: None }, seconds };
            said.push(match known {
                Some(known) => Some(known),
                None => measuring.step(format!("agreement: {} on {service}", tool.name()), || tools.send(tool, ask))?,
            });
        }
        Ok(AgreementRow { service: service.into(), scenario: scenario.into(), expected, said })
    };
    let mut rows = vec![
        ask("what answers at once", "fast", url, Outcome::Pass, OTHERS_S)?,
        ask("what stalls", "stall", url, Outcome::Breach, STALL_S)?,
    ];
    for (role, program, expected) in
        [("untouched", &programs.original, Outcome::Breach), ("solved", &programs.reference, Outcome::Pass)]
    {
        let service = Service::start(program, &[])?;
        rows.push(ask(&format!("lab {LAB}, {role}"), &lab.slug, &service.url, expected, OTHERS_S)?);
    }
    Ok(Agreement { rows })
}

impl Agreement {
    /// The table.
    pub fn sheet(&self) -> Sheet {
        let cell = |said: &Option<Said>| said.as_ref().map_or("not installed".into(), verdict);
        let row = |row: &AgreementRow| {
            let about = vec![row.service.clone(), format!("`{}`", row.scenario), row.expected.to_string()];
            [about, row.said.iter().map(cell).collect()].concat()
        };
        let headings = ["service", "scenario", "must say"].into_iter().chain(JUDGES.map(Tool::name)).collect();
        Sheet { headings, rows: self.rows.iter().map(row).collect(), notes: Vec::new() }
    }

    /// One bar a scenario.
    pub fn bars(&self) -> Vec<Bar> {
        let bar = |row: &AgreementRow| {
            let asked = row.said.iter().flatten().count();
            let code = i32::from(row.expected.exit_code());
            let says = |said: &&Said| said.outcome == Some(row.expected) && said.exit_code == Some(code);
            let agree = row.said.iter().flatten().filter(says).count();
            Bar {
                name: format!("verdict on {}, by objectives of one file", row.service),
                asked: format!("{}, exit code {code}, by all", row.expected),
                found: format!("{agree} of {asked}"),
                is_reached: agree == asked,
                is_asserted: true,
            }
        };
        self.rows.iter().map(bar).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_is_part_of_the_verdict() {
        let said = |code| Some(Said { outcome: Some(Outcome::Breach), exit_code: Some(code), ..Said::default() });
        let found = |codes: [i32; 2]| Agreement {
            rows: vec![AgreementRow {
                service: "what stalls".into(),
                scenario: "stall".into(),
                expected: Outcome::Breach,
                said: vec![said(codes[0]), said(codes[1]), None],
            }],
        };
        assert!(found([99, 99]).bars()[0].is_reached);
        assert!(!found([99, 0]).bars()[0].is_reached);
    }
}
