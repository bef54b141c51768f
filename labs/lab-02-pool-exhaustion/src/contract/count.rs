//! Deterministic counts of who holds a connection when, and of who is served, in this process with pools of a single connection.

use std::slice::from_ref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use anyhow::{Context, Result};
use lab_harness::results::{Counts, Record};
use lab_harness::{Run, emit};
use orderflow::Order;
use orderflow_payments::{Provider, Reply, accepting_after, answering};
use sqlx::AnyPool;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::crowd::{self, CROWD, blame_the_disk, closed_pool};
use super::orders::PENDING;
use super::rig::{Rig, cancelled, is, paid};
use super::{Checkout, Refusal};

/// Orders of customers who come one by one: two who pay, two who cancel, one whose bank is slow, and one whose card is declined.
const SINGLES: usize = 6;
/// How long that bank takes: longer than anybody plausible gives up, shorter than the shop's own patience with its gateway.
const SLOWLY: Duration = Duration::from_secs(7);
/// How long a request waits for the only connection when nobody else wants it. On a busy machine a ping takes its time.
const PATIENCE: Duration = Duration::from_millis(1_000);

/// Counts what the gates are declared on.
pub(super) fn count(checkout: Checkout, run: &Run) -> Result<()> {
    let case = |name: String| emit(&Record::Case { name });
    case(format!("with one connection in the pool, {CROWD} customers pay at once, and others come one by one"));
    let rig = Rig::lease(run.seed, SINGLES + 2 * CROWD, accepting_after(Duration::ZERO))?;
    let (one_by_one, crowds) = rig.orders.split_at(SINGLES);
    let (paying, leaving) = crowds.split_at(CROWD);
    // Both wait most of the time, for pools that they do not share.
    let (paid, singles) = std::thread::scope(|scope| {
        let paid = scope.spawn(|| crowd::pay(checkout, &rig, paying));
        let singles = alone(checkout, &rig, one_by_one);
        (paid.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), singles)
    });
    let (paid, singles) = (paid?, singles?);
    if let Some(wrong) = singles.gave_up {
        emit(&wrong);
        return Ok(());
    }
    // A crowd in which each one needs a connection more than there is waits until its patience ends: one alone has shown it.
    let turned_away = if singles.cancels_failed == 0 {
        case(format!("with one connection in the pool, {CROWD} customers cancel at once"));
        crowd::cancel(checkout, &rig, leaving)?
    } else {
        0
    };
    let counts = [
        ("gateway_calls_holding_connection", paid.holding),
        ("gateway_calls_at_once", paid.at_once),
        ("cancels_failed_with_one_connection", singles.cancels_failed),
        ("pays_failed_with_one_connection", singles.pays_failed),
        ("answers_before_saved", singles.before_saved),
        ("customers_not_served_at_once", paid.not_served + turned_away),
    ];
    let counts: Counts = counts.map(|(name, count)| (name.into(), count as f64)).into();
    emit(&Record::Counts { size: CROWD as u64, unit: "customers at once".into(), counts });
    Ok(())
}

/// What became of requests that had the shop to themselves.
#[derive(Default)]
struct Singles {
    cancels_failed: u64,
    pays_failed: u64,
    before_saved: u64,
    /// The payment that was not paid, because its bank was slow.
    gave_up: Option<Record>,
}

/// One request at a time, on a runtime that stands still between them: what a request left to a task of its own, to be done
/// later, is not done when we look.
fn alone(checkout: Checkout, rig: &Rig, orders: &[Order]) -> Result<Singles> {
    let runtime = Builder::new_current_thread().enable_all().build().context("Failed to start a runtime")?;
    let pool = runtime.block_on(closed_pool(&rig.url, PATIENCE))?;
    let (mut cancels_failed, mut pays_failed, mut before_saved) = (0, 0, 0);
    let mut look = |failed: &mut u64, order: &Order, is_served: bool, saved: String| -> Result<()> {
        *failed += u64::from(!is_served);
        before_saved += u64::from(is_served && rig.states(from_ref(order), &rig.provider)? != [saved]);
        Ok(())
    };
    let gateway = rig.provider.gateway();
    for order in &orders[..2] {
        let answer = blame_the_disk(runtime.block_on((checkout.pay)(&pool, &gateway, &order.reference)))?;
        look(&mut pays_failed, order, answer.is_ok(), paid(order))?;
    }
    for order in &orders[2..4] {
        let answer = blame_the_disk(runtime.block_on((checkout.cancel)(&pool, &order.reference)))?;
        look(&mut cancels_failed, order, answer.is_ok(), cancelled(order))?;
    }
    let declining = Provider::open(runtime.handle(), answering(async |_| Reply::Declined))?.gateway();
    let order = &orders[5];
    let answer = blame_the_disk(runtime.block_on((checkout.pay)(&pool, &declining, &order.reference)))?;
    let is_declined = matches!(answer, Err(Refusal::Declined));
    look(&mut pays_failed, order, is_declined, is(order, PENDING, &["declined"], 0))?;
    // Only of somebody who pays at all with this pool can be said that they gave up.
    let gave_up = if pays_failed == 0 { gives_up(checkout, &runtime, &pool, &orders[4])? } else { None };
    Ok(Singles { cancels_failed, pays_failed, before_saved, gave_up })
}

/// A payment whose bank takes so long that only the patient are there when it answers. This runtime's clock is moved meanwhile, so that it
/// takes no time.
fn gives_up(checkout: Checkout, runtime: &Runtime, pool: &AnyPool, order: &Order) -> Result<Option<Record>> {
    let (asked, arrived) = (Arc::new(AtomicU64::new(0)), Arc::new(Notify::new()));
    let (opens, is_open) = watch::channel(false);
    let slow = {
        let (asked, arrived) = (Arc::clone(&asked), Arc::clone(&arrived));
        answering(move |_| {
            asked.fetch_add(1, Relaxed);
            arrived.notify_one();
            let mut is_open = is_open.clone();
            async move {
                // An error only says that the payment is over, and that nobody hears the answer.
                let _opened = is_open.wait_for(|is_open| *is_open).await;
                Reply::Accepted
            }
        })
    };
    let gateway = Provider::open(runtime.handle(), slow)?.gateway();
    let (answer, waited) = runtime.block_on(async {
        let began = Instant::now();
        let mut paying = (checkout.pay)(pool, &gateway, &order.reference);
        let time_passes = async {
            arrived.notified().await;
            tokio::time::pause();
            tokio::time::advance(SLOWLY.saturating_sub(began.elapsed())).await;
            tokio::time::resume();
        };
        let answer = tokio::select! {
            biased;
            answer = &mut paying => answer,
            () = time_passes => {
                opens.send_replace(true);
                paying.await
            }
        };
        (answer, began.elapsed())
    });
    let (answer, asked) = (blame_the_disk(answer)?, asked.load(Relaxed));
    // On a machine that is busy for a second longer, the shop's own patience with its gateway ends: that is nobody's fault.
    let is_patient = answer.is_ok() || waited >= orderflow_payments::PATIENCE;
    let times = if asked == 1 { "once".into() } else { format!("{asked} times") };
    Ok((asked > 1 || !is_patient).then(|| Record::Wrong {
        case: format!("somebody pays while the bank takes {SLOWLY:?}"),
        input: format!("pay(pool, gateway, {:?})", order.reference),
        expected: "Ok(()), and the bank was asked once".into(),
        got: format!("{answer:?}, and the bank was asked {times}"),
    }))
}
