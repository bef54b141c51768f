//! What an autoscaler's file comes to on a day with a sale. The judge uses its own copy of this file.

use std::process::ExitCode;

use anyhow::Result;
use lab_harness::file::{self, FileLab, Mistake};
use lab_harness::results::{Column, Counts, Record, Table};
use lab_harness::{Run, emit};
use orderflow::random::SplitMix64;
use serde::Deserialize;

/// Minutes of the day that is played.
const MINUTES: u64 = 1_440;
/// Requests in a second that a replica answers; more are turned away.
const CAPACITY: u64 = 100;
/// A new replica answers so many minutes after it was asked for.
const WARM_UP: usize = 2;
/// More replicas than the cluster has room for.
const MOST: u32 = 1_000;

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Autoscaler {
    /// Replicas that are always there.
    pub replicas_min: u32,
    /// One replica for so many requests in a second.
    pub requests_per_s_per_replica: u32,
}

/// Reads a file's text.
///
/// # Errors
/// It is no JSON, says something else, or asks for what the cluster does not have.
pub fn read(text: &str) -> Result<Autoscaler, Mistake> {
    let autoscaler: Autoscaler = serde_json::from_str(text)?;
    let Autoscaler { replicas_min, requests_per_s_per_replica } = autoscaler;
    if !(1..=MOST).contains(&replicas_min) {
        return Err(Mistake::of_all(format!("replicas_min is {replicas_min}, and the cluster takes 1 to {MOST}")));
    }
    if requests_per_s_per_replica == 0 {
        return Err(Mistake::of_all("requests_per_s_per_replica is 0, which no number of replicas reaches"));
    }
    Ok(autoscaler)
}

/// The `main` of this lab's programs.
pub fn main(text: &str) -> ExitCode {
    let lab = FileLab {
        file: "src/autoscaler.json",
        read,
        symptom,
        counts: |autoscaler, run| Ok(counts(&day(autoscaler, run.seed))),
        counted_of: (MINUTES, "minutes"),
    };
    file::main(&lab, text)
}

/// A minute: what came in a second, and the replicas that answered.
#[derive(Debug, Clone, Copy)]
pub struct Minute {
    requests_per_s: u64,
    replicas: u64,
}

/// A day that follows from the seed: at ten o'clock a sale brings ten times as many requests within ten minutes, for two hours.
pub fn day(autoscaler: &Autoscaler, seed: u64) -> Vec<Minute> {
    let mut random = SplitMix64::new(seed);
    let least = u64::from(autoscaler.replicas_min);
    // What was asked for and does not answer yet.
    let mut asked = vec![least; WARM_UP];
    let minutes = (0..MINUTES).map(|minute| {
        let sale = minute.saturating_sub(600).min(10).min(730_u64.saturating_sub(minute));
        let requests_per_s = (500 + 450 * sale) * (90 + random.below(21)) / 100;
        let wanted = requests_per_s.div_ceil(u64::from(autoscaler.requests_per_s_per_replica));
        asked.push(wanted.clamp(least, u64::from(MOST)));
        // Replicas go at once, and come after their warm-up.
        let replicas = asked[minute as usize..].iter().min().copied().unwrap_or(least);
        Minute { requests_per_s, replicas }
    });
    minutes.collect()
}

fn counts(day: &[Minute]) -> Counts {
    let lost = day.iter().filter(|minute| minute.requests_per_s > minute.replicas * CAPACITY).count();
    let paid: u64 = day.iter().map(|minute| minute.replicas).sum();
    Counts::from([("minutes_lost".into(), lost as f64), ("replica_minutes".into(), paid as f64)])
}

/// The day in pieces of two hours.
fn symptom(autoscaler: &Autoscaler, run: &Run) -> Result<()> {
    let columns = ["hours", "requests/s at most", "replicas at most", "minutes lost"];
    let day = day(autoscaler, run.seed);
    let rows = day.chunks(120).enumerate().map(|(at, minutes)| {
        let most = |of: fn(&Minute) -> u64| minutes.iter().map(of).max().unwrap_or_default();
        let hours = format!("{:02} to {:02}", 2 * at, 2 * at + 2);
        let (requests_per_s, replicas) = (most(|minute| minute.requests_per_s), most(|minute| minute.replicas));
        vec![hours.into(), requests_per_s.into(), replicas.into(), counts(minutes)["minutes_lost"].into()]
    });
    emit(&Record::Table(Table {
        title: "A day with a sale, simulated".into(),
        columns: columns.map(|name| Column::new(name, "")).into(),
        rows: rows.collect(),
        plot: None,
    }));
    Ok(())
}
