//! How CPU time grows with the work: what no count of requests or calls sees, such as text that is moved for each line.
//!
//! Sizes twice as large each time, in turns; the least CPU time of each, because the least disturbed sample is the truest. Only the
//! largest sizes that were reached take part: there what grows fastest outweighs all else. Every call has an input of its own, so that
//! nothing remembered helps, and its answer is held against the contract.

use std::time::Duration;

use lab_probe::process_cpu_time;
use lab_results::gate::counted;
use lab_results::growth;

use super::{Kernel, Subject, Wrong};
use crate::program::{Run, emit};

/// The count's name: the power of the work that CPU time grows with, 1 for n and 2 for n².
pub const CPU_TIME_EXPONENT: &str = "cpu_time_exponent";

/// No larger size after a call that took this much: what works in proportion never does.
const LONG: Duration = Duration::from_millis(200);
/// Nor a further round after this much in all.
const ENOUGH: Duration = Duration::from_millis(1_500);
/// Of each size the least of so many calls counts.
const ROUNDS: u64 = 3;
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
    // Extent and least seconds of each size.
    let mut least: Vec<(f64, f64)> = vec![(0.0, f64::INFINITY); sizes.len()];
    let started = process_cpu_time();
    for round in 0..ROUNDS {
        for i in 0..sizes.len() {
            let name = format!("CPU time of {}", counted(sizes[i] as u64, K::UNIT));
            emit(&lab_results::Record::Case { name: name.clone() });
            let input = shaped(K::input(run.seed.wrapping_add(1_000_000 * (round + 1) + i as u64), sizes[i]));
            let asked = subject.ask(name, &input)?;
            subject.drop_answer(asked.answer);
            let (extent, seconds) = (K::extent(&input).max(1) as f64, asked.cpu.as_secs_f64().max(1e-9));
            // Inputs of one size differ in their extent; what counts is the least for the work that they hold.
            if seconds / extent < least[i].1 / least[i].0.max(1.0) {
                least[i] = (extent, seconds);
            }
            if asked.cpu > LONG && i + 1 >= FEWEST_SIZES {
                sizes.truncate(i + 1);
                break;
            }
        }
        if process_cpu_time() - started > ENOUGH && round > 0 {
            break;
        }
    }
    least.truncate(sizes.len());
    Ok(growth::exponent(&least))
}
