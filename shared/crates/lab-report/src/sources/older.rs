//! Documents of older versions, brought up to the present one once, when they are read.

use serde_json::{Map, Value, json};

/// The oldest verdict that can be shown in full.
pub const OLDEST_VERDICT: u32 = 2;

/// What the pristine program was called before it was called `original`.
const BASELINE: &str = "baseline";
const ORIGINAL: &str = "original";

/// The subject of a folder or of a document: the pristine program had another name once.
pub fn subject(name: &str) -> String {
    match name.strip_prefix(BASELINE) {
        Some(rest) if rest.is_empty() || rest.starts_with('-') => format!("{ORIGINAL}{rest}"),
        _ => name.into(),
    }
}

/// The same document in the words of the present version: whose figures they are, and what a gate allows as a value.
pub fn upgraded(document: &mut Value) {
    match document {
        Value::Array(values) => values.iter_mut().for_each(upgraded),
        Value::Object(fields) => {
            rename(fields);
            allow(fields);
            fields.values_mut().for_each(upgraded);
        }
        _ => {}
    }
}

fn rename(fields: &mut Map<String, Value>) {
    // Whose counts, whose run; between whom a flamegraph shows the difference.
    for key in ["subject", "before", "after"] {
        if let Some(Value::String(name)) = fields.get_mut(key) {
            *name = subject(name);
        }
    }
    // `GET p99: baseline / yours`; only ratios have a finding.
    if fields.contains_key("finding")
        && let Some(Value::String(name)) = fields.get_mut("name")
    {
        let (what, pair) = name.rsplit_once(": ").map_or((None, name.as_str()), |(what, pair)| (Some(what), pair));
        let pair: Vec<String> = pair.split(" / ").map(subject).collect();
        *name = what.map(|what| format!("{what}: ")).unwrap_or_default() + &pair.join(" / ");
    }
}

/// Gates said their limits as a text only.
fn allow(fields: &mut Map<String, Value>) {
    if fields.contains_key("allowed") || !fields.contains_key("missed_by") && !fields.contains_key("hint") {
        return;
    }
    let Some(Value::String(limit)) = fields.get("limit") else { return };
    let number = |sign: &str| limit.strip_prefix(sign)?.replace(',', "").trim().parse::<f64>().ok();
    let allowed = match (number("<="), number(">=")) {
        (Some(most), _) => json!({ "at_most": most }),
        (_, Some(least)) => json!({ "at_least": least }),
        _ => return,
    };
    fields.insert("allowed".into(), allowed);
}

#[cfg(test)]
mod tests {
    use lab_results::{Limit, Verdict, verdict};

    use super::super::{Lab, Program};
    use super::*;

    /// As version 2 wrote it, before the pristine program was called original.
    fn version_2() -> Value {
        let counts = |subject: &str| json!({ "subject": subject, "size": 500, "counts": { "statements": 3826.0 } });
        json!({
            "schema": 2, "lab": "lab-04-n-plus-one", "seed": 7, "at": 1_795_432_000, "outcome": "not_yet", "reason": "r",
            "cases": 30, "hints_used": 0, "machine": "m", "seconds": 1.0,
            "gates": [
                { "count": "statements", "says": "s", "limit": "<= 1,006", "found": "3,826", "status": "missed", "hint": 2 },
                { "count": "statements", "says": "s", "limit": ">= 1", "found": "3,826", "status": "passed", "hint": 2 },
                { "count": "statements", "says": "s", "limit": "at most n", "found": "n", "status": "passed", "hint": 2 },
            ],
            "counts": [counts("baseline"), counts("yours"), counts("reference")],
            "growth": [{ "subject": "baseline", "count": "statements", "growth": { "class": "linear", "slope": 1.0 } }],
            "ratios": [{
                "name": "GET p99: baseline / yours", "finding": "same", "clock": "wall", "unit": "ms", "medians": [1.0, 1.0],
                "ratio": { "median": 1.0, "low": 1.0, "high": 1.0, "samples": 8 }, "workers": 4,
            }],
        })
    }

    #[test]
    fn a_verdict_of_version_2_is_shown_in_full_in_the_words_of_now() {
        let mut lab = Lab::default();
        lab.add_verdict("runs/v2.json", &version_2().to_string());
        assert!(lab.gone.is_empty(), "{:?}", lab.gone);
        let [Verdict { schema, counts, growth, ratios, gates, .. }] = &lab.runs.verdicts[..] else { panic!("one") };
        let subjects: Vec<_> = counts.iter().map(|counts| counts.subject.as_str()).collect();
        assert_eq!((*schema, &subjects[..]), (verdict::SCHEMA, &["original", "yours", "reference"][..]));
        assert_eq!((growth[0].subject.as_str(), ratios[0].name.as_str()), ("original", "GET p99: original / yours"));
        let allowed: Vec<_> = gates.iter().map(|gate| gate.allowed).collect();
        assert_eq!(allowed, [Some(Limit::AtMost(1_006.0)), Some(Limit::AtLeast(1.0)), None]);
        assert_eq!(ratios[0].margin, None);
    }

    #[test]
    fn a_run_of_the_baseline_is_one_of_the_original_whatever_its_folder_is_called() {
        let run = json!({
            "schema": 1, "subject": "baseline", "at": 1, "seed": 7, "smoke": false, "machine": "m",
            "records": [{ "type": "flame_diff", "svg": "", "reverse": "", "before": "baseline", "after": "yours",
                          "samples": [1, 1], "changed": [] }],
        });
        let mut lab = Lab::default();
        lab.add_program("flamediff", "baseline", Some(("run.json", &run.to_string())), Vec::new());
        let [Program { subject, run: Some(run), .. }] = &lab.programs[..] else { panic!("{:?}", lab.gone) };
        assert_eq!((subject.as_str(), run.subject.as_str()), ("original", "original"));
        assert!(matches!(&run.records[0], lab_results::Record::FlameDiff { before, .. } if before == "original"));
    }

    #[test]
    fn only_the_pristine_program_is_renamed() {
        assert_eq!(
            ["baseline", "baseline-smallest", "baselines", "yours"].map(subject),
            ["original", "original-smallest", "baselines", "yours"]
        );
        let mut note = json!({ "type": "note", "text": "baseline / yours", "name": "baseline / yours" });
        let before = note.clone();
        upgraded(&mut note);
        assert_eq!(note, before);
    }
}
