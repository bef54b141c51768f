//! Where the time of one answer goes: to statements, to JSON, or to what the program does when the last statement is answered.
//!
//! A fault in one of these places hides those in the others. Nobody has to guess which one to mend first: the answer is taken apart by
//! clocks at its last statement and around its JSON. Statements are counted meanwhile, which takes some time, too.

use std::future::poll_fn;
use std::hint::black_box;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use lab_probe::{json, process_cpu_time, statements};
use lab_results::gate::figure;
use lab_results::{Column, Record, Table};

use super::opened::Opened;
use super::{Function, Store};
use crate::trouble::of_the_database;

/// How long, and how often, one answer is taken apart. The quickest one tells: it was disturbed the least.
const TAKEN_APART: Duration = Duration::from_millis(400);
const LEAST_OFTEN: usize = 2;
const MOST_OFTEN: usize = 15;

/// Where the time of one answer went, in milliseconds by the wall. JSON that is written or read while several threads work may add up to
/// more than the wall saw.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Places {
    /// Until the last statement was answered: statements are handed over, waited for, and their rows unpacked. What the program does in
    /// between is in it, too, but for JSON.
    pub statements_ms: f64,
    /// After it: the program's own work.
    pub own_work_ms: f64,
    /// JSON written and read, before and after.
    pub json_ms: f64,
    /// CPU time of that own work, of all threads, and the least of several answers: who waits for a core uses none.
    pub own_cpu_ms: f64,
}

impl Places {
    fn total_ms(&self) -> f64 {
        self.statements_ms + self.own_work_ms + self.json_ms
    }

    /// The three places by their names, with what each took and its share.
    fn all(&self) -> [(&'static str, f64, f64); 3] {
        let named = [
            ("statements", self.statements_ms),
            ("own work after the last statement", self.own_work_ms),
            ("JSON", self.json_ms),
        ];
        named.map(|(name, ms)| (name, ms, 100.0 * ms / self.total_ms()))
    }

    /// As a table.
    pub(super) fn table(&self, size: &str) -> Record {
        let rows = self.all().map(|(name, ms, percent)| vec![name.into(), ms.into(), percent.round().into()]);
        Record::Table(Table {
            title: format!("Where the time of one answer went, {size}"),
            columns: vec![Column::new("place", ""), Column::new("wall time", "ms"), Column::new("share", "%")],
            rows: rows.into(),
            plot: None,
        })
    }

    /// In a sentence, the largest share first.
    pub(super) fn note(&self, size: &str) -> Record {
        let mut all = self.all();
        all.sort_by(|a, b| b.1.total_cmp(&a.1));
        let shares = all.map(|(name, ms, percent)| format!("{name} {percent:.0}% ({} ms)", figure(ms)));
        let text = format!(
            "Where the {} ms of one answer went, {size}: {}. A smaller share hardly shows while a larger one is there.",
            figure(self.total_ms()),
            shares.join("; "),
        );
        Record::Note { text }
    }
}

/// The latest moment at which the answer still waited, or a statement was reported: SQLite's statements are reported early, by a thread of
/// their own, and PostgreSQL may have answered before anybody waits.
#[derive(Clone, Copy)]
struct Mark {
    at: Instant,
    /// What JSON took until then.
    json: Duration,
    /// CPU time of the process until then.
    cpu: Duration,
}

impl Mark {
    fn renew(&mut self) {
        self.json += json::take().spent;
        self.cpu = process_cpu_time();
        self.at = Instant::now();
    }
}

/// Asks one question several times, where statements are counted, and takes the quickest answer apart.
pub(super) fn of<S: Store>(
    opened: &Opened,
    function: Function<S>,
    input: S::Input,
    answered: impl Fn(S::Answer) -> Result<()>,
) -> Result<Places> {
    let began = Instant::now();
    let (mut quickest, mut own_cpu_ms) = (None::<Places>, f64::INFINITY);
    for times in 1..=MOST_OFTEN {
        json::take();
        let started = Instant::now();
        let mark = Arc::new(Mutex::new(Mark { at: started, json: Duration::ZERO, cpu: Duration::ZERO }));
        let at_each = Arc::clone(&mark);
        statements::after_each(Some(Arc::new(move || at_each.lock().unwrap_or_else(PoisonError::into_inner).renew())));
        let mut answering = function(&opened.pool, input);
        let answer = opened.runtime.block_on(poll_fn(|context| {
            mark.lock().unwrap_or_else(PoisonError::into_inner).renew();
            answering.as_mut().poll(context)
        }));
        let (ended, cpu_ended) = (Instant::now(), process_cpu_time());
        statements::after_each(None);
        drop(answering);
        let Mark { at, json: json_before, cpu } = *mark.lock().unwrap_or_else(PoisonError::into_inner);
        let (before, after, json_after) = (at - started, ended.saturating_duration_since(at), json::take().spent);
        let places = Places {
            statements_ms: ms(before.saturating_sub(json_before)),
            own_work_ms: ms(after.saturating_sub(json_after)),
            json_ms: ms(json_before + json_after),
            own_cpu_ms: 0.0,
        };
        match answer {
            Ok(answer) => answered(black_box(answer))?,
            Err(error) => return Err(of_the_database(error)?.into()),
        }
        opened.settle();
        own_cpu_ms = own_cpu_ms.min(ms((cpu_ended - cpu).saturating_sub(json_after)));
        if quickest.is_none_or(|quickest| places.total_ms() < quickest.total_ms()) {
            quickest = Some(places);
        }
        if times >= LEAST_OFTEN && began.elapsed() > TAKEN_APART || began.elapsed() > 2 * TAKEN_APART {
            break;
        }
    }
    Ok(Places { own_cpu_ms, ..quickest.unwrap_or_default() })
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_share_is_said_first_and_they_are_the_whole() {
        let places = Places { statements_ms: 20.0, own_work_ms: 70.0, json_ms: 10.0, own_cpu_ms: 70.0 };
        assert_eq!(places.all().map(|(_, _, percent)| percent), [20.0, 70.0, 10.0]);
        let Record::Note { text } = places.note("2,000 orders") else { panic!("it is a note") };
        assert!(text.contains("100 ms") && text.contains("70% (70 ms); statements 20% (20 ms); JSON 10%"), "{text}");
    }
}
