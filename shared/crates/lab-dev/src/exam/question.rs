//! One question: the same comparison asked many times, with a known right answer.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use indicatif::ProgressBar;
use lab_results::stats::{median, percentile};
use lab_results::{Finding, Record, growth};

use super::CLASSES;
use super::asked::{Answer, GrowthAnswer, Question};
use lab_core::child::{self, Running, Sees};
use lab_core::machine;
use lab_core::runner::{self, Call};
use lab_core::verify::timing::{RULE, decide};

/// No further worker of one verdict after this long: a true 5% must be found in at most 10 s.
const BUDGET: Duration = Duration::from_secs(10);
/// So many processes keep the machine busy where a question asks for load.
const HOGS: usize = 10;

/// All questions. Work whose caches miss has samples of a millisecond and takes ten times as long to judge: it is asked less often.
pub fn all(quick: bool, only: Option<&str>) -> Result<Vec<Question>> {
    if let Some(only) = only.filter(|only| !CLASSES.contains(only)) {
        bail!("there is no kind of work called {only}; there are {}", CLASSES.join(", "));
    }
    let plan: &[(u32, usize, usize, usize)] = if quick {
        &[(0, 0, 8, 2), (5, 0, 4, 1), (0, 2, 4, 1), (100, 2, 2, 1)]
    } else {
        &[
            (0, 0, 300, 100),
            (5, 0, 50, 20),
            (2, 0, 12, 5),
            (10, 0, 30, 10),
            (100, 0, 50, 20),
            (0, HOGS, 20, 5),
            (5, HOGS, 20, 5),
        ]
    };
    let mut questions = Vec::new();
    for &(percent, hogs, runs, runs_of_misses) in plan {
        for class in CLASSES.into_iter().filter(|class| only.is_none_or(|only| only == *class)) {
            let runs = if class == "miss" { runs_of_misses } else { runs };
            questions.push(Question { class, percent, hogs, runs });
        }
    }
    Ok(questions)
}

impl Question {
    /// Asks all runs. The longer side alternates, so that both "faster" and "slower" are asked for.
    pub fn ask(&self, program: &Path) -> Result<Answer> {
        let hogs = Hogs::start(program, self.hogs)?;
        let mut answer = Answer::new(self);
        let (mut ratios, mut seconds, mut samples_us) = (Vec::new(), Vec::new(), Vec::new());
        let bar = progress(self.to_string(), self.runs);
        for run in 0..self.runs {
            let on_first = run % 2 == 1;
            let started = Instant::now();
            let arguments = |worker: usize| {
                let mut arguments = self.arguments(run * 100 + worker);
                if on_first {
                    arguments.push("--on-first".into());
                }
                arguments
            };
            let decided = match decide(program, &RULE, BUDGET, arguments)? {
                Ok(decided) => decided,
                Err(ran) => bail!("{self}: {}", ran.failure.unwrap_or_default()),
            };
            seconds.push(started.elapsed().as_secs_f64());
            let median = decided.interval.median;
            ratios.push(if on_first { median } else { -median });
            samples_us.extend(decided.medians_us);
            answer.clock = decided.clock;
            answer.count(decided.finding, self.is_wrong(decided.finding, on_first));
            answer.see_load(machine::load());
            bar.inc(1);
        }
        bar.finish_and_clear();
        drop(hogs);
        answer.ratio = median(&ratios).map(f64::exp);
        answer.sample_us = median(&samples_us);
        answer.seconds_p50 = median(&seconds).unwrap_or(f64::NAN);
        answer.seconds_p95 = percentile(&seconds, 0.95).unwrap_or(f64::NAN);
        Ok(answer)
    }

    fn arguments(&self, seed: usize) -> Vec<String> {
        let seed = (7 + seed).to_string();
        ["pairs", self.class, "--percent", &self.percent.to_string(), "--seed", &seed].map(str::to_string).to_vec()
    }

    /// What no verdict may say: a difference where there is none, none where there is one, or the wrong way round. A difference of
    /// just the margin may be called the same.
    fn is_wrong(&self, finding: Finding, on_first: bool) -> bool {
        let (right, opposite) =
            if on_first { (Finding::Faster, Finding::Slower) } else { (Finding::Slower, Finding::Faster) };
        match self.percent {
            0 => finding == right || finding == opposite,
            2 => finding == opposite,
            _ => finding == opposite || finding == Finding::Same,
        }
    }
}

/// Processes that keep the machine busy; they end with this value.
pub struct Hogs(Vec<Running>);

impl Hogs {
    /// Starts so many, and waits until each is at work.
    pub fn start(program: &Path, count: usize) -> Result<Self> {
        let mut hogs = Hogs(Vec::new());
        for number in 0..count {
            let mut command = child::command(program, Sees::Surroundings);
            command
                .args(["burn", &number.to_string()])
                .env("LAB_CHILD", "1")
                .stdin(Stdio::null())
                .stdout(Stdio::piped());
            let mut running = Running::start(&mut command)?;
            let stdout = running.child.stdout.take().context("stdout is piped")?;
            hogs.0.push(running);
            BufReader::new(stdout).read_line(&mut String::new())?;
        }
        Ok(hogs)
    }
}

impl Drop for Hogs {
    fn drop(&mut self) {
        for hog in self.0.drain(..) {
            // Nothing waits for what it was doing.
            let _ = hog.kill();
        }
    }
}

/// A bar on a terminal; nothing elsewhere.
pub fn progress(message: String, runs: usize) -> ProgressBar {
    if !std::io::IsTerminal::is_terminal(&std::io::stderr()) {
        return ProgressBar::hidden();
    }
    let style = indicatif::ProgressStyle::with_template("{pos:>3}/{len} {wide_msg} {elapsed:>4} of {duration:>4}")
        .expect("the template is constant");
    ProgressBar::new(runs as u64).with_style(style).with_message(message)
}

/// Growth by counts and by minima of time, of work whose growth is known; also whether counts repeat.
pub fn growth(program: &Path, quick: bool) -> Result<Vec<GrowthAnswer>> {
    use lab_results::Class::{Constant, Linear, Linearithmic, Logarithmic, Quadratic};

    let runs = if quick { 10 } else { 100 };
    let kinds = [
        ("constant", Constant),
        ("logarithmic", Logarithmic),
        ("linear", Linear),
        ("linearithmic", Linearithmic),
        ("quadratic", Quadratic),
    ];
    let mut answers = Vec::new();
    for (kind, class) in kinds {
        let bar = progress(format!("growth: {kind}"), runs);
        let mut answer = GrowthAnswer { class: kind.into(), runs, by_counts: 0, by_time: None, counts_repeated: true };
        let mut first = None;
        for run in 0..runs {
            // The first ten share a seed: their counts must be the same to the last step.
            let seed = if run < 10 { 7 } else { 7 + run };
            let arguments = vec!["growth".into(), kind.into(), "--seed".into(), seed.to_string()];
            let call = Call { arguments, limit: Duration::from_secs(60), ..Call::default() };
            let records = runner::run(program, &call)?.finished()?;
            let points = |name: &str| -> Vec<(f64, f64)> {
                let counts = records.iter().filter_map(|record| match record {
                    Record::Counts { size, counts, .. } => Some((*size as f64, *counts.get(name)?)),
                    _ => None,
                });
                counts.collect()
            };
            let steps = points("steps");
            answer.by_counts += usize::from(growth::fit(&steps).is_some_and(|growth| growth.class == class));
            if matches!(class, Linear | Quadratic) {
                let is_right = growth::of_times(&points("wall_us_min")) == Some(class);
                *answer.by_time.get_or_insert(0) += usize::from(is_right);
            }
            if run < 10 {
                answer.counts_repeated &= first.get_or_insert_with(|| steps.clone()) == &steps;
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        answers.push(answer);
    }
    Ok(answers)
}
