//! What the checkout is held against. The judge uses its own copy of this folder.

mod counts;

use std::{net::SocketAddr, process::ExitCode, time::Duration};

use anyhow::{Context, Result};
use lab_harness::database::{Lease, lease};
use lab_harness::load::{Report, Request};
use lab_harness::results::queueing::{erlang_c, little, mean_wait};
use lab_harness::results::{Record, names::database_name};
use lab_harness::service::{self, Figure, distributions, late_generator};
use lab_harness::{MachineTrouble, Run, emit};
use lab_service::{Case, Flow, GaugeReadings, Outcome, Purpose, Rounds, ServiceLab, Workload};
use lab_service::{drive, note, offered_table, settles, window};
use orderflow_payments::{Answering, accepting_after, moody};
use orderflow_shop::rules::{self, Rule, Rules};
use orderflow_shop::settings::{self, CONNECTIONS, PATIENCE_MS, pool_settings};
use orderflow_shop::{OrderState, Storefront, Surroundings, load_data};
use orderflow_store::{Backend, Scale};

pub use orderflow_payments::{Charge, Gateway};
pub use orderflow_shop::{Checkout, Refusal, Till, audit, orders};

/// What customers do, and what they were promised: `shared/stack` has both under this name.
const SCENARIO: &str = "pool-exhaustion";
/// Customers in a second: four of five pay.
const PER_S: f64 = 100.0;
/// How long the payment gateway takes.
const GATEWAY: Duration = Duration::from_millis(200);
/// Orders in the database.
const ORDERS: usize = 420;
/// How often customers cancel in the same moment, where that does no harm.
const ROUNDS: u64 = 30;

/// The `main` of this lab's programs.
pub fn main(checkout: Checkout) -> ExitCode {
    let lab = ServiceLab {
        world,
        environment,
        cases: |world, _| Rules::of(&world.around.orders).all.into_iter().map(case).collect(),
        states: |world, references| Ok(world.around.states(references)?),
        flows,
        after_load,
        figures: &[Figure::P50("pay", 0), Figure::P99("pay", 0)],
        turn: Duration::from_millis(120), // long enough for a queue to form
        symptom,
        counts: counts::counts,
        work: |checkout, run| {
            let Surroundings { runtime, pool, provider, orders, .. } =
                &World::lease(run.seed, 2, accepting_after(Duration::ZERO))?.around;
            // The answer is dropped: only the cost of the work is looked at.
            let _answer = runtime.block_on((checkout.pay)(pool, &provider.gateway(), &orders[0].reference));
            Ok(())
        },
        serve,
    };
    lab_service::main(&lab, checkout)
}

/// A database and a gateway. Fields are dropped in this order: the database goes last.
struct World {
    around: Surroundings,
    /// A janitor removes the database, however this program ends.
    _database: Lease,
}

impl World {
    fn lease(seed: u64, orders: usize, answering: Answering) -> Result<World> {
        let database = lease(Backend::from_env()?)?;
        // No code of a learner's has run so far: what fails here is the machine's.
        let around = Surroundings::on(&database.url, &scale(seed, orders), answering).context(MachineTrouble)?;
        Ok(World { around, _database: database })
    }
}

fn scale(seed: u64, orders: usize) -> Scale {
    Scale { seed, orders, customers: 200, products: 100 }
}

/// A rule of the shop's, asked over the socket.
fn case(rule: Rule) -> Case<OrderState> {
    let orders = rule.orders();
    let requests = rule.requests.iter().map(|(reference, action)| request(reference, action)).collect();
    let outcomes = rule.outcomes.into_iter().map(|(statuses, states)| Outcome { statuses, states }).collect();
    Case::one_of(rule.name, requests, outcomes, orders)
}

/// Moments of a Saturday are timed four times as fast.
fn world(run: &Run, purpose: Purpose) -> Result<World> {
    match purpose {
        Purpose::Check => {
            let rules = Rules::of(&scale(run.seed, rules::ORDERS).stored_orders());
            let world = World::lease(run.seed, rules::ORDERS, moody(rules.moods))?;
            world.around.execute(&rules.obstacles)?;
            Ok(world)
        }
        Purpose::Time => World::lease(run.seed, ORDERS / 3, accepting_after(GATEWAY / 4)),
        Purpose::Reproduce | Purpose::Watch => World::lease(run.seed, ORDERS, accepting_after(GATEWAY)),
    }
}

fn environment(world: &World, run: &Run, purpose: Purpose) -> Vec<(&'static str, String)> {
    let mut all = world.around.environment().to_vec();
    match purpose {
        // So many that neither fault can show: whether answers are right is asked here, nothing else.
        Purpose::Check => all.push((CONNECTIONS, "48".into())),
        // Nobody is refused because the machine is busy.
        Purpose::Time => all.push((PATIENCE_MS, "20000".into())),
        Purpose::Reproduce if run.smoke => all.push((PATIENCE_MS, "300".into())),
        Purpose::Reproduce | Purpose::Watch => {}
    }
    all
}

/// Serves until told to stop; then, when asked, says what the shop was holding meanwhile.
fn serve(checkout: Checkout, run: &Run) -> Result<()> {
    let ((database, gateway), _own) = match settings::given()? {
        Some(given) => (given, None),
        // Started by hand, it has nobody who gives it a database and a gateway. Each order can be paid once: they last for minutes of load.
        None => {
            let own = World::lease(run.seed, 20_000, accepting_after(GATEWAY))?;
            ((own.around.url.clone(), own.around.provider.gateway()), Some(own))
        }
    };
    let pool = pool_settings()?;
    let mut seen = GaugeReadings::new()?;
    service::serve(run, async |door| {
        let shop = Storefront::open(checkout, &database, &pool, gateway).await?;
        let (listener, stop) = door.open()?;
        seen.during(shop.serve(listener, stop.requested()), || shop.gauges().named()).await
    })?;
    seen.show(format!("What the shop had in hand, with {} connections in its pool", pool.max_connections));
    Ok(())
}

/// What customers do on a Saturday: they pay, each another order, and they reload the page of an order.
fn flows(world: &World, purpose: Purpose) -> Result<Vec<Flow>> {
    let references: Vec<&str> = world.around.orders.iter().map(|order| order.reference.as_str()).collect();
    let per_s = if purpose == Purpose::Time { 4.0 * PER_S } else { PER_S };
    Workload::read(SCENARIO)?.flows(load_data(&references), per_s)
}

fn request(reference: &str, action: &str) -> Request {
    Request { body: None, ..Request::post(format!("/orders/{reference}/{action}"), "") }
}

/// A payment that was only said to be done has no time, as one that was refused has none: it is saved, in the audit log, and charged once.
fn after_load(world: &World, purpose: Purpose, report: &mut Report) -> Result<()> {
    let paid = &mut report.steps[0].ok;
    if purpose == Purpose::Time && !settles(|| Ok(world.around.payments()? == [*paid; 3]))? {
        *paid = 0;
    }
    Ok(world.around.make_pending()?)
}

fn symptom(world: &World, service: SocketAddr, run: &Run) -> Result<()> {
    let (long, flows) = (window(run, 3.2), flows(world, Purpose::Reproduce)?);
    let promised_ms = Workload::read(SCENARIO)?.p99_ms(&flows[0].step)?;
    let saturday = drive(service, &flows, run.seed, long)?;
    let database = database_name(Backend::from_env()?.as_str());
    let title = format!("A Saturday on {database}, with a payment gateway that takes 200 ms");
    emit(&Record::Table(offered_table(&title, &saturday, long, promised_ms)));
    let steps: Vec<_> = saturday.steps.iter().map(|step| (step.name.as_str(), step)).collect();
    emit(&distributions("Response times on a Saturday", &steps, promised_ms));
    let connections = pool_settings()?.max_connections;
    note(theory(flows[0].requests_per_s(), connections));
    late_generator(&saturday).iter().for_each(emit);
    // Later, nobody pays: as many customers as there are connections cancel in the same moment, each another order, and one fewer.
    let rounds = [connections.saturating_sub(1).max(1), connections].map(|customers| {
        let orders = world.around.orders.iter().take(customers as usize);
        let cancels: Vec<_> = orders.map(|order| request(&order.reference, "cancel")).collect();
        Rounds::at_once(ROUNDS, service, &cancels, || Ok(world.around.make_pending()?))
    });
    let rounds = rounds.into_iter().collect::<Result<Vec<_>>>()?;
    let title = format!("Later, nobody pays: customers who cancel in the same moment, up to {ROUNDS} times");
    emit(&Record::Table(Rounds::table(&title, &rounds, promised_ms)));
    Ok(())
}

/// What queueing theory says about this Saturday.
fn theory(payments_per_s: f64, connections: u32) -> String {
    let gateway_s = GATEWAY.as_secs_f64();
    let (offered, quick_s) = (little(payments_per_s, gateway_s), gateway_s / 2.0);
    let quick = little(payments_per_s, quick_s);
    format!(
        "Little's law: {payments_per_s:.0} payments/s x {gateway_s} s = {offered:.0} of them at the gateway at any time, and the \
         pool has {connections} connections. With a gateway twice as fast it would be {quick:.0}, and if each of those held a \
         connection, {:.0}% of all requests would have to wait for one all the same, {:.0} ms on average over all (Erlang C). \
         What does a payment at the gateway need a connection for?",
        erlang_c(connections, quick) * 100.0,
        mean_wait(connections, quick, quick_s) * 1e3,
    )
}
