//! Two tellers who take the same two locks in opposite order, an auditor who queues behind them, and a clerk who goes on working.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::{Arc, Barrier, Mutex, RwLock};
use std::thread;

/// What the bank keeps.
struct Bank {
    accounts: Mutex<Vec<i64>>,
    journal: Mutex<BTreeMap<u64, String>>,
    rates: RwLock<[f64; 3]>,
}

#[inline(never)]
fn transfer(bank: &Bank, both_inside: &Barrier, amount: i64) {
    let mut accounts = bank.accounts.lock().unwrap();
    accounts[0] -= amount;
    both_inside.wait();
    let mut journal = bank.journal.lock().unwrap();
    journal.insert(1, format!("took {amount}"));
    accounts[1] += amount;
}

#[inline(never)]
fn close_the_day(bank: &Bank, both_inside: &Barrier) {
    let mut journal = bank.journal.lock().unwrap();
    both_inside.wait();
    let accounts = bank.accounts.lock().unwrap();
    journal.insert(2, format!("{accounts:?}"));
}

/// Holds the rates for reading, and waits for its turn at the accounts: it is in no cycle.
#[inline(never)]
fn audit(bank: &Bank) -> f64 {
    let rates = bank.rates.read().unwrap();
    let accounts = bank.accounts.lock().unwrap();
    rates[0] * accounts[0] as f64
}

/// What is written on a slip: the bank's own type, with the name of a lock's guard.
struct MutexGuard<'a, T> {
    lock: &'a u32,
    data: T,
}

#[inline(never)]
fn write_slip(number: &u32) -> u64 {
    let slip = MutexGuard { lock: number, data: 7_u64 };
    thread::sleep(std::time::Duration::from_secs(std::hint::black_box(&slip).data * 1_000));
    u64::from(*std::hint::black_box(&slip).lock)
}

#[inline(never)]
fn count_coins(mut coins: u64) -> u64 {
    for _ in 0..1_000_000 {
        coins = std::hint::black_box(coins.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    }
    coins
}

fn main() {
    let bank = Arc::new(Bank { accounts: Mutex::new(vec![10, 20]), journal: Mutex::default(), rates: RwLock::new([1.5; 3]) });
    let both_inside = Arc::new(Barrier::new(2));
    let start = |name: &str, work: fn(&Bank, &Barrier)| {
        let (bank, both_inside) = (Arc::clone(&bank), Arc::clone(&both_inside));
        thread::Builder::new().name(name.into()).spawn(move || work(&bank, &both_inside)).unwrap();
    };
    start("teller-1", |bank, both_inside| transfer(bank, both_inside, 7));
    start("teller-2", close_the_day);
    // Once both locks are taken.
    thread::sleep(std::time::Duration::from_millis(100));
    start("auditor", |bank, _| {
        std::hint::black_box(audit(bank));
    });
    start("writer", |_, _| {
        std::hint::black_box(write_slip(&4));
    });
    start("clerk", |_, _| {
        let mut coins = 0;
        loop {
            coins = count_coins(coins);
            thread::sleep(std::time::Duration::from_millis(1));
        }
    });
    println!("open");
    // Until nobody wants it any more.
    let _ = std::io::stdin().read(&mut [0]);
}
