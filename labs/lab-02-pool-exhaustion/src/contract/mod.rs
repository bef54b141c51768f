//! What the checkout is held against. The judge uses its own copy of this folder.

mod cases;
mod counts;

use std::{net::SocketAddr, process::ExitCode, time::Duration};

use anyhow::{Context, Result};
use lab_harness::database::{Lease, lease};
use lab_harness::load::{Report, Request};
use lab_harness::results::queueing::{erlang_c, little, mean_wait};
use lab_harness::results::{Column, Record, Table, names::database_name};
use lab_harness::service::{self, Figure, distributions, late_generator};
use lab_harness::{MachineTrouble, Run, emit, store};
use lab_service::{Comes, Flow, GaugeReadings, Purpose, ServiceLab, Take};
use lab_service::{drive, note, offered_table, settles, variable, window};
use orderflow::Order;
use orderflow_payments::{Answering, accepting_after};
use orderflow_shop::{POOL, Storefront, Surroundings};
use orderflow_store::{Backend, PoolSettings, Scale, StoreError};

pub use orderflow_payments::{Charge, Gateway};
pub use orderflow_shop::{Checkout, Refusal, Till, audit, orders};

/// The promise for the checkout: 99.9% of payments and cancellations are answered within this many milliseconds.
pub const CHECKOUT_MS: f64 = 500.0;

/// Where the service's database is.
const DATABASE: &str = "CHECKOUT_DATABASE";
/// Where its payment gateway listens.
const GATEWAY_AT: &str = "CHECKOUT_GATEWAY";
/// How many connections its pool has.
const CONNECTIONS: &str = "CHECKOUT_CONNECTIONS";
/// How many milliseconds a request waits for a connection.
const PATIENCE_MS: &str = "CHECKOUT_PATIENCE_MS";

/// How long the payment gateway takes.
const GATEWAY: Duration = Duration::from_millis(200);
/// Payments in a second.
const PAYMENTS_PER_S: f64 = 80.0;
/// Orders in the database.
const ORDERS: usize = 420;
/// Orders of a shop that is started by hand. Each can be paid once, so they have to last for minutes of load.
const ORDERS_BY_HAND: usize = 20_000;
/// How often customers cancel in the same moment, where that does no harm.
const ROUNDS: u64 = 30;

/// The `main` of this lab's programs.
pub fn main(checkout: Checkout) -> ExitCode {
    let lab = ServiceLab {
        world,
        environment,
        cases: |world, _| cases::cases(&world.around.orders),
        states: |world, references| or_the_machines(world.around.states(references)),
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

/// Of a failed statement of ours: a full disk is the machine's trouble.
fn or_the_machines<T>(done: Result<T, StoreError>) -> Result<T> {
    done.map_err(|error| store::or_the_machines(error.into()))
}

/// Moments of a Saturday are timed four times as fast.
fn world(run: &Run, purpose: Purpose) -> Result<World> {
    match purpose {
        Purpose::Check => {
            let world = World::lease(run.seed, cases::ORDERS, cases::moody(run.seed))?;
            or_the_machines(world.around.execute(&cases::obstacles()))?;
            Ok(world)
        }
        Purpose::Time => World::lease(run.seed, ORDERS / 3, accepting_after(GATEWAY / 4)),
        Purpose::Reproduce | Purpose::Watch => World::lease(run.seed, ORDERS, accepting_after(GATEWAY)),
    }
}

fn environment(world: &World, run: &Run, purpose: Purpose) -> Vec<(&'static str, String)> {
    let gateway = world.around.provider.address().to_string();
    let mut all = vec![(DATABASE, world.around.url.clone()), (GATEWAY_AT, gateway)];
    match purpose {
        Purpose::Check => all.push((CONNECTIONS, cases::CONNECTIONS.into())),
        // Nobody is refused because the machine is busy.
        Purpose::Time => all.push((PATIENCE_MS, "20000".into())),
        Purpose::Reproduce if run.smoke => all.push((PATIENCE_MS, "300".into())),
        Purpose::Reproduce | Purpose::Watch => {}
    }
    all
}

/// Serves until told to stop; then, when asked, says what the shop was holding meanwhile.
fn serve(checkout: Checkout, run: &Run) -> Result<()> {
    // Started by hand, it has nobody who gives it a database and a gateway.
    let own = match std::env::var_os(DATABASE) {
        Some(_) => None,
        None => Some(World::lease(run.seed, ORDERS_BY_HAND, accepting_after(GATEWAY))?),
    };
    let (database, gateway) = match &own {
        Some(World { around, .. }) => (around.url.clone(), around.provider.gateway()),
        None => (std::env::var(DATABASE)?, Gateway::at(variable(GATEWAY_AT)?.context("no gateway")?)),
    };
    let connections = connections()?;
    let acquire_timeout = variable(PATIENCE_MS)?.map_or(POOL.acquire_timeout, Duration::from_millis);
    let pool = PoolSettings { max_connections: connections, min_connections: connections, acquire_timeout };
    let mut seen = GaugeReadings::new()?;
    service::serve(run, async |door| {
        let shop = Storefront::open(checkout, &database, &pool, gateway).await?;
        let (listener, stop) = door.open()?;
        seen.during(shop.serve(listener, stop.requested()), || shop.gauges().named()).await
    })?;
    seen.show(format!("What the shop had in hand, with {connections} connections in its pool"));
    Ok(())
}

/// How many connections the pool has, here and in every service that we start.
fn connections() -> Result<u32> {
    Ok(variable(CONNECTIONS)?.unwrap_or(POOL.max_connections))
}

/// What customers do on a Saturday: they pay, each another order, and they reload the page of an order.
fn flows(world: &World, purpose: Purpose) -> Vec<Flow> {
    let (orders, comes) = (&world.around.orders, Comes::AtRandom);
    let per_s = if purpose == Purpose::Time { 4.0 * PAYMENTS_PER_S } else { PAYMENTS_PER_S };
    let pages = orders.iter().map(|order| Request::get(format!("/orders/{}", order.reference))).collect();
    vec![
        Flow { step: "POST /orders/{ref}/pay", per_s, comes, requests: requests(orders, "pay"), take: Take::InTurn },
        Flow { step: "GET /orders/{ref}", per_s: 20.0, comes, requests: pages, take: Take::Random },
    ]
}

/// Requests that do something to each of these orders.
fn requests<'a>(orders: impl IntoIterator<Item = &'a Order>, action: &str) -> Vec<Request> {
    let request = |order: &Order| Request::post(format!("/orders/{}/{action}", order.reference), "");
    orders.into_iter().map(|order| Request { body: None, ..request(order) }).collect()
}

/// A payment that was only said to be done has no time, as one that was refused has none: it is saved, in the audit log, and charged once.
fn after_load(world: &World, purpose: Purpose, report: &mut Report) -> Result<()> {
    let paid = &mut report.steps[0].ok;
    if purpose == Purpose::Time && !settles(|| Ok(or_the_machines(world.around.payments())? == [*paid; 3]))? {
        *paid = 0;
    }
    or_the_machines(world.around.make_pending())
}

fn symptom(world: &World, service: SocketAddr, run: &Run) -> Result<()> {
    let long = window(run, 3.2);
    let saturday = drive(service, &flows(world, Purpose::Reproduce), run.seed, long)?;
    let database = database_name(Backend::from_env()?.as_str());
    let title = format!("A Saturday on {database}, with a payment gateway that takes 200 ms");
    emit(&Record::Table(offered_table(&title, &saturday, long, CHECKOUT_MS)));
    let routes: Vec<_> = saturday.steps.iter().map(|step| (step.name.as_str(), step)).collect();
    emit(&distributions("Response times on a Saturday", &routes, CHECKOUT_MS));
    note(theory(connections()?));
    late_generator(&saturday).iter().for_each(emit);
    emit(&Record::Table(cancellations(world, service)?));
    Ok(())
}

/// Rounds of so many customers who cancel in the same moment, each another order. Whether as many as there are connections
/// get in each other's way is a matter of microseconds, so they try again until the pool has jammed once.
fn cancellations(world: &World, service: SocketAddr) -> Result<Table> {
    let (mut rows, connections) = (Vec::new(), connections()? as usize);
    for customers in [connections.saturating_sub(1).max(1), connections] {
        let requests = requests(world.around.orders.iter().take(customers), "cancel");
        let (step, comes) = ("POST /orders/{reference}/cancel", Comes::InBatchesOf(requests.len()));
        let at_once = [Flow { step, per_s: 1.0, comes, requests, take: Take::InTurn }];
        let (mut rounds, mut ok, mut timed_out, mut slowest_ms) = (0_u64, 0, 0, 0.0_f64);
        while rounds < ROUNDS && timed_out == 0 {
            or_the_machines(world.around.make_pending())?;
            let step = drive(service, &at_once, 0, Duration::from_millis(1))?.overall;
            rounds += 1;
            ok += step.ok;
            timed_out += step.planned - step.ok;
            slowest_ms = slowest_ms.max(step.response.max_ms().unwrap_or(0.0));
        }
        rows.push(vec![(customers as u64).into(), rounds.into(), ok.into(), timed_out.into(), slowest_ms.into()]);
    }
    let title = format!("Later, nobody pays: customers who cancel in the same moment, up to {ROUNDS} times");
    let mut columns: Vec<_> = ["at once", "rounds", "ok", "timed out"].map(|name| Column::new(name, "")).into();
    columns.push(Column::new("slowest, wall time", "ms").at_most(CHECKOUT_MS));
    Ok(Table { title, columns, rows, plot: None })
}

/// What queueing theory says about this Saturday.
fn theory(connections: u32) -> String {
    let gateway_s = GATEWAY.as_secs_f64();
    let (offered, quick_s) = (little(PAYMENTS_PER_S, gateway_s), gateway_s / 2.0);
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
