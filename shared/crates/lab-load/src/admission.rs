//! Letting customers in, each when it is due.

use std::io;
use std::iter::Peekable;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::yield_now;
use tokio::time::sleep;

use crate::pacer::Pacer;
use crate::scenario::AnyScenario;
use crate::schedule::Offsets;
use crate::shared::{Here, Shared};
use crate::stream::{Arrivals, Stream};
use crate::{Stop, Vu};

/// How many overdue arrivals start in a row before those that started get the processor.
const BURST: u64 = 32;

/// Lets everybody in who is to come, each at their time, until nobody can come any more: a run is as long as it was meant to be, also
/// where the last customer came early.
pub(crate) async fn admit(
    streams: &[Stream],
    stop: &Stop,
    shared: &Arc<Shared>,
    pacer: &Pacer,
    start: Instant,
) -> io::Result<()> {
    let mut schedules: Vec<(Peekable<Offsets>, &Arc<dyn AnyScenario>)> = Vec::new();
    let mut window_ends = start;
    for stream in streams {
        match &stream.arrivals {
            Arrivals::Open(schedule) => {
                window_ends = window_ends.max(start + schedule.window());
                schedules.push((schedule.offsets().peekable(), &stream.scenario));
            }
            Arrivals::Closed { users, think, window } => {
                window_ends = window_ends.max(start + *window);
                for _ in 0..*users {
                    let (here, scenario) = (Here::come(shared), Arc::clone(&stream.scenario));
                    tokio::spawn(use_again(here, scenario, *think, start + *window, stop.clone()));
                }
            }
        }
    }
    let mut stopped = pin!(stop.asked());
    let mut started = 0;
    while let Some((at, scenario)) = next_of(&mut schedules) {
        // A generator that is behind must not keep those who have come from being served.
        started += 1;
        if started % BURST == 0 {
            yield_now().await;
        }
        tokio::select! {
            biased;
            () = &mut stopped => return Ok(()),
            come = pacer.until(start + at) => come?,
        }
        tokio::spawn(visit(Here::come(shared), Arc::clone(scenario), start + at));
    }
    tokio::select! { () = stopped => {}, come = pacer.until(window_ends) => come? }
    Ok(())
}

/// The next arrival of all schedules.
fn next_of<'a>(
    schedules: &mut [(Peekable<Offsets>, &'a Arc<dyn AnyScenario>)],
) -> Option<(Duration, &'a Arc<dyn AnyScenario>)> {
    let (offsets, scenario) = schedules
        .iter_mut()
        .filter_map(|(offsets, scenario)| Some((*offsets.peek()?, (offsets, *scenario))))
        .min_by_key(|(at, _)| *at)?
        .1;
    Some((offsets.next()?, scenario))
}

/// One customer of an open model.
async fn visit(here: Here, scenario: Arc<dyn AnyScenario>, intended: Instant) {
    scenario.run(&mut Vu::arriving(here.shared(), intended)).await;
}

/// One user of a closed model.
async fn use_again(here: Here, scenario: Arc<dyn AnyScenario>, think: Duration, until: Instant, stop: Stop) {
    while Instant::now() < until && !stop.is_asked() {
        scenario.run(&mut Vu::waiting(here.shared(), Instant::now())).await;
        if think.is_zero() {
            // tokio sleeps for a millisecond at least.
            yield_now().await;
        } else {
            sleep(think).await;
        }
    }
}
