//! What a generator said, in the same words whichever it was.

use std::path::Path;

use anyhow::{Result, bail};
use lab_results::load::{LatencySummary, LoadReport, Outcome, SCHEMA};
use serde::{Deserialize, Serialize};

use super::child::Ended;
use super::tool::Tool;

/// What a generator said, and what it cost.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Said {
    /// Requests that were sent.
    pub sent: u64,
    /// Requests that were due and never sent.
    pub unsent: u64,
    /// Requests that were sent and not answered as expected.
    pub failed: u64,
    /// Its percentiles.
    pub latency: Option<LatencySummary>,
    /// Its verdict, where it gives one.
    pub outcome: Option<Outcome>,
    /// Why it gave none for or against.
    pub reasons: Vec<String>,
    /// How its process ended.
    pub exit_code: Option<i32>,
    /// CPU time of its process, start and report included, in seconds.
    pub cpu_s: Option<f64>,
    /// Most memory that its process held.
    pub peak_rss_mib: Option<f64>,
}

/// Reads what a generator said: from its output, or from the report that it was asked to write.
pub fn read(tool: Tool, ended: &Ended, report: &Path) -> Result<Said> {
    let said = match tool {
        Tool::Ours => serde_json::from_str(&ended.stdout).ok().map(by_document),
        Tool::K6 | Tool::Locust => {
            std::fs::read(report).ok().and_then(|text| serde_json::from_slice(&text).ok()).map(by_document)
        }
        Tool::Wrk => ended.stdout.lines().rev().find_map(|line| serde_json::from_str(line).ok()).map(by_wrk),
    };
    let Some(said) = said.transpose()? else { bail!("It wrote no report, and {}", ended.words()) };
    if said.sent == 0 {
        bail!("It sent nothing, and {}", ended.words());
    }
    Ok(Said {
        exit_code: ended.status.code(),
        cpu_s: ended.cpu.map(|cpu| cpu.as_secs_f64()),
        peak_rss_mib: ended.peak_rss_mib,
        ..said
    })
}

fn by_document(report: LoadReport) -> Result<Said> {
    if report.schema != SCHEMA {
        bail!(
            "Its report has schema {}, and this program reads {SCHEMA}: update both to the same commit",
            report.schema
        );
    }
    // Our scenarios have one step each. k6 leaves `overall` empty where its executor was not the script's.
    let step = report.steps.first().unwrap_or(&report.overall);
    let (outcome, reasons) = report.judgement.map(|judgement| (judgement.outcome, judgement.reasons)).unzip();
    Ok(Said {
        sent: step.sent,
        unsent: step.unsent,
        failed: step.sent - step.ok,
        latency: step.response,
        outcome,
        reasons: reasons.unwrap_or_default(),
        ..Said::default()
    })
}

fn by_wrk(report: WrkReport) -> Result<Said> {
    Ok(Said { sent: report.requests, failed: report.failed, latency: Some(report.latency), ..Said::default() })
}

/// wrk's figures: see scripts/wrk/report.lua.
#[derive(Deserialize)]
struct WrkReport {
    requests: u64,
    failed: u64,
    latency: LatencySummary,
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::*;

    fn ended(stdout: &str) -> Ended {
        let (stdout, stderr) = (stdout.to_string(), String::new());
        Ended { status: ExitStatus::from_raw(0), stdout, stderr, cpu: None, peak_rss_mib: None }
    }

    const WRK: &str = r#"{"requests":9,"failed":1,"latency":{"count":9,"p50_ms":1,"p90_ms":2,"p95_ms":3,"p99_ms":4,"p999_ms":5,"max_ms":6,"mean_ms":1}}"#;

    #[test]
    fn wrks_line_is_found_below_its_own_words() {
        let said = read(Tool::Wrk, &ended(&format!("Running 2s test\n  1 threads\n{WRK}\n")), Path::new("-"))
            .expect("a report");
        assert_eq!((said.sent, said.failed, said.exit_code), (9, 1, Some(0)));
        assert_eq!(said.latency.map(|at| at.p99_ms), Some(4.0));
    }

    #[test]
    fn nothing_sent_and_no_report_are_errors_with_its_own_words() {
        let nothing = WRK.replace("\"requests\":9", "\"requests\":0");
        for words in [nothing.as_str(), "unable to connect"] {
            let error = read(Tool::Wrk, &ended(words), Path::new("-")).expect_err("nothing was measured");
            assert!(error.to_string().contains(words), "{error}");
        }
        assert!(read(Tool::K6, &ended("words"), Path::new("/no/such/report")).is_err());
    }
}
