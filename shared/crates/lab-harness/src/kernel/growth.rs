//! How CPU time grows with the work: what no count of requests or calls sees, such as text that is moved for each line.
//!
//! Sizes twice as large each time, in turns; the least CPU time of each, because the least disturbed sample is the truest. Only the
//! largest sizes that were reached take part: there what grows fastest outweighs all else. Every call has an input of its own, so that
//! nothing remembered helps, and its answer is held against the contract.
//!
//! Time is no count: where large inputs leave the cache, or a neighbour fills it, what works in proportion looks steeper than it is, on
//! some machines as steep as n to the 1.5. The contract's own answer, made right after each call from the same input, meets the same
//! machine. So what its time grows by beyond proportion is the machine's, and is taken off.

use std::ops::Range;
use std::time::Duration;

use lab_probe::process_cpu_time;
use lab_results::gate::counted;
use lab_results::{Record, growth};

use super::{Kernel, Subject, Wrong};
use crate::program::{Run, emit};

/// The count's name: the power of the work that CPU time grows with, 1 for n and 2 for n².
pub const CPU_TIME_EXPONENT: &str = "cpu_time_exponent";

/// No larger size after a call that took this much: what works in proportion never does.
const LONG: Duration = Duration::from_millis(400);
/// Nor after one that took this much, where the growth is clear already.
const LONG_ENOUGH: Duration = Duration::from_millis(100);
/// Nor a further round after this much in all.
const ENOUGH: Duration = Duration::from_millis(2_000);
/// One round cannot tell these from what a gate refuses, or lets pass. Below them it can: what disturbs a call adds to its time, and no
/// neighbour makes a square look like a line.
const UNCLEAR: Range<f64> = 1.15..1.6;
/// Of each size the least of so many calls counts.
const ROUNDS: u64 = 3;
/// The machine's part is believed up to this much: more is a disturbed sample, and must not hide a square.
const MACHINE: f64 = 0.4;
/// So many sizes are taken however long they last: three are the least that a growth can be told from.
const FEWEST_SIZES: usize = 3;
/// So many more sizes are there for what is unclear.
const FURTHER: usize = 2;

/// From an eighth of [`Kernel::PAIRED`] to 256 times as much: what is moved for each piece costs little for each, and hides behind what
/// else a piece costs until there are very many. Where that is unclear, to 1,024 times as much.
fn sizes<K: Kernel>() -> Vec<usize> {
    let mut sizes: Vec<usize> = (0..12 + FURTHER).map(|doublings| ((K::PAIRED << doublings) >> 3).max(1)).collect();
    sizes.dedup();
    sizes
}

/// The exponent, the larger one of the inputs as they come and of the same [in one piece](Kernel::stretched); nothing where there are too
/// few sizes to tell. Further rounds are there for what is close to a limit, and, at full size, for what is to be refused.
pub(super) fn cpu_time_exponent<K: Kernel>(subject: &Subject<K>, run: &Run) -> Result<Option<f64>, Wrong> {
    let sizes = sizes::<K>();
    let at_first = sizes.len() - FURTHER;
    let (mut pieces, mut one_piece) = (Series::new(sizes.len(), at_first), Series::new(sizes.len(), at_first));
    let started = process_cpu_time();
    for round in 0..ROUNDS {
        for (i, &size) in sizes.iter().enumerate() {
            if i >= pieces.reached.max(one_piece.reached) {
                break;
            }
            emit(&Record::Case { name: format!("CPU time of {}", counted(size as u64, K::UNIT)) });
            let input = K::input(run.seed.wrapping_add(1_000_000 * (round + 1) + i as u64), size);
            pieces.ask(i, subject, &input)?;
            one_piece.ask(i, subject, &K::stretched(input))?;
        }
        let is_enough = round > 0 && process_cpu_time() - started > ENOUGH;
        let is_clear = |exponent: f64| exponent < UNCLEAR.start || run.smoke && exponent >= UNCLEAR.end;
        if is_enough || larger(&pieces, &one_piece).is_some_and(is_clear) {
            break;
        }
        if round == 0 {
            pieces.go_further();
            one_piece.go_further();
        }
    }
    Ok(larger(&pieces, &one_piece))
}

fn larger(pieces: &Series, one_piece: &Series) -> Option<f64> {
    pieces.exponent().zip(one_piece.exponent()).map(|(pieces, one_piece)| pieces.max(one_piece))
}

/// What inputs of one shape took, by size.
struct Series {
    asked: Vec<Least>,
    contract: Vec<Least>,
    /// So many sizes are asked for.
    reached: usize,
    /// Whether one of them took long, so that there is no larger one.
    is_long: bool,
}

impl Series {
    fn new(sizes: usize, at_first: usize) -> Series {
        Series {
            asked: vec![Least::NONE; sizes],
            contract: vec![Least::NONE; sizes],
            reached: at_first,
            is_long: false,
        }
    }

    /// From now on the largest sizes are asked for, too.
    fn go_further(&mut self) {
        if !self.is_long {
            self.reached = self.asked.len();
        }
    }

    /// Takes a call's time at the size of this position, unless a smaller one took long.
    fn ask<K: Kernel>(&mut self, i: usize, subject: &Subject<K>, input: &K::Input) -> Result<(), Wrong> {
        if i >= self.reached {
            return Ok(());
        }
        let extent = K::extent(input).max(1);
        let call = subject.ask(format!("CPU time of {}", counted(extent, K::EXTENT_UNIT)), input)?;
        subject.drop_answer(call.answer);
        self.asked[i].take(extent, call.cpu);
        self.contract[i].take(extent, call.contract_cpu);
        let until_here = i + 1;
        let is_steep = || self.exponent_up_to(until_here).is_some_and(|exponent| exponent > UNCLEAR.end);
        if until_here >= FEWEST_SIZES && (call.cpu > LONG || call.cpu > LONG_ENOUGH && is_steep()) {
            (self.reached, self.is_long) = (until_here, true);
        }
        Ok(())
    }

    fn exponent(&self) -> Option<f64> {
        self.exponent_up_to(self.reached)
    }

    fn exponent_up_to(&self, sizes: usize) -> Option<f64> {
        let of = |least: &[Least]| growth::exponent(&least[..sizes].iter().map(Least::point).collect::<Vec<_>>());
        of(&self.asked).zip(of(&self.contract)).map(|(asked, contract)| beyond(asked, contract))
    }
}

/// The exponent without the machine's part, which the contract's own shows.
fn beyond(asked: f64, contract: f64) -> f64 {
    asked - (contract - 1.0).clamp(0.0, MACHINE)
}

/// The least time of a size.
#[derive(Clone, Copy)]
struct Least {
    extent: f64,
    seconds: f64,
}

impl Least {
    const NONE: Least = Least { extent: 1.0, seconds: f64::INFINITY };

    /// Inputs of one size differ in their extent; what counts is the least for the work that they hold.
    fn take(&mut self, extent: u64, cpu: Duration) {
        let new = Least { extent: extent as f64, seconds: cpu.as_secs_f64().max(1e-9) };
        if new.seconds / new.extent < self.seconds / self.extent {
            *self = new;
        }
    }

    fn point(&self) -> (f64, f64) {
        (self.extent, self.seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::beyond;

    #[test]
    fn what_the_machine_adds_is_taken_off_and_hides_no_square() {
        // A quiet machine, and one whose cache is too small.
        assert!((beyond(1.05, 1.05) - 1.0).abs() < 1e-9);
        assert!((beyond(1.5, 1.35) - 1.15).abs() < 1e-9);
        // A disturbed sample of the contract takes nothing from either side.
        assert!((beyond(1.1, 0.7) - 1.1).abs() < 1e-9);
        assert!(beyond(1.9, 2.1) > 1.3);
    }
}
