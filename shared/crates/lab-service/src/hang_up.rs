//! Callers who hang up. Work that has begun may go on without them.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use anyhow::Result;
use lab_harness::probe::allocations;
use tokio::runtime::Runtime;

use lab_harness::call::{Call, hold};

/// The longest that work goes on which nobody waits for.
const GOES_ON: Duration = Duration::from_secs(10);

/// The most bytes that are held at once where callers hang up so long after they have called, one after the other; the last one stays. What
/// has begun goes on without its caller, so that whoever gives its place away with the caller has all of it at once. `is_over` says
/// whether anything still goes on.
///
/// # Errors
/// The last one was answered wrongly: a [`crate::Wrong`].
pub(crate) fn peak_of_those_who_hang_up<A: PartialEq + Debug>(
    runtime: &Runtime,
    case: &str,
    after: Duration,
    callers: Vec<Call<A>>,
    last: Call<A>,
    is_over: impl Fn() -> bool,
) -> Result<u64> {
    let (answer, allocated) = allocations::count(|| {
        runtime.block_on(async {
            for caller in callers {
                // Nobody hears the answer.
                let _ = tokio::time::timeout(after, (caller.begin)()).await;
            }
            let answer = (last.begin)().await;
            let until = Instant::now() + GOES_ON;
            while !is_over() && Instant::now() < until {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            answer
        })
    });
    hold(case, &last.input, &last.right, &answer)?;
    Ok(allocated.peak_bytes)
}
