//! The pod that the search box runs in, and the exports, which run beside it. Nothing here is judged.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread;

use lab_harness::Run;
use lab_harness::probe::{allocations::live_bytes, memory::resident_bytes};
use lab_harness::results::{Column, Counts, Headroom, Record, Table};
use orderflow::random::SplitMix64;

/// What a search box may hold until the pod is at its limit, and how many people ask.
const ROOM: Headroom = Headroom { mib: 512.0, requests_per_second: 2.0 };
const THREADS: usize = 16;
const ROUNDS: usize = 250;

/// How long the pod lasts with this search box, and what the exports do meanwhile.
pub fn rest(run: &Run, counted: &[(u64, Counts)]) -> Vec<Record> {
    let live: Vec<(f64, f64)> = counted.iter().map(|(size, counts)| (*size as f64, counts["live_bytes"])).collect();
    vec![Record::Note { text: ROOM.words(&live) }, exports(run)]
}

/// Exports, each rendered by one of sixteen threads, and a line for each in the list of the last thousand. Few are large (Pareto).
fn exports(run: &Run) -> Record {
    let last = Mutex::new(VecDeque::with_capacity(1_001));
    let (rounds, mut random) = (if run.smoke { 10 } else { ROUNDS }, SplitMix64::new(run.seed));
    let begin = [resident_bytes().unwrap_or_default(), live_bytes()];
    let mut rows = Vec::new();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS)
            .map(|_| {
                let ((work, exports), (done, finished)) = (channel::<(usize, u64)>(), channel());
                let last = &last;
                scope.spawn(move || {
                    for (rows, seed) in exports {
                        let line = export(rows, seed);
                        let mut last = last.lock().expect("nobody panics with it");
                        last.push_back(line);
                        if last.len() > 1_000 {
                            last.pop_front();
                        }
                        let _ = done.send(());
                    }
                });
                (work, finished)
            })
            .collect();
        for i in 1..=8 * rounds {
            let rows_of_export = (10.0 * (1.0 - random.unit_f64()).powf(-1.0 / 0.9)).min(40_000.0) as usize;
            let (work, finished) = &workers[random.below(THREADS as u64) as usize];
            let _ = work.send((rows_of_export, random.next_u64()));
            let _ = finished.recv();
            if [1, 2, 4, 8].map(|times| times * rounds).contains(&i) {
                let now = [resident_bytes().unwrap_or_default(), live_bytes()];
                let grown = [0, 1].map(|at| now[at].saturating_sub(begin[at]));
                rows.push(vec![(i as u64).into(), grown[0].into(), grown[1].into()]);
            }
        }
    });
    let columns = vec![Column::new("exports", ""), Column::new("resident", "B"), Column::new("live", "B")];
    Record::Table(Table { title: "The exports, beside it: more than before them".into(), columns, rows, plot: None })
}

/// Renders an export and says how long it is.
fn export(rows: usize, seed: u64) -> String {
    let mut random = SplitMix64::new(seed);
    let rendered: Vec<String> =
        (0..rows).map(|row| format!("{row};").repeat(20 + random.below(180) as usize)).collect();
    format!("{seed:020}: {} bytes", rendered.iter().map(String::len).sum::<usize>())
}
