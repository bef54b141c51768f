//! Memory of our generator: little, and the same after millions of requests.

use anyhow::Result;
use lab_results::gate::figure;
use serde::Serialize;

use super::Measuring;
use super::said::Said;
use super::sheet::Sheet;
use super::tool::Tool;
use super::tools::{Ask, Load, Tools};
use crate::exam::Bar;

const CLOSED: Load = Load::Closed { users: 10, think_ms: 0 };
/// At the rate of the stalling service's runs.
const STEADY: Load = Load::Even { rate: 100, vus: None };
const STEADY_S: f64 = 20.0;
const FEW: f64 = 100_000.0;
const MANY: f64 = 3_000_000.0;
/// At most this much at 100 requests/s.
const STEADY_MIB: f64 = 20.0;
/// More than that much more after so many more requests is no longer flat.
const GROWTH_MIB: f64 = 2.0;
/// A machine that cannot send millions in this time does not wait for them.
const LONGEST_S: f64 = 240.0;

/// One run.
#[derive(Debug, Clone, Serialize)]
struct MemoryRow {
    what: &'static str,
    requests: u64,
    peak_rss_mib: Option<f64>,
}

/// What our generator held.
#[derive(Debug, Clone, Serialize)]
pub struct Memory {
    steady: MemoryRow,
    few: MemoryRow,
    many: MemoryRow,
}

/// Runs it at a steady rate, and as fast as it can for a short and for a long time.
pub fn measure(tools: &Tools, url: &str, measuring: &Measuring) -> Result<Memory> {
    let run = |what: &'static str, load: Load, seconds: f64| -> Result<MemoryRow> {
        let ask = Ask { url, scenario: "fast", load, seconds };
        let said = measuring.step(format!("memory: {what}, {seconds:.0} s"), || tools.send(Tool::Ours, ask))?;
        let Said { sent, peak_rss_mib, .. } = said.unwrap_or_default();
        Ok(MemoryRow { what, requests: sent, peak_rss_mib })
    };
    let steady = run("100/s", STEADY, STEADY_S)?;
    let pace_s = 2.0;
    let per_s = run("how fast is it", CLOSED, pace_s)?.requests as f64 / pace_s;
    let few = run("as fast as it can", CLOSED, (FEW / per_s).max(1.0))?;
    // Some more, because a long run is rarely as fast as a short one.
    let many = run("as fast as it can, for long", CLOSED, (1.25 * MANY / per_s).min(LONGEST_S))?;
    Ok(Memory { steady, few, many })
}

impl Memory {
    /// The table.
    pub fn sheet(&self) -> Sheet {
        let row = |row: &MemoryRow| {
            let peak = row.peak_rss_mib.map_or("not told here".into(), |mib| format!("{mib:.1}"));
            vec![format!("lab-load, {}", row.what), figure(row.requests as f64), peak]
        };
        let headings = vec!["run", "requests", "most memory held, MiB"];
        Sheet { headings, rows: [&self.steady, &self.few, &self.many].map(row).to_vec(), notes: Vec::new() }
    }

    /// Small, flat, and over enough requests to say so.
    pub fn bars(&self) -> Vec<Bar> {
        let (Some(steady), Some(few), Some(many)) =
            (self.steady.peak_rss_mib, self.few.peak_rss_mib, self.many.peak_rss_mib)
        else {
            return Vec::new();
        };
        let bar = |name: &str, asked: String, found: String, is_reached: bool| Bar {
            name: name.into(),
            asked,
            found,
            is_reached,
            is_asserted: true,
        };
        let sent = self.many.requests as f64;
        vec![
            bar(
                "memory at 100/s",
                format!("at most {STEADY_MIB:.0} MiB"),
                format!("{steady:.1} MiB"),
                steady <= STEADY_MIB,
            ),
            bar("requests of the long run", format!("at least {}", figure(MANY)), figure(sent), sent >= MANY),
            bar(
                "more memory after the long run",
                format!("at most {GROWTH_MIB:.0} MiB"),
                // The sum of a negative nothing and nothing has no sign.
                format!("{:+.1} MiB", ((many - few) * 10.0).round() / 10.0 + 0.0),
                many - few <= GROWTH_MIB,
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_grows_and_a_run_that_is_too_short_miss_their_bars() {
        let row = |requests, mib| MemoryRow { what: "x", requests, peak_rss_mib: Some(mib) };
        let missed = |many: MemoryRow| {
            let found = Memory { steady: row(2_000, 7.0), few: row(100_000, 8.0), many };
            found.bars().into_iter().filter(Bar::fails).map(|bar| bar.name).collect::<Vec<_>>()
        };
        assert_eq!(missed(row(3_100_000, 9.9)), Vec::<String>::new());
        assert_eq!(missed(row(3_100_000, 10.1)), ["more memory after the long run"]);
        assert_eq!(missed(row(2_900_000, 8.0)), ["requests of the long run"]);
    }
}
