//! The generators that are held against each other: ours, k6, Locust, wrk.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Serialize;

use super::child;
use super::said::{Said, read};
use super::tool::Tool;
use lab_core::cargo;
use lab_core::child::{Sees, command, tool};
use lab_core::error::Usage;
use lab_core::programs::load_generator;
use lab_core::workspace::{Workspace, create_folder};

/// How much longer than it was asked to send a generator may take: to start, to wait for its last answer, to write its report.
const GRACE: Duration = Duration::from_secs(60);

/// When requests leave.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Load {
    /// Evenly, this many in a second; k6 with this many VUs, or as many as its script thinks right.
    Even { rate: u32, vus: Option<u32> },
    /// As customers do: at random, this many in a second on average.
    Random { rate: u32 },
    /// This many users, each waiting for an answer and then thinking.
    Closed { users: u32, think_ms: u32 },
}

/// What a generator is asked to do.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Where to send it, such as `http://127.0.0.1:8080`.
    pub url: &'a str,
    /// `stall` or `fast`: a scenario of `shared/stack/scenarios`, and the path.
    pub scenario: &'a str,
    /// When.
    pub load: Load,
    /// For how long.
    pub seconds: f64,
}

/// What is installed.
pub struct Tools<'a> {
    workspace: &'a Workspace,
    ours: PathBuf,
    k6: Option<PathBuf>,
    locust: Option<PathBuf>,
    wrk: Option<PathBuf>,
}

impl<'a> Tools<'a> {
    /// Builds ours, and looks for the others: where `LAB_K6`, `LAB_LOCUST` and `LAB_WRK` say, or on the `PATH`.
    pub fn find(workspace: &'a Workspace) -> Result<Self> {
        let ours = cargo::build(workspace, &load_generator(workspace))?.executable("lab-load")?;
        let tools = Tools {
            workspace,
            ours,
            k6: look("k6", "LAB_K6")?,
            locust: look("locust", "LAB_LOCUST")?,
            wrk: look("wrk", "LAB_WRK")?,
        };
        let missing: Vec<&str> =
            [Tool::K6, Tool::Locust, Tool::Wrk].into_iter().filter(|tool| !tools.has(*tool)).map(Tool::name).collect();
        if !missing.is_empty() && std::env::var_os("LAB_CI").is_some() {
            bail!(
                "Not installed: {}. Under LAB_CI all are needed; .ci/run shows how to install them",
                missing.join(", ")
            );
        }
        Ok(tools)
    }

    /// Whether it is installed.
    pub fn has(&self, tool: Tool) -> bool {
        match tool {
            Tool::Ours => true,
            Tool::K6 => self.k6.is_some(),
            Tool::Locust => self.locust.is_some(),
            Tool::Wrk => self.wrk.is_some(),
        }
    }

    /// Has a generator send load, and waits for its end. None where it is not installed.
    pub fn send(&self, tool: Tool, ask: Ask) -> Result<Option<Said>> {
        if !self.has(tool) {
            return Ok(None);
        }
        self.start(tool, ask)?.finish(Duration::from_secs_f64(ask.seconds) + GRACE).map(Some)
    }

    /// Starts a generator that is installed.
    pub fn start(&self, tool: Tool, ask: Ask) -> Result<Sending> {
        let report = self.report_file()?;
        Ok(Sending { tool, child: child::start(&mut self.command(tool, ask, &report)?)?, report })
    }

    /// k6 and Locust write what they saw to `report`.
    fn command(&self, tool: Tool, ask: Ask, report: &Path) -> Result<Command> {
        let command = match tool {
            Tool::Ours => Some(self.ours(ask)),
            Tool::K6 => self.k6.as_ref().map(|k6| self.k6(k6, ask, report)),
            Tool::Locust => self.locust.as_ref().map(|locust| self.locust(locust, ask, report)),
            Tool::Wrk => self.wrk.as_ref().map(|wrk| self.wrk(wrk, ask)),
        };
        command.with_context(|| format!("{} is not installed", tool.name()))
    }

    fn ours(&self, ask: Ask) -> Command {
        let mut command = command(&self.ours, Sees::Surroundings);
        command.args(["--target", ask.url, "--scenario", ask.scenario, "--json"]);
        command.args(["--duration", &duration(ask.seconds)]).env("LAB_ROOT", &self.workspace.root);
        match ask.load {
            Load::Even { rate, .. } => command.args(["--profile", "soak", "--even", "--rate", &rate.to_string()]),
            Load::Random { rate } => command.args(["--profile", "soak", "--poisson", "--rate", &rate.to_string()]),
            Load::Closed { users, think_ms } => {
                command.args(["--closed", &users.to_string(), "--think", &format!("{think_ms}ms")])
            }
        };
        command
    }

    fn k6(&self, k6: &Path, ask: Ask, report: &Path) -> Command {
        let mut command = tool(k6);
        // Neither a word to its maker nor a port for its remote control.
        command.args(["run", "--quiet", "--no-usage-report", "--address", ""]);
        let mut set = |name: &str, value: &str| {
            command.args(["--env", &format!("{name}={value}")]);
        };
        set("TARGET", ask.url);
        set("REPORT", &report.to_string_lossy());
        match ask.load {
            Load::Even { rate, vus } => {
                set("PROFILE", "constant");
                set("RATE", &rate.to_string());
                set("DURATION", &duration(ask.seconds));
                if let Some(vus) = vus {
                    set("MAX_VUS", &vus.to_string());
                }
            }
            // Given on the command line, they take the place of the script's executor.
            Load::Closed { users, .. } => {
                command.args(["--vus", &users.to_string(), "--duration", &duration(ask.seconds)]);
            }
            Load::Random { .. } => unreachable!("k6 sends evenly or not at all"),
        }
        command.arg(self.workspace.root.join(format!("scripts/k6/{}.js", ask.scenario)));
        command
    }

    fn locust(&self, locust: &Path, ask: Ask, report: &Path) -> Command {
        let mut command = tool(self.workspace.root.join("scripts/locust/run"));
        let Load::Even { rate, .. } = ask.load else { unreachable!("Locust is only asked to send evenly") };
        // Each user comes once in five seconds, which is longer than the stall.
        let users = (5 * rate).to_string();
        command
            .args([
                "--users",
                &users,
                "--spawn-rate",
                &users,
                "--run-time",
                &format!("{:.0}s", ask.seconds),
                "--only-summary",
            ])
            .envs([("SCENARIO", ask.scenario), ("TARGET", ask.url), ("PACE_S", "5")])
            .env("LAB_LOCUST", locust)
            .env("REPORT", report);
        command
    }

    fn wrk(&self, wrk: &Path, ask: Ask) -> Command {
        let mut command = tool(wrk);
        let Load::Closed { users, .. } = ask.load else { unreachable!("wrk knows no schedule") };
        // A request that the stall holds for 2 s would otherwise be a timeout.
        command.args(["--threads", "1", "--timeout", "10s", "--latency", "--connections", &users.to_string()]);
        command.args(["--duration", &format!("{:.0}s", ask.seconds), "--script"]);
        command.arg(self.workspace.root.join("scripts/wrk/report.lua")).arg(format!("{}/{}", ask.url, ask.scenario));
        command
    }

    /// Where a generator writes its report; what an earlier one wrote is gone.
    fn report_file(&self) -> Result<PathBuf> {
        let folder = self.workspace.target.join("lab/load");
        create_folder(&folder)?;
        let path = folder.join("report.json");
        let _ = std::fs::remove_file(&path);
        Ok(path)
    }
}

/// A generator at work.
pub struct Sending {
    tool: Tool,
    child: child::Started,
    report: PathBuf,
}

impl Sending {
    /// Waits for its end, `limit` at most, and reads what it said.
    pub fn finish(self, limit: Duration) -> Result<Said> {
        let ended = self.child.finish(limit)?;
        let said = read(self.tool, &ended, &self.report).with_context(|| format!("{} failed", self.tool.name()));
        let _ = std::fs::remove_file(&self.report);
        said
    }
}

fn duration(seconds: f64) -> String {
    format!("{:.0}ms", seconds * 1e3)
}

/// A program: where the variable says, or on the `PATH`; None where there is none.
fn look(name: &str, variable: &str) -> Result<Option<PathBuf>> {
    if let Some(path) = std::env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from) {
        if !path.is_file() {
            let path = path.display();
            return Err(
                Usage(format!("{variable} is {path}, where nothing is: unset it, or set it to the program")).into()
            );
        }
        return Ok(Some(path));
    }
    Ok(which::which(name).ok())
}
