//! Deterministic counts of who holds a connection when, and of who is served, in this process with pools of a single connection.

use std::panic::resume_unwind;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use lab_harness::Run;
use lab_harness::results::Record;
use lab_service::{Counted, Wrong, while_time_passes};
use orderflow::Order;
use orderflow_payments::{ClosedBank, PATIENCE, Provider, Reply, accepting_after, answering};
use orderflow_shop::state::{cancelled, is, paid};
use orderflow_shop::{OrderState, Surroundings};
use orderflow_store::closed_pool;
use sqlx::AnyPool;
use tokio::runtime::{Builder, Runtime};

use super::orders::PENDING;
use super::{Checkout, Refusal, World, or_the_machines};

/// Customers who come in the same moment: more than any limit that somebody would put on payments under way.
const CROWD: usize = 150;
/// Orders of customers who come one by one: two who pay, two who cancel, one whose bank is slow, and one whose card is declined.
const SINGLES: usize = 6;
/// How long that bank takes: longer than anybody plausible gives up, shorter than the shop's own patience with its gateway.
const SLOWLY: Duration = Duration::from_secs(7);
/// How long a request waits for the only connection when nobody else wants it. On a busy machine a ping takes its time.
const ALONE: Duration = Duration::from_millis(1_000);

/// Counts what the gates are declared on.
pub(super) fn counts(checkout: Checkout, run: &Run) -> Result<Counted> {
    let what = "with one connection in the pool";
    lab_service::case(&format!("{what}, {CROWD} customers pay at once, and others come one by one"));
    let world = World::lease(run.seed, SINGLES + 2 * CROWD, accepting_after(Duration::ZERO))?;
    let (around, (singles, crowds)) = (&world.around, world.around.orders.split_at(SINGLES));
    let (paying, leaving) = crowds.split_at(CROWD);
    // Both wait most of the time, for pools that they do not share.
    let (paid, singles) = thread::scope(|scope| {
        let paid = scope.spawn(|| around.crowd_pays(checkout, paying));
        let singles = alone(checkout, around, singles);
        (paid.join().unwrap_or_else(|panic| resume_unwind(panic)), singles)
    });
    let (paid, [cancels_failed, pays_failed, before_saved]) = (or_the_machines(paid)?, singles?);
    let mut not_served = paid.not_served;
    // A crowd in which each one needs a connection more than there is waits until its patience ends: one alone has shown it.
    if cancels_failed == 0 {
        lab_service::case(&format!("{what}, {CROWD} customers cancel at once"));
        not_served += or_the_machines(around.crowd_cancels(checkout, leaving))?;
    }
    let counts = [
        ("gateway_calls_holding_connection", paid.calls_holding),
        ("gateway_calls_at_once", paid.calls_at_once),
        ("cancels_failed_with_one_connection", cancels_failed),
        ("pays_failed_with_one_connection", pays_failed),
        ("answers_before_saved", before_saved),
        ("customers_not_served_at_once", not_served),
    ];
    let counts = counts.map(|(name, count)| (name.into(), count as f64)).into();
    Ok(Counted { size: CROWD as u64, unit: "customers at once", counts })
}

/// One request at a time, on a runtime that stands still between them: what a request left to a task of its own, to be done later, is not
/// done when we look. Cancellations and payments that failed, and customers who had their answer before it was saved.
fn alone(checkout: Checkout, around: &Surroundings, orders: &[Order]) -> Result<[u64; 3]> {
    let runtime = Builder::new_current_thread().enable_all().build().context("Failed to start a runtime")?;
    let pool = or_the_machines(runtime.block_on(closed_pool(&around.url, ALONE)))?;
    let (mut cancels_failed, mut pays_failed, mut before_saved) = (0, 0, 0);
    let mut look = |failed: &mut u64, order: &Order, is_served: bool, saved: OrderState| -> Result<()> {
        *failed += u64::from(!is_served);
        let states = or_the_machines(around.states(std::slice::from_ref(&order.reference)))?;
        before_saved += u64::from(is_served && states != [saved]);
        Ok(())
    };
    let gateway = around.provider.gateway();
    for order in &orders[..2] {
        let answer = or_trouble(runtime.block_on((checkout.pay)(&pool, &gateway, &order.reference)))?;
        look(&mut pays_failed, order, answer.is_ok(), paid(order))?;
    }
    for order in &orders[2..4] {
        let answer = or_trouble(runtime.block_on((checkout.cancel)(&pool, &order.reference)))?;
        look(&mut cancels_failed, order, answer.is_ok(), cancelled(order))?;
    }
    let declining = Provider::open(runtime.handle(), answering(async |_| Reply::Declined))?.gateway();
    let (slow, card) = (&orders[4], &orders[5]);
    let answer = or_trouble(runtime.block_on((checkout.pay)(&pool, &declining, &card.reference)))?;
    let is_declined = matches!(answer, Err(Refusal::Declined));
    look(&mut pays_failed, card, is_declined, is(card, PENDING, &["declined"], 0))?;
    // Only of somebody who pays at all with this pool can be said that they gave up.
    if pays_failed == 0 {
        nobody_gives_up(checkout, &runtime, &pool, slow)?;
    }
    Ok([cancels_failed, pays_failed, before_saved])
}

/// A payment whose bank takes so long that only the patient are there when it answers.
fn nobody_gives_up(checkout: Checkout, runtime: &Runtime, pool: &AnyPool, order: &Order) -> Result<()> {
    let bank = ClosedBank::new();
    let gateway = Provider::open(runtime.handle(), bank.answering())?.gateway();
    let paying = (checkout.pay)(pool, &gateway, &order.reference);
    let (answer, waited) = runtime.block_on(while_time_passes(paying, bank.is_asked(), SLOWLY, || bank.open()));
    let (answer, asked) = (or_trouble(answer)?, bank.times_asked());
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

fn or_trouble(answer: Result<(), Refusal>) -> Result<Result<(), Refusal>> {
    or_the_machines(Refusal::or_machine_trouble(answer))
}
