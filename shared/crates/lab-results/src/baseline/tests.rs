use super::*;
use crate::gate::{Gate, Limit};
use crate::growth::Class;
use crate::record::Counts;

const SIZES: [u64; 4] = [5, 20, 80, 320];

/// A run whose one count follows from the size.
fn run(name: &str, f: impl Fn(f64) -> f64) -> Run {
    SIZES.map(|n| (n, Counts::from([(name.to_string(), f(n as f64))]))).into()
}

fn baseline(name: &str, subject: Subject) -> Baseline {
    Baseline {
        schema: SCHEMA,
        name: name.into(),
        at: 1_800_000_000,
        date: "2027-01-15T08:00:00Z".into(),
        machine: "linux x86_64, 2 cores".into(),
        toolchain: "rustc 1.95.0".into(),
        commit: Some(Commit { hash: "684a9c8".into(), dirty: false }),
        repeats: 3,
        source: Source::Program { command: vec!["cat".into(), "counts.jsonl".into()] },
        subjects: BTreeMap::from([("page".into(), subject)]),
    }
}

/// A baseline with one count that repeated exactly.
fn exact(name: &str, f: impl Fn(f64) -> f64) -> Baseline {
    baseline(name, Subject::from_runs(&[run("statements", f)], &[]).expect("counts"))
}

fn moved(changes: &[Change], moved: Moved) -> Vec<String> {
    changes.iter().filter(|change| change.moved == moved).map(Change::sentence).collect()
}

#[test]
fn the_same_is_the_same() {
    let changes = compare(&exact("a", |n| n + 2.0), &exact("b", |n| n + 2.0)).expect("comparable");
    assert_eq!(changes.len(), SIZES.len() + 1, "every size and the class");
    assert!(changes.iter().all(|change| change.moved == Moved::Same), "{changes:?}");
}

#[test]
fn one_statement_more_is_worse_at_its_size_only() {
    let now = exact("b", |n| if n == 80.0 { 4.0 } else { 3.0 });
    let changes = compare(&exact("a", |_| 3.0), &now).expect("comparable");
    assert_eq!(moved(&changes, Moved::Worse), ["statements: 3 -> 4 at size 80"]);
    let back = compare(&now, &exact("a", |_| 3.0)).expect("comparable");
    assert_eq!(moved(&back, Moved::Better), ["statements: 4 -> 3 at size 80"]);
}

#[test]
fn a_size_has_its_unit_and_a_count_its_words() {
    let of = |value: f64| {
        let subject = Subject::from_runs(&[run("peak_mib", |_| value)], &[]).expect("counts");
        baseline("a", subject.of_unit("orders"))
    };
    let worse = moved(&compare(&of(3.0), &of(4.0)).expect("comparable"), Moved::Worse);
    assert_eq!(worse[0], "peak, MiB: 3 -> 4 at 5 orders");
    let steps = history(&[of(3.0), of(4.0)]).expect("comparable");
    assert_eq!(steps[0].moves()[0].to_string(), "peak, MiB: 3 -> 4 at 320 orders");
}

#[test]
fn a_class_moves_with_its_count() {
    let steeper = compare(&exact("a", |_| 3.0), &exact("b", |n| n + 3.0)).expect("comparable");
    assert!(moved(&steeper, Moved::Worse).contains(&"statements: constant -> n".to_string()), "{steeper:?}");
    let flatter = compare(&exact("a", |n| n + 3.0), &exact("b", |_| 3.0)).expect("comparable");
    assert!(moved(&flatter, Moved::Better).contains(&"statements: n -> constant".to_string()), "{flatter:?}");
}

#[test]
fn a_constant_part_taken_away_makes_no_class_worse() {
    let (old, new) = (exact("a", |n| n + 100.0), exact("b", |n| n));
    let class = |of: &Baseline| of.subjects["page"].counts["statements"].growth.expect("four sizes").class;
    assert!(class(&new) > class(&old), "the fitted class alone would mislead");
    let changes = compare(&old, &new).expect("comparable");
    assert_eq!(moved(&changes, Moved::Worse), [""; 0]);
}

#[test]
fn what_did_not_repeat_is_held_against_its_spread_and_the_tolerance() {
    let runs = [10.0, 11.0, 10.5].map(|value| run("cpu_ms", |_| value));
    let subject = Subject::from_runs(&runs, &[]).expect("counts");
    let Repeated::Within(share) = subject.counts["cpu_ms"].repeated else { panic!("{subject:?}") };
    assert!((share - 0.5 / 10.5).abs() < 1e-4);
    let old = baseline("a", subject);
    let now = |value: f64| baseline("b", Subject::from_runs(&[run("cpu_ms", |_| value)], &[]).expect("counts"));
    let limit = 10.5 * (1.0 + share + TOLERANCE);
    assert_eq!(moved(&compare(&old, &now(limit - 0.01)).expect("comparable"), Moved::Worse).len(), 0);
    assert_eq!(moved(&compare(&old, &now(limit + 0.01)).expect("comparable"), Moved::Worse).len(), SIZES.len());
    assert_eq!(moved(&compare(&old, &now(4.0)).expect("comparable"), Moved::Better).len(), SIZES.len());
    // Its class decides nothing, however it reads.
    let steep = baseline("b", Subject::from_runs(&[run("cpu_ms", |n| 10.5 + n / 200.0)], &[]).expect("counts"));
    assert_eq!(moved(&compare(&old, &steep).expect("comparable"), Moved::Worse), [""; 0]);
}

#[test]
fn what_repeats_no_longer_is_said_and_held_by_the_best_that_it_may_be() {
    let old = exact("a", |_| 38.0);
    let now = |values: [f64; 3]| {
        baseline("b", Subject::from_runs(&values.map(|value| run("statements", |_| value)), &[]).expect("counts"))
    };
    let wavers = compare(&old, &now([38.0, 38.01, 38.01])).expect("comparable");
    assert_eq!(moved(&wavers, Moved::Worse), [""; 0]);
    assert!(moved(&wavers, Moved::Same).iter().any(|said| said.contains("no longer repeats exactly")), "{wavers:?}");
    let jumps = compare(&old, &now([50.0, 51.0, 52.0])).expect("comparable");
    assert_eq!(moved(&jumps, Moved::Worse).len(), SIZES.len());
}

#[test]
fn a_spread_around_zero_is_no_division_by_it() {
    let runs = [0.0, 1.0, 0.0].map(|value| run("retries", |_| value));
    let old = baseline("a", Subject::from_runs(&runs, &[]).expect("counts"));
    let now = |value: f64| baseline("b", Subject::from_runs(&[run("retries", |_| value)], &[]).expect("counts"));
    assert_eq!(moved(&compare(&old, &now(1.0)).expect("comparable"), Moved::Worse).len(), 0);
    assert_eq!(moved(&compare(&old, &now(2.0)).expect("comparable"), Moved::Worse).len(), SIZES.len());
}

#[test]
fn less_is_worse_only_where_gates_ask_for_at_least() {
    let gate = |limit| Gate { count: "turns".into(), says: "turns".into(), limit, hint: 1 };
    let counted = |value: f64, gates: &[Gate]| {
        baseline("x", Subject::from_runs(&[run("turns", |_| value)], gates).expect("counts"))
    };
    let floor = [gate(Limit::AtLeast(100.0))];
    let fewer = compare(&counted(1_000.0, &floor), &counted(10.0, &floor)).expect("comparable");
    assert_eq!(moved(&fewer, Moved::Worse).len(), SIZES.len());
    let more = compare(&counted(10.0, &floor), &counted(1_000.0, &floor)).expect("comparable");
    assert_eq!(moved(&more, Moved::Better).len(), SIZES.len());
    // Lab 04 asks for at least one statement, so that a count of nothing does not pass, and for at most a few.
    let both = [gate(Limit::AtLeast(1.0)), gate(Limit::AtMost(6.0))];
    let more = compare(&counted(2.0, &both), &counted(3.0, &both)).expect("comparable");
    assert_eq!(moved(&more, Moved::Worse).len(), SIZES.len());
}

#[test]
fn what_is_no_longer_counted_cannot_be_held() {
    let (old, new) = (exact("a", |_| 3.0), baseline("b", Subject::from_runs(&[run("rows", |n| n)], &[]).expect("ok")));
    let changes = compare(&old, &new).expect("comparable");
    assert_eq!(moved(&changes, Moved::Worse), ["statements: is no longer counted"]);
    assert_eq!(moved(&changes, Moved::Same), ["rows: appeared"]);
    let mut without = exact("b", |_| 3.0);
    without.subjects.insert("other".into(), without.subjects["page"].clone());
    without.subjects.remove("page");
    assert_eq!(moved(&compare(&old, &without).expect("comparable"), Moved::Worse).len(), 1, "a missing subject");
}

#[test]
fn other_sizes_seeds_and_databases_are_not_comparable() {
    let old = exact("a", |_| 3.0);
    let mut smaller = exact("b", |_| 3.0);
    for subject in smaller.subjects.values_mut() {
        subject.counts.values_mut().for_each(|count| assert!(count.at.pop_last().is_some()));
    }
    let why = compare(&old, &smaller).expect_err("other sizes").to_string();
    assert_eq!(why, "a and b are not comparable: page, `statements`: sizes [5, 20, 80, 320] and [5, 20, 80]");

    let labs = |seed, quick| Baseline { source: Source::Labs { seed, quick }, ..old.clone() };
    for (then, now, says) in [
        (labs(7, false), labs(8, false), "seeds 7 and 8"),
        (labs(7, false), labs(7, true), "one at full size"),
        (labs(7, false), old.clone(), "one of labs, one of a program"),
    ] {
        let why = compare(&then, &now).expect_err("other inputs").to_string();
        assert!(why.contains("not comparable") && why.contains(says), "{why}");
    }
    let mut elsewhere = old.clone();
    elsewhere.subjects.values_mut().for_each(|subject| subject.database = Some("postgres".into()));
    assert!(compare(&old, &elsewhere).expect_err("other database").to_string().contains("PostgreSQL"));
}

#[test]
fn runs_that_make_no_baseline_say_why() {
    let refused = |runs: &[Run]| Subject::from_runs(runs, &[]).expect_err("refused").to_string();
    assert_eq!(refused(&[]), "it printed no counts");
    assert_eq!(refused(&[Vec::new()]), "it printed no counts");
    assert_eq!(refused(&[run("x", |n| if n == 20.0 { f64::NAN } else { n })]), "`x` at size 20 is no number");
    assert_eq!(refused(&[run("x", |n| n / 0.0)]), "`x` at size 5 is no number");
    assert!(refused(&[[run("x", |n| n), run("x", |n| n)].concat()]).contains("twice at size 5"));
    let fewer = run("x", |n| n)[1..].to_vec();
    assert!(refused(&[run("x", |n| n), fewer]).contains("`x` at size 5 is counted in some runs"));
    assert!(refused(&[run("x", |n| n), run("y", |n| n)]).contains("counted in some runs"));
}

#[test]
fn a_document_that_is_not_ours_is_refused() {
    let good = exact("a", |_| 3.0);
    let newer = Baseline { schema: SCHEMA + 1, ..good.clone() };
    assert!(compare(&newer, &good).expect_err("newer").to_string().contains("newer than ours"));
    let older = Baseline { schema: 0, ..good.clone() };
    assert!(compare(&good, &older).expect_err("older").to_string().contains("save it anew"));
    let empty = Baseline { subjects: BTreeMap::new(), ..good.clone() };
    assert_eq!(compare(&good, &empty).expect_err("empty").to_string(), "a: there are no counts in it");
    let mut broken = good.clone();
    broken.subjects.get_mut("page").expect("it is there").counts.get_mut("statements").expect("it is there").at =
        BTreeMap::from([(5, f64::NAN)]);
    assert!(compare(&good, &broken).expect_err("NaN").to_string().contains("is no number"));
}

#[test]
fn a_history_names_the_step_in_which_a_count_moved() {
    let months = [exact("month-01", |_| 3.0), exact("month-02", |_| 3.0), exact("month-03", |n| n + 3.0)];
    let steps = history(&months).expect("comparable");
    assert_eq!(steps.iter().map(|step| step.name.as_str()).collect::<Vec<_>>(), ["month-02", "month-03"]);
    assert_eq!(moved(&steps[0].changes, Moved::Worse), [""; 0]);
    assert!(moved(&steps[1].changes, Moved::Worse).contains(&"statements: 3 -> 323 at size 320".to_string()));
    assert_eq!(history(&months[..1]), Ok(Vec::new()));
    assert_eq!(steps[0].moves(), []);
    let [only] = &steps[1].moves()[..] else { panic!("{steps:?}") };
    assert_eq!(
        (only.moved, only.to_string()),
        (Moved::Worse, "statements: 3 -> 323 at size 320, constant -> n".into())
    );
}

#[test]
fn a_move_is_told_at_the_largest_size_that_moved() {
    let months = [exact("month-01", |_| 3.0), exact("month-02", |n| if n == 20.0 { 9.0 } else { 3.0 })];
    let steps = history(&months).expect("comparable");
    assert_eq!(steps[0].moves()[0].to_string(), "statements: 3 -> 9 at size 20");
    let gone = baseline("month-02", Subject::from_runs(&[run("rows", |n| n)], &[]).expect("counts"));
    let steps = history(&[exact("month-01", |_| 3.0), gone]).expect("comparable");
    assert_eq!(steps[0].moves()[0].to_string(), "statements: is no longer counted");
}

#[test]
fn the_file_is_readable_and_comes_back() {
    let mut kept = exact("a", |n| if n == 5.0 { 2.5 } else { 3.0 });
    kept.subjects.get_mut("page").expect("it is there").ratios = vec![Ratio {
        name: "original / yours".into(),
        size: Some(20),
        size_unit: "orders".into(),
        ratio: Interval { median: 1.0, low: 0.99, high: 1.01, samples: 800 },
        finding: Finding::Same,
        margin: Some(0.02),
        clock: "wall".into(),
    }];
    let text = serde_json::to_string_pretty(&kept).expect("serialises");
    assert!(text.contains("\"5\": 2.5,\n            \"20\": 3,\n"), "a size a line, whole numbers plain: {text}");
    assert!(text.contains("\"repeated\": \"exactly\""), "{text}");
    assert!(!text.contains("medians"), "no absolute times: {text}");
    assert_eq!(serde_json::from_str::<Baseline>(&text).expect("comes back"), kept);
    let class = kept.subjects["page"].counts["statements"].growth.expect("four sizes").class;
    assert_eq!(class, Class::Constant);
}
