//! How CPU time grows with the work: what no count of requests or calls sees, such as text that is moved for each line.
//!
//! Sizes twice as large each time, in turns; the least CPU time of each, because the least disturbed sample is the truest. Only the
//! largest sizes that were reached take part: there what grows fastest outweighs all else. Every call has an input of its own, so that
//! nothing remembered helps, and its answer is held against the contract.
//!
//! Time is no count: where large inputs leave the cache, or a neighbour fills it, what works in proportion looks steeper than it is, on
//! some machines as steep as n to the 1.5. The contract's own answer, made right after each call from the same input, meets the same
//! machine. So what its time grows by beyond proportion is the machine's, and is taken off.

use std::time::Duration;

use lab_probe::process_cpu_time;
use lab_results::gate::counted;
use lab_results::growth;

use super::{Kernel, Subject, Wrong};
use crate::program::{Run, emit};

/// The count's name: the power of the work that CPU time grows with, 1 for n and 2 for n².
pub const CPU_TIME_EXPONENT: &str = "cpu_time_exponent";

/// No larger size after a call that took this much: what works in proportion never does.
const LONG: Duration = Duration::from_millis(400);
/// Nor a further round after this much in all.
const ENOUGH: Duration = Duration::from_millis(1_000);
/// Of each size the least of so many calls counts.
const ROUNDS: u64 = 3;
/// The machine's part is believed up to this much: more is a disturbed sample, and must not hide a square.
const MACHINE: f64 = 0.4;
/// So many sizes are taken however long they last: three are the least that a growth can be told from.
const FEWEST_SIZES: usize = 3;

/// From an eighth of [`Kernel::PAIRED`] to 256 times as much: what is moved for each piece costs little for each, and hides behind what
/// else a piece costs until there are very many.
fn sizes<K: Kernel>() -> Vec<usize> {
    let mut sizes: Vec<usize> = (0..12).map(|doublings| ((K::PAIRED << doublings) >> 3).max(1)).collect();
    sizes.dedup();
    sizes
}

/// The exponent, the larger one of the inputs as they come and of the same [in one piece](Kernel::stretched); nothing where there are too
/// few sizes to tell.
pub(super) fn cpu_time_exponent<K: Kernel>(subject: &Subject<K>, run: &Run) -> Result<Option<f64>, Wrong> {
    let (pieces, one_piece) = (exponent(subject, run, |input| input)?, exponent(subject, run, K::stretched)?);
    Ok(pieces.zip(one_piece).map(|(pieces, one_piece)| pieces.max(one_piece)))
}

fn exponent<K: Kernel>(
    subject: &Subject<K>,
    run: &Run,
    shaped: fn(K::Input) -> K::Input,
) -> Result<Option<f64>, Wrong> {
    let mut sizes = sizes::<K>();
    let (mut asked, mut contract) = (vec![Least::NONE; sizes.len()], vec![Least::NONE; sizes.len()]);
    let started = process_cpu_time();
    for round in 0..ROUNDS {
        for i in 0..sizes.len() {
            let name = format!("CPU time of {}", counted(sizes[i] as u64, K::UNIT));
            emit(&lab_results::Record::Case { name: name.clone() });
            let input = shaped(K::input(run.seed.wrapping_add(1_000_000 * (round + 1) + i as u64), sizes[i]));
            let call = subject.ask(name, &input)?;
            subject.drop_answer(call.answer);
            let extent = K::extent(&input).max(1);
            asked[i].take(extent, call.cpu);
            contract[i].take(extent, call.contract_cpu);
            if call.cpu > LONG && i + 1 >= FEWEST_SIZES {
                sizes.truncate(i + 1);
                break;
            }
        }
        if process_cpu_time() - started > ENOUGH && round > 0 {
            break;
        }
    }
    let exponent =
        |least: &[Least]| growth::exponent(&least[..sizes.len()].iter().map(Least::point).collect::<Vec<_>>());
    Ok(exponent(&asked).zip(exponent(&contract)).map(|(asked, contract)| beyond(asked, contract)))
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
