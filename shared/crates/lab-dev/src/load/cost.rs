//! What a request costs each generator: CPU time of its whole process, in turns.

use anyhow::Result;
use lab_results::gate::figure;
use lab_results::stats::median;
use serde::Serialize;

use super::Measuring;
use super::said::Said;
use super::sheet::Sheet;
use super::tool::Tool;
use super::tools::{Ask, Load, Tools};
use crate::exam::Bar;

/// As fast as it can: ten connections, each used again as soon as its answer is there. At a lower rate most of the time would go into the
/// kernel's waking of a process that sleeps.
const CLOSED: Load = Load::Closed { users: 10, think_ms: 0 };
/// The same rate for both. The endpoint answers at once, so that a hundred VUs are plenty.
const OPEN: Load = Load::Even { rate: 2_000, vus: Some(100) };
/// How much of ours may be what wrk's is.
const OVER_WRK: f64 = 1.6;
/// How much of k6's ours may be.
const OF_K6: f64 = 0.2;

/// One generator in one mode.
#[derive(Debug, Clone, Serialize)]
struct CostRow {
    tool: Tool,
    mode: &'static str,
    is_installed: bool,
    /// CPU time of a run of almost nothing, which is taken off: k6 compiles its script for every VU first.
    start_s: f64,
    /// Microseconds for each request, a round each.
    us: Vec<f64>,
    /// Requests in a second, a round each.
    per_s: Vec<f64>,
}

/// What all of them cost.
#[derive(Debug, Clone, Serialize)]
pub struct Cost {
    rows: Vec<CostRow>,
    seconds: f64,
}

const CLOSED_NAME: &str = "closed, 10 connections";
const OPEN_NAME: &str = "open, 2,000/s";

/// Runs them in turns, so that what the machine does to one it mostly does to its neighbours.
pub fn measure(tools: &Tools, url: &str, measuring: &Measuring) -> Result<Cost> {
    let (closed_rounds, open_rounds, seconds) = if measuring.quick { (2, 1, 2.0) } else { (5, 3, 4.0) };
    let mut rows = Vec::new();
    for (mode, load, tools_in_turn, rounds) in [
        (CLOSED_NAME, CLOSED, &[Tool::Ours, Tool::Wrk, Tool::K6][..], closed_rounds),
        (OPEN_NAME, OPEN, &[Tool::Ours, Tool::K6][..], open_rounds),
    ] {
        let new = |&tool: &Tool| -> Result<CostRow> {
            let start_s = start(tools, url, measuring, tool, load)?;
            Ok(CostRow { tool, mode, is_installed: tools.has(tool), start_s, us: Vec::new(), per_s: Vec::new() })
        };
        let mut turns = tools_in_turn.iter().map(new).collect::<Result<Vec<_>>>()?;
        for round in 1..=rounds {
            for row in &mut turns {
                let what = format!("cost: {} {mode}, round {round} of {rounds}", row.tool.name());
                let ask = Ask { url, scenario: "fast", load, seconds };
                if let Some(said) = measuring.step(what, || tools.send(row.tool, ask))? {
                    row.add(&said, seconds);
                }
            }
        }
        rows.extend(turns);
    }
    Ok(Cost { rows, seconds })
}

/// CPU time of starting and reporting, of k6 only: that of the others is a few milliseconds.
fn start(tools: &Tools, url: &str, measuring: &Measuring, tool: Tool, load: Load) -> Result<f64> {
    if tool != Tool::K6 {
        return Ok(0.0);
    }
    let vus = match load {
        Load::Closed { users, .. } => Some(users),
        Load::Even { vus, .. } => vus,
        Load::Random { .. } => None,
    };
    let ask = Ask { url, scenario: "fast", load: Load::Even { rate: 1, vus }, seconds: 1.0 };
    let said = measuring.step("cost: k6's start".into(), || tools.send(tool, ask))?;
    // Its one request costs little beside some tenths of a second of start.
    Ok(said.and_then(|said| said.cpu_s).unwrap_or(0.0))
}

impl CostRow {
    fn add(&mut self, said: &Said, seconds: f64) {
        if let Some(cpu_s) = said.cpu_s {
            self.us.push((cpu_s - self.start_s).max(0.0) * 1e6 / said.sent as f64);
        }
        self.per_s.push(said.sent as f64 / seconds);
    }

    fn cells(&self) -> Vec<String> {
        let name = format!("{}, {}", self.tool.name(), self.mode);
        if !self.is_installed {
            return [name, "not installed".into()].into_iter().chain(["-", "-", "-"].map(str::to_string)).collect();
        }
        let middle = |values: &[f64]| median(values).map_or("not told here".into(), figure);
        let low = self.us.iter().copied().fold(f64::INFINITY, f64::min);
        let high = self.us.iter().copied().fold(0.0, f64::max);
        let span = if self.us.is_empty() { "-".into() } else { format!("{} .. {}", figure(low), figure(high)) };
        vec![
            name,
            middle(&self.us),
            span,
            middle(&self.per_s.iter().map(|rate| rate.round()).collect::<Vec<_>>()),
            self.us.len().to_string(),
        ]
    }
}

impl Cost {
    /// The table.
    pub fn sheet(&self) -> Sheet {
        let starts = self.rows.iter().filter(|row| row.start_s > 0.0);
        let starts: Vec<String> = starts.map(|row| format!("{} s ({})", figure(row.start_s), row.mode)).collect();
        let mut notes = vec![format!(
            "CPU time of the whole process, user and system, by the requests that it sent to an endpoint that answers at once; median and \
             range of rounds of {} s, in turns.",
            figure(self.seconds)
        )];
        if !starts.is_empty() {
            notes.push(format!(
                "k6's start and end were measured by a run of almost nothing and taken off: {}.",
                starts.join(", ")
            ));
        }
        Sheet {
            headings: vec!["generator", "CPU us a request", "range", "requests/s", "rounds"],
            rows: self.rows.iter().map(CostRow::cells).collect(),
            notes,
        }
    }

    /// Ours beside wrk's and k6's, as the median of the rounds' ratios.
    pub fn bars(&self, is_lenient: bool) -> Vec<Bar> {
        let bars = [
            // Nearly all that wrk pays is the kernel's price. Where that is small for the kind of processor, what we add is more of it: 1.3
            // times on one machine, 1.7 on another.
            (CLOSED_NAME, Tool::Wrk, OVER_WRK, "at most 1.6 times", !is_lenient),
            (CLOSED_NAME, Tool::K6, OF_K6, "at most a fifth", true),
            // Told, not asserted: at such a rate both mostly pay for being woken, which is the machine's price and not theirs.
            (OPEN_NAME, Tool::K6, OF_K6, "at most a fifth", false),
        ];
        let bar = |(mode, other, limit, asked, is_asserted)| {
            Some(Bar { is_asserted, ..self.bar(mode, other, limit, asked)? })
        };
        bars.into_iter().filter_map(bar).collect()
    }

    fn bar(&self, mode: &str, other: Tool, limit: f64, asked: &str) -> Option<Bar> {
        let us = |tool: Tool| Some(&self.rows.iter().find(|row| row.tool == tool && row.mode == mode)?.us);
        let ratios: Vec<f64> = us(Tool::Ours)?.iter().zip(us(other)?).map(|(ours, theirs)| ours / theirs).collect();
        let ratio = median(&ratios)?;
        Some(Bar {
            name: format!("CPU a request, ours by {}'s, {mode}", other.name()),
            asked: asked.into(),
            found: format!("{ratio:.2} times"),
            is_reached: ratio <= limit,
            is_asserted: true,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(tool: Tool, us: &[f64]) -> CostRow {
        CostRow { tool, mode: CLOSED_NAME, is_installed: true, start_s: 0.0, us: us.to_vec(), per_s: vec![1.0] }
    }

    #[test]
    fn the_bars_are_on_the_medians_of_ratios_of_one_round() {
        // The third round was noisy for both.
        let rows = vec![
            row(Tool::Ours, &[9.0, 9.1, 30.0]),
            row(Tool::Wrk, &[6.0, 6.1, 21.0]),
            row(Tool::K6, &[80.0, 81.0, 90.0]),
        ];
        let bars = Cost { rows, seconds: 4.0 }.bars(false);
        let found: Vec<&str> = bars.iter().map(|bar| bar.found.as_str()).collect();
        assert_eq!(found, ["1.49 times", "0.11 times"]);
        assert!(bars.iter().all(|bar| bar.is_reached));
    }

    #[test]
    fn what_depends_on_the_kind_of_processor_is_told_and_not_asserted_on_any_machine() {
        let found = |ours: f64| Cost {
            rows: vec![row(Tool::Ours, &[ours]), row(Tool::Wrk, &[4.0]), row(Tool::K6, &[120.0])],
            seconds: 2.0,
        };
        let fails = |ours, is_lenient| found(ours).bars(is_lenient).iter().any(Bar::fails);
        assert_eq!([fails(6.8, false), fails(6.8, true), fails(30.0, true)], [true, false, true]);
    }

    #[test]
    fn the_start_is_taken_off() {
        let mut k6 = CostRow { start_s: 0.5, ..row(Tool::K6, &[]) };
        k6.add(&Said { sent: 10_000, cpu_s: Some(1.3), ..Said::default() }, 4.0);
        assert!((k6.us[0] - 80.0).abs() < 1e-9, "{:?}", k6.us);
    }

    #[test]
    fn what_is_not_installed_has_no_bar() {
        let found = Cost {
            rows: vec![row(Tool::Ours, &[9.0]), CostRow { is_installed: false, ..row(Tool::Wrk, &[]) }],
            seconds: 4.0,
        };
        assert!(found.bars(false).is_empty());
    }
}
