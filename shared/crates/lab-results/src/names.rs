//! Names of counts, sizes and clocks as people read them: the same words in the terminal and on every page.

use crate::gate::figure;
use crate::verdict::{Ratio, demanded};

/// Units that a count's name ends in, or has before its statistic, and how they are written.
const UNITS: [(&str, &str); 8] = [
    ("mib", "MiB"),
    ("kib", "KiB"),
    ("ms", "ms"),
    ("us", "µs"),
    ("ns", "ns"),
    ("s", "s"),
    ("percent", "%"),
    ("hz", "Hz"),
];

/// What may stand behind the unit in a name.
const STATISTICS: [&str; 7] = ["max", "min", "mean", "p50", "p95", "p99", "total"];

/// Names that do not say alone what is counted, in words that do.
const EXPLAINED: [(&str, &str); 14] = [
    ("rows_per_row_shown", "rows fetched per row shown, most of any page"),
    ("rows_per_row_shown_min", "rows fetched per row shown, fewest of any page"),
    ("hung_up_peak_mib", "peak while customers hang up, MiB"),
    ("denial_time_most_over_least", "time to the answer, unknown address and wrong password, longer / shorter"),
    ("kib_per_row_shown", "memory allocated per row shown, most of any page, KiB"),
    ("rows_per_line", "rows fetched per line of the report, most of any day"),
    ("rows_per_line_min", "rows fetched per line of the report, fewest of any day"),
    ("json_written_per_byte", "bytes of JSON written per byte of the report"),
    ("json_read_per_byte", "bytes of JSON read per byte of the report"),
    ("cost_of_quiet_day", "cost of the quietest day / cost of the busiest"),
    ("own_work_by_json", "work after the last statement / time to print the JSON, much larger day"),
    ("reads_per_line", "calls that read per line, one for each order taken off"),
    ("writes_per_line", "calls that write per line, one for each order taken off"),
    ("allocations_per_line", "allocations per line, eight for each order taken off"),
];

/// A count's name as words, with its unit at the end: `peak_mib` is `peak, MiB`, `poll_cpu_ms_max` is `poll CPU max, ms`, and
/// `bytes_requested_per_byte` only loses its underscores.
pub fn count_label(name: &str) -> String {
    if let Some((_, words)) = EXPLAINED.iter().find(|(explained, _)| *explained == name) {
        return (*words).into();
    }
    let mut words: Vec<&str> = name.split('_').filter(|word| !word.is_empty()).collect();
    let unit_of = |word: &str| UNITS.iter().find(|(short, _)| *short == word).map(|(_, unit)| *unit);
    let behind = words.last().is_some_and(|last| STATISTICS.contains(last));
    let place = words.len().checked_sub(if behind { 2 } else { 1 }).filter(|place| *place > 0);
    let unit = place.and_then(|place| Some((place, unit_of(words.get(place)?)?)));
    if let Some((place, _)) = unit {
        words.remove(place);
    }
    // Learners read of one thing under one name: the power in n², seen as the slope of a line on logarithmic axes.
    let shown = |word| match word {
        "cpu" => "CPU",
        "exponent" => "slope",
        "json" => "JSON",
        word => word,
    };
    let words: Vec<&str> = words.into_iter().map(shown).collect();
    let unit = unit.map(|(_, unit)| format!(", {unit}")).unwrap_or_default();
    format!("{}{unit}", words.join(" "))
}

/// A size with its unit: `1,000 orders`; `size 1,000` where nobody said of what.
pub fn size_label(size: u64, unit: &str) -> String {
    let size = figure(size as f64);
    if unit.trim().is_empty() { format!("size {size}") } else { format!("{size} {unit}") }
}

/// A database as it calls itself.
pub fn database_name(kind: &str) -> &str {
    match kind {
        "sqlite" => "SQLite",
        "postgres" => "PostgreSQL",
        other => other,
    }
}

/// The two kinds of time, under one name each: `wall time`, `CPU time`.
pub fn clock_label(clock: &str) -> &str {
    match clock {
        "wall" => "wall time",
        "thread CPU" | "process CPU" => "CPU time",
        other => other,
    }
}

/// What the CPU time beside a differential flamegraph is of. `work_of` is what each call was given; empty where it was requests.
pub fn cpu_time_of_work(work_of: &str) -> String {
    match work_of {
        "" => "CPU time of one call or request".into(),
        size => format!("CPU time of one of many repeated calls, {size}"),
    }
}

/// Stands behind the time of repeated calls: it is less than what a first call takes, and of another size than the objective's.
pub const NOT_FOR_THE_SLO: &str = "Do not hold this against the SLO.";

/// When a frame of a differential flamegraph is named, where its time for one call or request is known and where only its share is.
pub fn change_is_named(has_time: bool) -> &'static str {
    match has_time {
        true => "A change is named when it exceeds 3 standard errors plus a tenth of the frame's time.",
        false => "A change is named when it exceeds 3 standard errors.",
    }
}

/// The heading of the medians behind some ratios.
pub fn medians_label(ratios: &[Ratio]) -> &'static str {
    match !ratios.is_empty() && ratios.iter().all(Ratio::is_of_repeated_calls) {
        true => "medians (repeated calls)",
        false => "medians",
    }
}

/// Which CPU time some ratios are of, in a sentence; nothing where all of them are of wall time.
pub fn cpu_time_covers(ratios: &[Ratio]) -> Option<&'static str> {
    let has = |clock: &str| ratios.iter().any(|ratio| ratio.clock == clock);
    match (has("thread CPU"), has("process CPU")) {
        (false, false) => None,
        (true, false) => Some("CPU time is that of the thread that works."),
        (false, true) => Some(
            "CPU time is that of the whole process, with all of its threads and the child processes that it waited for.",
        ),
        (true, true) => {
            Some("CPU time is that of the thread that works, or of the whole process where several threads do.")
        }
    }
}

/// The factor from which on two times are no longer the same, as it stands beside the ratio: `1.02x`.
pub fn margin_label(margin: Option<f64>) -> String {
    margin.map_or("-".into(), |margin| format!("{:.2}x", 1.0 + margin))
}

/// What was divided by what, at which size: `GET p99: original / yours`. Identical work on both sides is the noise.
pub fn ratio_label(ratio: &Ratio) -> String {
    let size = ratio.size.map(|size| format!(", {}", size_label(size, &ratio.size_unit))).unwrap_or_default();
    let name = match ratio.name.rsplit_once(": ") {
        Some((what, _)) if ratio.is_noise() => format!("{what}: noise now"),
        None if ratio.is_noise() => "noise now".into(),
        _ => ratio.name.clone(),
    };
    format!("{name}{size}")
}

/// Stands behind the name of a ratio that a lab demands `faster` of (see [`needs_ratio`]). No line ends between the two.
pub fn demand_mark(ratio: &Ratio, all: &[Ratio], faster: Option<f64>) -> &'static str {
    if faster.is_some() && demanded(all).contains(&Some(ratio)) { "\u{a0}*" } else { "" }
}

/// Whose figures stand beside each other, said once before the first of them.
pub const SUBJECTS: &str = "original: the program as the lab gives it; yours: your program as it was at the time of the run; reference: the solution.";

/// The figure in brackets behind a class of growth.
pub const SLOPE: &str = "slope: 1 for n, 2 for n².";

/// What a ratio named so is of.
pub const NOISE: &str = "noise now: the reference against itself.";

/// What a lab that looks at time demands of the ratio to the original, beside the margin, which only decides a word.
pub fn needs_ratio(at_least: f64) -> String {
    format!("* This lab needs at least {}x in each row with this mark.", figure(at_least))
}

/// How much of the reference's speed-up was captured. Whoever divides the ratios themselves finds another share.
pub fn captured_words(captured: f64) -> String {
    format!("{:.0}% of the reference's speed-up captured, on a logarithmic scale.", (captured * 100.0).max(0.0))
}

/// Why a ratio and the medians beside it may not agree.
pub const RATIO_OF_PAIRS: &str =
    "Each ratio is the median over pairs of neighbours, and not the quotient of the two medians.";

/// How a margin decides.
pub const MARGIN_DECIDES: &str = "faster: the whole interval lies above the margin; slower: below 1 / margin; same: between the two; \
                                  inconclusive: it reaches over an edge, or the processes do not agree.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_words_and_a_unit() {
        for (name, label) in [
            ("bytes_requested_per_byte", "bytes requested per byte"),
            ("peak_mib", "peak, MiB"),
            ("poll_cpu_ms_max", "poll CPU max, ms"),
            ("latency_ns_p99", "latency p99, ns"),
            ("cpu_time_exponent", "CPU time slope"),
            ("retained_bytes", "retained bytes"),
            ("statements", "statements"),
            ("kib_per_row_shown", "memory allocated per row shown, most of any page, KiB"),
            ("rows_per_line_min", "rows fetched per line of the report, fewest of any day"),
            ("time_in_json_ms", "time in JSON, ms"),
            // A word that could be a unit is none where it stands alone.
            ("ms", "ms"),
            ("ms_max", "ms max"),
            ("", ""),
            ("__", ""),
        ] {
            assert_eq!(count_label(name), label, "{name}");
        }
    }

    #[test]
    fn a_size_has_its_unit_and_a_time_one_of_two_names() {
        assert_eq!(size_label(6_914, "lines"), "6,914 lines");
        assert_eq!(size_label(6_914, ""), "size 6,914");
        assert_eq!(needs_ratio(2.0), "* This lab needs at least 2x in each row with this mark.");
        assert_eq!(captured_words(0.754), "75% of the reference's speed-up captured, on a logarithmic scale.");
        assert_eq!(["sqlite", "postgres"].map(database_name), ["SQLite", "PostgreSQL"]);
        assert_eq!(["wall", "thread CPU", "process CPU"].map(clock_label), ["wall time", "CPU time", "CPU time"]);
        assert_eq!((margin_label(Some(0.5)), margin_label(None)), ("1.50x".into(), "-".into()));
    }
}
