//! Deterministic counts of who holds a connection when, and of who is served, in this process with pools of a single connection.

use std::panic::resume_unwind;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use lab_harness::{Run, results::Record};
use lab_service::{Counted, Wrong, case, while_time_passes};
use orderflow::Order;
use orderflow_payments::{ClosedBank, PATIENCE, Provider, accepting_after};
use orderflow_shop::{Alone, OneByOne, Surroundings};

use super::{Checkout, Refusal, World};

/// Customers who come in the same moment: more than any limit that somebody would put on payments under way.
const CROWD: usize = 150;
/// How long a slow bank takes: longer than anybody plausible gives up, shorter than the shop's own patience with its gateway.
const SLOWLY: Duration = Duration::from_secs(7);

/// Counts what the gates are declared on.
pub(super) fn counts(checkout: Checkout, run: &Run) -> Result<Counted> {
    let what = "with one connection in the pool";
    case(&format!("{what}, {CROWD} customers pay at once, and others come one by one"));
    let around = &World::lease(run.seed, 6 + 2 * CROWD, accepting_after(Duration::ZERO))?.around;
    let ([slow, singles @ ..], crowds) = around.orders.split_first_chunk::<6>().context("there are orders")?;
    let (paying, leaving) = crowds.split_at(CROWD);
    // Both wait most of the time, for pools that they do not share.
    let (paid, singles) = thread::scope(|scope| {
        let paid = scope.spawn(|| around.crowd_pays(checkout, paying));
        let singles = alone(checkout, around, singles, slow);
        (paid.join().unwrap_or_else(|panic| resume_unwind(panic)), singles)
    });
    let (paid, singles) = (paid?, singles?);
    let mut not_served = paid.not_served;
    // A crowd in which each one needs a connection more than there is waits until its patience ends: one alone has shown it.
    if singles.cancels_failed == 0 {
        case(&format!("{what}, {CROWD} customers cancel at once"));
        not_served += around.crowd_cancels(checkout, leaving)?;
    }
    let counts = [
        ("gateway_calls_holding_connection", paid.calls_holding),
        ("gateway_calls_at_once", paid.calls_at_once),
        ("cancels_failed_with_one_connection", singles.cancels_failed),
        ("pays_failed_with_one_connection", singles.pays_failed),
        ("answers_before_saved", singles.answers_before_saved),
        ("customers_not_served_at_once", not_served),
    ];
    let counts = counts.map(|(name, count)| (name.into(), count as f64)).into();
    Ok(Counted { size: CROWD as u64, unit: "customers at once", counts })
}

fn alone(checkout: Checkout, around: &Surroundings, orders: &[Order; 5], slow: &Order) -> Result<OneByOne> {
    let shop = around.alone()?;
    let seen = around.one_by_one(&shop, checkout, orders)?;
    // Only of somebody who pays at all with this pool can be said that they gave up.
    if seen.pays_failed == 0 {
        nobody_gives_up(checkout, &shop, slow)?;
    }
    Ok(seen)
}

/// A payment whose bank takes so long that only the patient are there when it answers.
fn nobody_gives_up(checkout: Checkout, Alone { runtime, pool }: &Alone, order: &Order) -> Result<()> {
    let bank = ClosedBank::new();
    let gateway = Provider::open(runtime.handle(), bank.answering())?.gateway();
    let paying = (checkout.pay)(pool, &gateway, &order.reference);
    let (answer, waited) = runtime.block_on(while_time_passes(paying, bank.is_asked(), SLOWLY, || bank.open()));
    let (answer, asked) = (Refusal::or_machine_trouble(answer)?, bank.times_asked());
    // On a machine that is busy for a second longer, the shop's own patience with its gateway ends: that is nobody's fault.
    if asked <= 1 && (answer.is_ok() || waited >= PATIENCE) {
        return Ok(());
    }
    let times = if asked == 1 { "once".into() } else { format!("{asked} times") };
    let wrong = Record::Wrong {
        case: format!("somebody pays while the bank takes {SLOWLY:?}"),
        input: format!("pay(pool, gateway, {:?})", order.reference),
        expected: "Ok(()), and the bank was asked once".into(),
        got: format!("{answer:?}, and the bank was asked {times}"),
    };
    Err(Wrong(wrong).into())
}
