//! What the judge must reach, held against a paper (the book: measuring-examined.md).

use super::asked::{Answer, Bar};
use super::paper::Paper;

/// Kinds of work of which twice as much takes twice as long. The others have something that does not double (starting tasks, what a
/// branch predictor can hold), so nobody knows their true ratio.
const PROPORTIONAL: [&str; 4] = ["gather", "hash", "fetch", "miss"];

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
            is_asserted: true,
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
            is_asserted: !paper.quick || control.name.starts_with("fetch") && !control.must_fail,
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
        is_asserted: true,
    }
}

/// Where it was asked often enough: at most 1% called different, and short samples called the same.
fn identical(answer: &Answer) -> Vec<Bar> {
    let mut bars = vec![Bar {
        name: format!("{} identical, {} beside it: different", answer.class, answer.hogs),
        asked: "at most 1%".into(),
        found: format!("{} of {}", answer.different(), answer.runs),
        is_reached: answer.different() * 100 <= answer.runs,
        is_asserted: true,
    }];
    let is_short = answer.sample_us.is_some_and(|us| us <= 200.0);
    if is_short && answer.hogs == 0 && answer.runs >= 20 {
        bars.push(Bar {
            name: format!("{} identical, {} beside it: same", answer.class, answer.hogs),
            asked: "at least 95%".into(),
            found: format!("{} of {}", answer.same, answer.runs),
            is_reached: answer.same * 100 >= 95 * answer.runs,
            is_asserted: true,
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
        is_asserted: true,
    }];
    if let (100, Some(ratio)) = (answer.percent, answer.ratio) {
        if !PROPORTIONAL.contains(&answer.class.as_str()) {
            return bars;
        }
        bars.push(Bar {
            name: name("median ratio"),
            asked: "2.00 within 1%".into(),
            found: format!("{ratio:.4}"),
            is_reached: (ratio / 2.0 - 1.0).abs() <= 0.01,
            is_asserted: true,
        });
        bars.push(Bar {
            name: name("time of 95% of verdicts"),
            asked: "at most 3 s".into(),
            found: format!("{:.1} s", answer.seconds_p95),
            is_reached: answer.seconds_p95 <= 3.0,
            is_asserted: true,
        });
    }
    bars
}

#[cfg(test)]
mod tests {
    use lab_results::Finding;

    use super::*;
    use crate::exam::asked::{ControlAnswer, Question};

    fn paper(percent: u32, findings: &[(Finding, bool, usize)]) -> Paper {
        let runs = findings.iter().map(|(_, _, times)| times).sum();
        let mut answer = Answer::new(&Question { class: "gather", percent, hogs: 0, runs });
        for &(finding, is_wrong, times) in findings {
            (0..times).for_each(|_| answer.count(finding, is_wrong));
        }
        (answer.sample_us, answer.ratio) = (Some(70.0), Some(2.001));
        (answer.seconds_p50, answer.seconds_p95) = (0.2, 0.4);
        Paper { answers: vec![answer], ..Paper::new(false) }
    }

    fn failing(paper: &Paper) -> Vec<String> {
        of(paper).into_iter().filter(Bar::fails).map(|bar| bar.name).collect()
    }

    #[test]
    fn one_wrong_verdict_fails_the_examination() {
        let missed = failing(&paper(0, &[(Finding::Same, false, 299), (Finding::Slower, true, 1)]));
        assert_eq!(missed, ["wrong verdicts, all questions"]);
        assert_eq!(failing(&paper(0, &[(Finding::Same, false, 300)])), Vec::<String>::new());
    }

    #[test]
    fn not_being_able_to_tell_is_never_wrong_but_may_not_be_frequent() {
        let rare = paper(5, &[(Finding::Slower, false, 96), (Finding::Inconclusive, false, 4)]);
        assert_eq!(failing(&rare), Vec::<String>::new());
        let frequent = paper(5, &[(Finding::Slower, false, 90), (Finding::Inconclusive, false, 10)]);
        assert_eq!(failing(&frequent), ["5% on gather, 0 beside it: found"]);
    }

    #[test]
    fn a_control_that_does_not_fail_fails_the_whole_examination_only() {
        let control = ControlAnswer { name: "one input only".into(), must_fail: true, runs: 40, different: 0 };
        let mut paper = Paper { controls: vec![control], ..paper(0, &[(Finding::Same, false, 300)]) };
        assert_eq!(failing(&paper), ["identical copies, one input only"]);
        paper.quick = true;
        assert_eq!(failing(&paper), Vec::<String>::new());
    }
}
