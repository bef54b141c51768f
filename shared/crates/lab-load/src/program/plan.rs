//! What is to be sent. Whatever can be wrong with it is found out here, before the first request.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use lab_load::knee::Limits;
use lab_load::scenarios::{Data, ScenarioFile};
use lab_load::{LoadError, MAX_RATE_PER_S, Mix, Run, Schedule, Stop, Target};

use super::args::Arguments;
use super::profile::Profile;
use super::slo::Promise;
use super::{find, open_files, outputs};

/// How long a service may take to accept a connection before the run; a listening one on this machine needs microseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// How far above its start a search for the knee goes where nobody says.
const FAR: f64 = 100.0;

/// What is to be sent, and what is expected of it.
pub struct Plan {
    /// The service.
    pub target: Target,
    /// The scenario's name.
    pub scenario: String,
    /// What customers do.
    pub customers: Arc<Mix>,
    /// What the run is held against.
    pub promise: Promise,
    /// When they come.
    pub arrivals: Arrivals,
    /// How long they come.
    pub length: Duration,
}

/// Who decides when a customer comes.
pub enum Arrivals {
    /// A schedule.
    Open(Schedule),
    /// The answer before.
    Closed { users: usize, think: Duration },
}

impl Plan {
    /// Checks everything; nothing is sent but the one request that asks the service for the scenario's data.
    pub fn new(arguments: &Arguments) -> Result<Self> {
        let root = repository();
        let target = Target::parse(arguments.target.as_deref().unwrap_or_default(), arguments.i_own_this_host)
            .map_err(|error| match error {
                LoadError::NotLoopback(_) => anyhow!("{error} with --i-own-this-host"),
                error => error.into(),
            })?;
        let path = find::find(arguments.scenario.as_deref().unwrap_or_default(), root.as_deref())?;
        let file = ScenarioFile::read(&path)?;
        let promise = Promise::of(&file, arguments, root.as_deref())?;
        let length = arguments.duration.unwrap_or_else(|| arguments.profile.length());
        let arrivals = arrivals(arguments, length)?;
        if arguments.find_knee {
            limits(arguments)?;
        }
        for output in [&arguments.report, &arguments.hdr, &arguments.svg].into_iter().flatten() {
            outputs::check(output)?;
        }
        let most =
            arguments.closed.map_or(arguments.max_in_flight, |users| arguments.max_in_flight.min(users as usize));
        open_files::allow(most)?;
        let target = target.reached(PATIENCE)?;
        let data = match &file.data_from {
            Some(path) => Data::fetch(&target, path)?,
            None => file.own_data().unwrap_or_default(),
        };
        let is_smoke = arguments.profile == Profile::Smoke && arguments.closed.is_none() && !arguments.find_knee;
        let customers = if is_smoke { file.with_in_turn(&data) } else { file.with(&data) };
        let customers = customers.with_context(|| format!("scenario {}", path.display()))?;
        Ok(Self { target, scenario: file.name, customers: Arc::new(customers), promise, arrivals, length })
    }

    /// A run of it, without any customers yet.
    pub fn run(&self, arguments: &Arguments, stop: &Stop) -> Run {
        Run::new(self.target.clone())
            .seed(arguments.seed)
            .max_in_flight(arguments.max_in_flight)
            .timeout(arguments.timeout)
            .drain(arguments.drain)
            .until(stop)
    }
}

fn arrivals(arguments: &Arguments, length: Duration) -> Result<Arrivals> {
    if let Some(users) = arguments.closed {
        return Ok(Arrivals::Closed { users: users as usize, think: arguments.think });
    }
    let schedule = arguments.profile.schedule(arguments.rate, length)?;
    Ok(Arrivals::Open(if arguments.poisson { schedule.at_random(arguments.seed) } else { schedule }))
}

impl Profile {
    /// Whether the run ends as soon as an objective is broken.
    pub fn ends_at_a_breach(self) -> bool {
        self == Profile::Breakpoint
    }
}

/// Where the search for the knee may go.
pub fn limits(arguments: &Arguments) -> Result<Limits> {
    Ok(Limits::new(arguments.rate, max_rate(arguments))?)
}

/// The rate that it does not go beyond.
pub fn max_rate(arguments: &Arguments) -> f64 {
    arguments.max_rate.unwrap_or((FAR * arguments.rate).min(MAX_RATE_PER_S))
}

/// The repository: where `lab` says, or around the current folder.
fn repository() -> Option<PathBuf> {
    let is_root = |folder: &Path| folder.join("shared/stack/scenarios").is_dir();
    let here = std::env::current_dir().ok();
    let told = std::env::var_os("LAB_ROOT").map(PathBuf::from).filter(|root| is_root(root));
    told.or_else(|| here?.ancestors().find(|folder| is_root(folder)).map(Path::to_path_buf))
}
