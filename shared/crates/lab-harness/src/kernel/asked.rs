//! Calls whose answers are held against the contract: every one that is checked, counted or timed.

use std::cell::Cell;
use std::hint::black_box;
use std::time::{Duration, Instant};

use lab_probe::allocations::{self, Allocations};
use lab_probe::{process_cpu_time, thread_cpu_time};
use lab_results::Record;
use lab_results::gate::figure;

use super::{Function, Kernel};

/// No smaller wrong input is looked for after this long: where one call takes seconds, the search would be ended by its limit.
const SEARCH: Duration = Duration::from_secs(3);
/// So many equal characters stay before a difference that comes late.
const BEFORE_DIFFERENCE: usize = 60;

/// A function under test, and what it has kept so far.
pub(crate) struct Subject<K: Kernel> {
    function: Function<K>,
    kept: Cell<i64>,
}

/// A right answer, and what the call cost.
pub(crate) struct Asked<O> {
    pub(crate) answer: O,
    pub(crate) allocated: Allocations,
    /// Of the whole process: threads that the function starts work on its account.
    pub(crate) cpu: Duration,
    /// What the contract needed for the same answer, right after it.
    pub(crate) contract_cpu: Duration,
}

/// A wrong answer, with the smallest input found that has one.
pub(crate) struct Wrong {
    case: String,
    input: String,
    expected: String,
    got: String,
}

impl<K: Kernel> Subject<K> {
    pub(crate) fn new(function: Function<K>) -> Self {
        Subject { function, kept: Cell::new(0) }
    }

    pub(crate) fn function(&self) -> Function<K> {
        self.function
    }

    /// A call whose answer nobody looks at.
    pub(crate) fn call(&self, input: &K::Input) -> K::Output {
        black_box((self.function)(black_box(input)))
    }

    /// Calls it, then holds the answer against the contract, whose cost is not the call's.
    pub(crate) fn ask(&self, case: String, input: &K::Input) -> Result<Asked<K::Output>, Wrong> {
        let before = process_cpu_time();
        let (answer, allocated) = allocations::count(|| self.call(input));
        let cpu = process_cpu_time() - before;
        self.kept.set(self.kept.get() + allocated.retained_bytes);
        // Of this thread alone: what the function may have left running in others does not lengthen the contract's time.
        let before = thread_cpu_time();
        let expected = K::expected(input);
        let contract_cpu = thread_cpu_time() - before;
        if answer != expected {
            return Err(self.smallest_wrong(case, input, answer));
        }
        Ok(Asked { answer, allocated, cpu, contract_cpu })
    }

    /// Whether the answer is the right one.
    pub(crate) fn hold(&self, case: String, input: &K::Input, answer: K::Output) -> Result<(), Wrong> {
        if answer == K::expected(input) { Ok(()) } else { Err(self.smallest_wrong(case, input, answer)) }
    }

    /// Drops the answer of an [`ask`](Self::ask): what it gives back was not kept.
    pub(crate) fn drop_answer(&self, answer: K::Output) {
        let ((), dropped) = allocations::count(|| drop(answer));
        self.kept.set(self.kept.get() + dropped.retained_bytes);
    }

    /// Bytes that are live now and were not before the very first call, the dropped answers not among them.
    pub(crate) fn kept_bytes(&self) -> u64 {
        self.kept.get().max(0).unsigned_abs()
    }

    /// Descends to an input of which no smaller one is wrong.
    fn smallest_wrong(&self, case: String, input: &K::Input, got: K::Output) -> Wrong {
        let until = Instant::now() + SEARCH;
        let wrong = |input: K::Input| {
            let got = (Instant::now() < until).then(|| self.call(&input))?;
            (got != K::expected(&input)).then_some((input, got))
        };
        let mut smallest = None;
        loop {
            let from = smallest.as_ref().map_or(input, |(input, _)| input);
            match K::smaller(from).into_iter().find_map(wrong) {
                Some(smaller) => smallest = Some(smaller),
                None => break,
            }
        }
        let (input, got) = smallest.as_ref().map_or((input, &got), |(input, got)| (input, got));
        let [expected, got] = differing(&format!("{:?}", K::expected(input)), &format!("{got:?}"));
        Wrong { case, input: K::show(input), expected, got }
    }
}

impl Wrong {
    pub(crate) fn record(self) -> Record {
        let Wrong { case, input, expected, got } = self;
        Record::Wrong { case, input, expected, got }
    }
}

/// Both texts from shortly before their first difference.
fn differing(expected: &str, got: &str) -> [String; 2] {
    let equal = expected.chars().zip(got.chars()).take_while(|(expected, got)| expected == got).count();
    let skipped = equal.saturating_sub(BEFORE_DIFFERENCE);
    if skipped <= BEFORE_DIFFERENCE {
        return [expected, got].map(str::to_string);
    }
    [expected, got].map(|text| {
        let rest: String = text.chars().skip(skipped).collect();
        format!("({} equal characters) ...{rest}", figure(skipped as f64))
    })
}

#[cfg(test)]
mod tests {
    use super::differing;

    #[test]
    fn long_answers_are_shown_from_where_they_differ() {
        assert_eq!(differing("abc", "abd"), ["abc", "abd"]);
        let start = "é".repeat(1_060);
        let [expected, got] = differing(&format!("{start}1 and more"), &format!("{start}2"));
        let kept = "é".repeat(60);
        assert_eq!(expected, format!("(1,000 equal characters) ...{kept}1 and more"));
        assert_eq!(got, format!("(1,000 equal characters) ...{kept}2"));
        // One that ends too early differs where it ends.
        assert_eq!(differing(&format!("{start}1"), &start)[1], format!("(1,000 equal characters) ...{kept}"));
    }
}
