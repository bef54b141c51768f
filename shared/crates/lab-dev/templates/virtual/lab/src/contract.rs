//! What reserving is held against. The judge uses its own copy of this file.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::{collections::BTreeMap, process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use lab_harness::call::{Answering, Call, hold};
use lab_harness::results::{Counts, queueing::mean_wait_of_constant_service};
use lab_harness::virtual_time::{self, VirtualLab};
use orderflow::random::SplitMix64;
use tokio::sync::Mutex;
use tokio::time::sleep;

/// How long the warehouse takes to answer, in milliseconds, however many ask.
const ANSWER_MS: u64 = 20;
/// Orders that arrive in a second: one after the other they would keep the warehouse busy for nine tenths of the time.
const ORDERS_PER_S: f64 = 45.0;

/// The part: reserves what an order needs, and says on which shelf it lies.
pub type Reserve = fn(Arc<Stock>, u32) -> Answering<u32>;

/// What all reservations share.
#[derive(Debug)]
pub struct Stock {
    /// The shelf of each order that has one.
    pub ledger: Mutex<BTreeMap<u32, u32>>,
    seed: u64,
    asked: AtomicU64,
}

impl Stock {
    /// Asks the warehouse for the shelf of an order.
    pub async fn shelf_of(&self, order: u32) -> u32 {
        self.asked.fetch_add(1, Relaxed);
        sleep(Duration::from_millis(ANSWER_MS)).await;
        shelf(self.seed, order)
    }
}

/// Another shelf for each seed: nobody knows it without asking.
fn shelf(seed: u64, order: u32) -> u32 {
    SplitMix64::new(seed ^ u64::from(order)).below(900) as u32
}

/// The `main` of this lab's programs.
pub fn main(part: Reserve) -> ExitCode {
    virtual_time::main(&LAB, part)
}

/// The lab; its benches play it, too.
pub const LAB: VirtualLab<Reserve, Stock, u32> = VirtualLab {
    unit: "reservations",
    sizes: &[1_000, 4_000, 16_000],
    per_s: ORDERS_PER_S,
    slo_p99_ms: 50.0,
    theory: &[
        ("nobody waits for another", || ANSWER_MS as f64),
        ("one at a time, M/D/1", || {
            let answer_ms = ANSWER_MS as f64;
            answer_ms + mean_wait_of_constant_service(ORDERS_PER_S * answer_ms / 1e3, answer_ms)
        }),
    ],
    world: |seed| Stock { ledger: Mutex::default(), seed, asked: AtomicU64::new(0) },
    call: |part, stock, number| {
        let (order, stock) = (number as u32, Arc::clone(stock));
        Call {
            input: format!("reserve(stock, {order})"),
            right: shelf(stock.seed, order),
            begin: Box::new(move || part(stock, order)),
        }
    },
    holds,
    counts: |stock, played| {
        let asked = stock.asked.load(Relaxed) as f64 / played.response_ms.len() as f64;
        Counts::from([("asked_per_reservation".into(), asked)])
    },
};

/// Every order stands in the ledger, with its shelf.
fn holds(stock: &Stock, case: &str, orders: usize) -> Result<()> {
    let ledger = stock.ledger.try_lock().context("the ledger is still locked after everybody was answered")?;
    let right: BTreeMap<u32, u32> = (0..orders as u32).map(|order| (order, shelf(stock.seed, order))).collect();
    hold(case, "the ledger afterwards", &right, &ledger)
}
