//! The bars of measurement.md, held against a paper.

use serde::Serialize;

use super::paper::{Answer, Paper};

/// One bar.
#[derive(Debug, Clone, Serialize)]
pub struct Bar {
    /// What is asked.
    pub name: String,
    /// The limit.
    pub asked: String,
    /// What was found.
    pub found: String,
    /// Whether the limit was kept.
    pub is_reached: bool,
}

/// All bars that the paper has answers for.
pub fn of(paper: &Paper) -> Vec<Bar> {
    let mut bars = vec![no_wrong_verdict(paper)];
    for answer in paper.answers.iter().filter(|answer| answer.percent == 0) {
        bars.extend(identical(answer));
    }
    let planted = paper.answers.iter().filter(|answer| matches!(answer.percent, 5 | 10 | 100));
    for answer in planted.filter(|answer| answer.runs >= 20) {
        bars.extend(found(answer));
    }
    for growth in &paper.growth {
        let is_reached = growth.by_counts == growth.runs
            && growth.counts_repeated
            && growth.by_time.is_none_or(|right| right == growth.runs);
        let by_time = growth.by_time.map(|right| format!(", {right} by times")).unwrap_or_default();
        bars.push(Bar {
            name: format!("growth {}", growth.class),
            asked: format!("{} of {} named; counts identical", growth.runs, growth.runs),
            found: format!("{} by counts{by_time}", growth.by_counts),
            is_reached,
        });
    }
    for control in &paper.controls {
        bars.push(Bar {
            name: format!("identical copies, {}", control.name),
            asked: if control.must_fail {
                "more than 1% \"different\"".into()
            } else {
                "at most 1% \"different\"".into()
            },
            found: format!("{} of {}", control.different, control.runs),
            is_reached: control.failed() == control.must_fail,
        });
    }
    bars
}

fn no_wrong_verdict(paper: &Paper) -> Bar {
    let wrong: usize = paper.answers.iter().map(|answer| answer.wrong).sum();
    let runs: usize = paper.answers.iter().map(|answer| answer.runs).sum();
    Bar {
        name: "wrong verdicts, all questions".into(),
        asked: "0".into(),
        found: format!("{wrong} of {runs}"),
        is_reached: wrong == 0,
    }
}

/// Where it was asked often enough: at most 1% called different, and short samples called the same.
fn identical(answer: &Answer) -> Vec<Bar> {
    let mut bars = vec![Bar {
        name: format!("{} identical, {} beside it: different", answer.class, answer.hogs),
        asked: "at most 1%".into(),
        found: format!("{} of {}", answer.different(), answer.runs),
        is_reached: answer.different() * 100 <= answer.runs,
    }];
    let is_short = answer.sample_us.is_some_and(|us| us <= 200.0);
    if is_short && answer.hogs == 0 && answer.runs >= 20 {
        bars.push(Bar {
            name: format!("{} identical, {} beside it: same", answer.class, answer.hogs),
            asked: "at least 95%".into(),
            found: format!("{} of {}", answer.same, answer.runs),
            is_reached: answer.same * 100 >= 95 * answer.runs,
        });
    }
    bars
}

/// A planted difference: found often enough, in time; twice the work also with the right ratio.
fn found(answer: &Answer) -> Vec<Bar> {
    let name = |what: &str| format!("{}% on {}, {} beside it: {what}", answer.percent, answer.class, answer.hogs);
    let is_short = answer.sample_us.is_some_and(|us| us <= 200.0);
    let percent = match (answer.percent, is_short) {
        (100, _) => 100,
        (_, true) => 95,
        (_, false) => 85,
    };
    let right = answer.different() - answer.wrong.min(answer.different());
    let mut bars = vec![Bar {
        name: name("found"),
        asked: format!("at least {percent}%"),
        found: format!("{right} of {}, half of them within {:.1} s", answer.runs, answer.seconds_p50),
        is_reached: right * 100 >= percent * answer.runs,
    }];
    if let (100, Some(ratio)) = (answer.percent, answer.ratio) {
        bars.push(Bar {
            name: name("median ratio"),
            asked: "2.00 within 1%".into(),
            found: format!("{ratio:.4}"),
            is_reached: (ratio / 2.0 - 1.0).abs() <= 0.01,
        });
        bars.push(Bar {
            name: name("time of 95% of verdicts"),
            asked: "at most 3 s".into(),
            found: format!("{:.1} s", answer.seconds_p95),
            is_reached: answer.seconds_p95 <= 3.0,
        });
    }
    bars
}
