//! What stands on a page, from documents.

use lab_results::gate::{GateResult, Status};
use lab_results::verdict::{Ratio, SubjectCounts};
use lab_results::{
    Class, Column, Counts, Finding, Interval, Limit, Outcome, ProgramRun, Record, Table, Verdict, program_run, verdict,
};

use super::report;
use crate::sources::{Answer, Lab, Report};

fn gate(count: &str, allowed: Limit) -> GateResult {
    GateResult {
        count: count.into(),
        says: format!("says `{count}`"),
        limit: "a text that nobody reads again".into(),
        allowed: Some(allowed),
        found: "1".into(),
        status: Status::Passed,
        missed_by: None,
        hint: 1,
    }
}

fn judged(at: u64, database: Option<&str>, outcome: Outcome) -> Verdict {
    let counts = |subject: &str, size: u64| SubjectCounts {
        subject: subject.into(),
        size,
        unit: "orders".into(),
        counts: Counts::from([("peak_mib".into(), size as f64), ("hashes_per_sign_in".into(), 1.0)]),
    };
    Verdict {
        schema: verdict::SCHEMA,
        lab: "lab-03-x".into(),
        seed: 7,
        database: database.map(String::from),
        at,
        outcome,
        reason: "see `sign_in.rs`".into(),
        cases: 3,
        gates: vec![gate("peak_mib", Limit::AtMost(48.0)), gate("hashes_per_sign_in", Limit::AtLeast(0.3))],
        counts: ["original", "yours", "reference"]
            .into_iter()
            .flat_map(|who| [1_000, 2_000].map(|n| counts(who, n)))
            .collect(),
        instructions: Vec::new(),
        growth: Vec::new(),
        ratios: vec![Ratio {
            name: "GET p99: original / yours".into(),
            ratio: Interval { median: 2.01, low: 1.36, high: 2.32, samples: 16 },
            finding: Finding::Inconclusive,
            margin: Some(0.5),
            clock: "process CPU".into(),
            size: Some(1_000),
            size_unit: "orders".into(),
            unit: "ms".into(),
            medians: [2.0, 1.0],
            workers: 4,
            preempted: None,
        }],
        captured: None,
        hints_used: 0,
        diagnosis: None,
        machine: "m".into(),
        load: None,
        seconds: 1.0,
    }
}

fn lab(verdicts: Vec<Verdict>) -> Lab {
    let mut lab = Lab { name: "lab-03-x".into(), number: 3, slug: "x".into(), ..Lab::default() };
    for verdict in verdicts {
        lab.add_verdict("f", &serde_json::to_string(&verdict).expect("JSON"));
    }
    lab
}

fn page(lab: Lab) -> String {
    report(&Report { labs: vec![lab], ..Report::default() })
}

fn reproduced(subject: &str, at: u64, statements: [u64; 2]) -> ProgramRun {
    let rows = [10_u64, 100].into_iter().zip(statements).map(|(orders, sent)| vec![orders.into(), sent.into()]);
    let columns = vec![Column::new("orders", ""), Column::new("statements", "")];
    ProgramRun {
        schema: program_run::SCHEMA,
        subject: subject.into(),
        at,
        seed: 7,
        smoke: false,
        database: None,
        machine: "m".into(),
        load: None,
        records: vec![Record::Table(Table {
            title: "One answer".into(),
            columns,
            rows: rows.collect(),
            plot: Some(1),
        })],
    }
}

fn with_runs(runs: &[ProgramRun]) -> String {
    let mut lab = lab(Vec::new());
    for run in runs {
        let text = serde_json::to_string(run).expect("JSON");
        lab.add_program("reproduce", &run.subject, Some(("run.json", &text)), Vec::new());
    }
    page(lab)
}

#[test]
fn what_is_not_on_disk_is_named_where_it_shows_this_labs_fault() {
    let looks = ["profile", "console"].map(String::from).into();
    let lab = Lab { looks, ..lab(vec![judged(1, None, Outcome::NotYet)]) };
    let page = page(lab);
    assert!(page.contains("the tasks (<code>make console-03</code>)"), "{page}");
    assert!(!page.contains("make heap-03"), "{page}");
}

#[test]
fn the_time_of_repeated_calls_is_not_taken_for_what_the_objective_is_about() {
    let said = |work_of: &str| {
        let record = Record::FlameDiff {
            svg: String::new(),
            reverse: String::new(),
            before: "original".into(),
            after: "yours".into(),
            samples: [100, 100],
            cpu_ms: Some([36.5, 0.6]),
            work_of: work_of.into(),
            changed: Vec::new(),
        };
        let run = ProgramRun { records: vec![record], ..reproduced("yours", 1, [1, 1]) };
        super::said::said(&run).0
    };
    let of_calls = said("1,000 orders");
    assert!(of_calls.contains("CPU time of one of many repeated calls, 1,000 orders: "), "{of_calls}");
    assert!(of_calls.contains("Do not hold this against the SLO."), "{of_calls}");
    assert!(of_calls.contains("3 standard errors plus a tenth"), "{of_calls}");
    let of_requests = said("");
    assert!(of_requests.contains("one call or request: ") && !of_requests.contains("SLO"), "{of_requests}");
}

#[test]
fn what_a_lab_demands_of_the_time_stands_below_the_ratios() {
    let mut demanding = lab(vec![judged(1, None, Outcome::Solved)]);
    demanding.faster = Some(2.0);
    assert!(page(demanding.clone()).contains("This lab needs at least 2x in each row with this mark."));
    demanding.faster = None;
    assert!(!page(demanding).contains("This lab needs"));
}

#[test]
fn every_limit_of_a_gate_is_drawn() {
    let mut judged = judged(1, None, Outcome::Solved);
    judged.gates.push(gate("peak_mib", Limit::Grows(Class::Linear)));
    let linear = lab_results::Growth { class: Class::Linear, slope: 1.0 };
    judged.growth =
        vec![lab_results::verdict::SubjectGrowth { subject: "yours".into(), count: "peak_mib".into(), growth: linear }];
    let page = page(lab(vec![judged]));
    for words in ["allowed at most 48", "allowed at least 0.30", "Allowed: at most n"] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn the_page_has_one_sign_for_a_limit_and_leaves_code_alone() {
    let mut judged = judged(1, None, Outcome::NotYet);
    judged.gates[0].limit = "<= 48".into();
    judged.gates[1].limit = ">= 0.30".into();
    judged.reason = "peak: found 640, allowed <= 48".into();
    let missed = page(lab(vec![judged.clone()]));
    for words in [">≤ 48<", ">≥ 0.30<", "found 640, allowed ≤ 48"] {
        assert!(missed.contains(words), "{words}: {missed}");
    }
    judged.reason = "it does not compile\nwhile a <= b {".into();
    assert!(page(lab(vec![judged])).contains("while a &lt;= b"));
}

#[test]
fn names_sizes_margins_and_clocks_are_words() {
    let page = page(lab(vec![judged(1, None, Outcome::Solved)]));
    for words in
        ["peak, MiB", "2,000 orders", "1.50x", "CPU time", "that of the whole process", "original: the program"]
    {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("peak mib") && !page.contains("process CPU"));
}

#[test]
fn what_is_code_is_no_backtick() {
    let mut lab = lab(vec![judged(1, None, Outcome::NotYet)]);
    let said = "look at `a`".to_string();
    lab.symptom = said.clone();
    lab.progress.diagnosis = Some("1 of 1".into());
    lab.answers = vec![Answer { question: said.clone(), choice: said.clone(), because: Some(said.clone()) }];
    let mut run = reproduced("yours", 1, [2, 2]);
    run.records.push(Record::Note { text: said });
    let text = serde_json::to_string(&run).expect("JSON");
    lab.add_program("reproduce", "yours", Some(("run.json", &text)), Vec::new());
    let page = page(lab);
    let body = page.split_once("<body").expect("a body").1;
    assert!(!body.contains('`') && body.matches("<code>a</code>").count() >= 4, "{body}");
}

#[test]
fn two_databases_are_told_apart() {
    let two = vec![judged(1, Some("postgres"), Outcome::Solved), judged(2, Some("sqlite"), Outcome::NotYet)];
    let page = page(lab(two));
    assert!(page.matches(">PostgreSQL</span>").count() >= 2 && page.matches(">SQLite</span>").count() >= 2, "{page}");
    // Both have their verdict, and the table of attempts a column.
    assert_eq!(page.matches("What the judge found").count(), 2);
    assert!(page.contains("data-label=\"database\""));
}

#[test]
fn the_number_of_attempts_is_that_of_the_rows() {
    let rows = (1..=5).map(|at| judged(at, None, Outcome::NotYet)).collect();
    let mut five = lab(rows);
    // The counter was deleted, and two have been made since.
    five.progress.attempts = 2;
    let page_of_five = page(five.clone());
    assert!(page_of_five.contains("5 attempts, ") && !page_of_five.contains("2 attempts"), "{page_of_five}");
    assert!(!page_of_five.contains("only their number is known"));
    five.progress.attempts = 9;
    let page_of_nine = page(five);
    assert!(page_of_nine.contains("9 attempts, ") && page_of_nine.contains("4 attempts more"), "{page_of_nine}");
}

#[test]
fn a_mended_programs_bars_have_the_originals_axis() {
    let longest = |page: &str| {
        let bars =
            page.split("role=\"img\"").find(|part| part.contains("aria-label=\"statements, by orders")).expect("bars");
        let widths =
            bars.split("<rect ").skip(1).filter_map(|r| r.split_once("width=\"")?.1.split_once('"')?.0.parse().ok());
        widths.fold(0, i32::max)
    };
    let [original, mended] = [reproduced("original", 1, [366, 3_626]), reproduced("yours", 2, [2, 2])];
    let before = longest(&with_runs(std::slice::from_ref(&original)));
    // The newest comes first.
    let after = longest(&with_runs(&[original, mended.clone()]));
    assert!(before > 50 * after, "{before} px before, {after} px after");
    assert!(!with_runs(&[mended]).contains("statements, by orders"), "nothing says what is much");
}

#[test]
fn the_solution_comes_last_and_a_fold_says_when_its_run_was() {
    let page = with_runs(&[reproduced("original", 1, [366, 3_626]), reproduced("reference", 2, [2, 2])]);
    assert!(page.contains("The run: original") && page.contains("axis to 3,626"), "{page}");
    assert!(page.contains("The run: reference</h3><span class=\"faint\">1970-01-01 00:00 UTC"), "{page}");
}

#[test]
fn no_section_is_empty() {
    let mut lab = lab(Vec::new());
    let nothing = ProgramRun { records: Vec::new(), ..reproduced("yours", 1, [1, 1]) };
    let text = serde_json::to_string(&nothing).expect("JSON");
    lab.add_program("console", "yours", Some(("run.json", &text)), Vec::new());
    // A run that cannot be read has a picture all the same, and is none that hurts.
    let picture = crate::sources::Picture { file: "flamegraph.svg".into(), svg: "<svg></svg>".into() };
    lab.add_program("reproduce", "yours", None, vec![picture]);
    let waits = Record::OffCpu {
        svg: None,
        folded: None,
        blocked_ms: 12.0,
        reasons: vec![("a lock".into(), 12.0)],
        idle_ms: 3.0,
        preempted_ms: 1.0,
        top: vec![("wait".into(), 1.0)],
    };
    let waited = ProgramRun { records: vec![waits], ..nothing };
    let text = serde_json::to_string(&waited).expect("JSON");
    lab.add_program("offcpu", "yours", Some(("run.json", &text)), Vec::new());
    let page = page(lab);
    assert!(page.contains("found nothing that can be shown") && !page.contains("The run:"), "{page}");
    assert!(page.contains("a lock") && page.contains("12 ms"), "{page}");
}
