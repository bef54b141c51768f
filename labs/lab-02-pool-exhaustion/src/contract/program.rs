//! The verbs of this lab's programs.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Result;
use lab_harness::results::queueing::{erlang_c, little, mean_wait};
use lab_harness::results::{Column, Record, Table};
use lab_harness::service::{self, Figure, Watch, distributions, late_generator};
use lab_harness::{Program, Run, emit};
use orderflow_payments::accepting_after;
use orderflow_store::Backend;

use super::load::{self, PAYMENTS_PER_S};
use super::rig::{ORDERS, Rig};
use super::server::{self, PATIENCE_MS};
use super::{CHECKOUT_MS, Checkout, check, count};

/// How long the payment gateway takes.
const GATEWAY: Duration = Duration::from_millis(200);
/// Turns of a timed round, and how long new customers come in each.
const TURNS: u64 = 3;
const TURN: Duration = Duration::from_millis(120);
/// How long a request of a timed turn waits for a connection: nobody is refused because the machine is busy.
const TIMED_PATIENCE_MS: &str = "20000";
/// How long after the last answer a payment may be saved.
const SETTLE: Duration = Duration::from_secs(1);
/// How often customers cancel in the same moment, where that does no harm.
const ROUNDS: u64 = 30;

/// A program around one checkout.
pub(super) struct Lab {
    pub(super) checkout: Checkout,
}

impl Program for Lab {
    fn reproduce(&self, run: &Run) -> Result<()> {
        let rig = Rig::lease(run.seed, ORDERS, accepting_after(GATEWAY))?;
        let patience_ms = if run.smoke { "300" } else { "1500" };
        let service = rig.launch(run).env(PATIENCE_MS, patience_ms).start()?;
        let window = seconds(run, 3.2);
        let saturday = load::drive(service.address(), &rig.orders, run.seed, window, PAYMENTS_PER_S)?;
        emit(&Record::Table(load::table(&saturday, window, Backend::from_env()?)));
        let routes: Vec<_> = saturday.steps.iter().map(|step| (step.name.as_str(), step)).collect();
        emit(&distributions("Response times on a Saturday", &routes, CHECKOUT_MS));
        emit(&Record::Note { text: theory(server::connections()?) });
        late_generator(&saturday).iter().for_each(emit);
        emit(&Record::Table(cancellations(&rig, service.address())?));
        service.stop()?;
        Ok(())
    }

    fn check(&self, run: &Run) -> Result<()> {
        check::check(run)
    }

    fn count(&self, run: &Run) -> Result<()> {
        count::count(self.checkout, run)
    }

    /// Moments of a Saturday, four times as fast, each long enough for a queue to form.
    fn measure(&self, run: &Run) -> Result<()> {
        let rig = Rig::lease(run.seed, ORDERS / 3, accepting_after(GATEWAY / 4))?;
        let service = rig.launch(run).env(PATIENCE_MS, TIMED_PATIENCE_MS);
        service::measure(service, TURNS, &[Figure::P50("pay", 0), Figure::P99("pay", 0)], |address, turn| {
            let mut report = load::drive(address, &rig.orders, run.seed + turn, TURN, 4.0 * PAYMENTS_PER_S)?;
            if !are_done(&rig, report.steps[0].ok)? {
                // A payment that was only said to be done has no time, as one that was refused has none.
                report.steps[0].ok = 0;
            }
            rig.make_pending()?;
            Ok(report)
        })
    }

    fn work(&self, run: &Run) -> Result<()> {
        let rig = Rig::lease(run.seed, 2, accepting_after(Duration::ZERO))?;
        // The answer is dropped: only the cost of the work is looked at.
        let _answer =
            rig.runtime.block_on((self.checkout.pay)(&rig.pool, &rig.provider.gateway(), &rig.orders[0].reference));
        Ok(())
    }

    fn profile(&self, run: &Run) -> Result<()> {
        watched(run, Watch::Cpu)
    }

    fn heap(&self, run: &Run) -> Result<()> {
        watched(run, Watch::Heap)
    }

    fn live_heap(&self, run: &Run) -> Result<()> {
        watched(run, Watch::LiveHeap)
    }

    fn tasks(&self, run: &Run) -> Result<()> {
        watched(run, Watch::Polls)
    }

    fn busy(&self, run: &Run) -> Result<()> {
        let rig = Rig::lease(run.seed, ORDERS, accepting_after(GATEWAY))?;
        service::busy(rig.launch(run), |address| {
            let saturday = load::drive(address, &rig.orders, run.seed, seconds(run, 3.0), PAYMENTS_PER_S)?;
            rig.make_pending()?;
            Ok(saturday)
        })
    }

    fn serve(&self, run: &Run) -> Result<()> {
        server::serve(self.checkout, run)
    }
}

/// Whether so many payments are saved, in the audit log, and charged, each once. What comes a little later is done as well.
fn are_done(rig: &Rig, answered: u64) -> Result<bool> {
    let until = Instant::now() + SETTLE;
    loop {
        let is_done = rig.payments()? == [answered; 3];
        if is_done || Instant::now() >= until {
            return Ok(is_done);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The shop looks at itself during `run.seconds` of ordinary Saturdays, each of which ends when its last customer has an answer.
fn watched(run: &Run, watch: Watch) -> Result<()> {
    let rig = Rig::lease(run.seed, ORDERS, accepting_after(GATEWAY))?;
    service::watched(rig.launch(run).watch(watch), |address| {
        let mut requests = 0;
        let mut left = seconds(run, run.seconds);
        while !left.is_zero() {
            let window = left.min(Duration::from_secs(4));
            requests += load::drive(address, &rig.orders, run.seed, window, PAYMENTS_PER_S)?.overall.planned;
            rig.make_pending()?;
            left -= window;
        }
        Ok(requests)
    })
}

fn seconds(run: &Run, full: f64) -> Duration {
    Duration::from_secs_f64(if run.smoke { full.min(0.4) } else { full })
}

/// Rounds of so many customers who cancel in the same moment, each another order. Whether as many as there are connections
/// get in each other's way is a matter of microseconds, so they try again until the pool has jammed once.
fn cancellations(rig: &Rig, address: SocketAddr) -> Result<Table> {
    let mut rows = Vec::new();
    let connections = server::connections()? as usize;
    for customers in [connections.saturating_sub(1).max(1), connections] {
        let (mut rounds, mut ok, mut timed_out, mut slowest_ms) = (0_u64, 0, 0, 0.0_f64);
        while rounds < ROUNDS && timed_out == 0 {
            rig.make_pending()?;
            let step = load::cancel_at_once(address, &rig.orders[..customers.min(ORDERS)])?.overall;
            rounds += 1;
            ok += step.ok;
            timed_out += step.planned - step.ok;
            slowest_ms = slowest_ms.max(step.response.max_ms().unwrap_or(0.0));
        }
        rows.push(vec![(customers as u64).into(), rounds.into(), ok.into(), timed_out.into(), slowest_ms.into()]);
    }
    Ok(Table {
        title: format!("Later, nobody pays: customers who cancel in the same moment, up to {ROUNDS} times"),
        columns: vec![
            Column::new("at once", ""),
            Column::new("rounds", ""),
            Column::new("ok", ""),
            Column::new("timed out", ""),
            Column::new("slowest, wall time", "ms").at_most(CHECKOUT_MS),
        ],
        rows,
        plot: None,
    })
}

/// What queueing theory says about this Saturday.
fn theory(connections: u32) -> String {
    let gateway_s = GATEWAY.as_secs_f64();
    let offered = little(PAYMENTS_PER_S, gateway_s);
    let quick_s = gateway_s / 2.0;
    let quick = little(PAYMENTS_PER_S, quick_s);
    format!(
        "Little's law: {PAYMENTS_PER_S:.0} payments/s x {gateway_s} s = {offered:.0} of them at the gateway at any time, and the \
         pool has {connections} connections. With a gateway twice as fast it would be {quick:.0}, and if each of those held a \
         connection, {:.0}% of all requests would have to wait for one all the same, {:.0} ms on average over all (Erlang C). \
         What does a payment at the gateway need a connection for?",
        erlang_c(connections, quick) * 100.0,
        mean_wait(connections, quick, quick_s) * 1e3,
    )
}
