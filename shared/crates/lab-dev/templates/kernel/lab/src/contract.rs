//! What the report must say. The judge uses its own copy of this file.

use lab_harness::kernel::Kernel;
use lab_harness::probe::allocations::Allocations;
use lab_harness::results::Counts;
use lab_harness::results::gate::counted;
use orderflow::{Order, Shop};

/// The contract of `units_sold`.
pub struct UnitsSold;

impl Kernel for UnitsSold {
    type Input = Vec<Order>;
    type Output = u64;

    const UNIT: &'static str = "orders";
    const EXTENT_UNIT: &'static str = "lines";
    const REPRODUCE: &'static [usize] = &[500, 1_000, 2_000, 4_000];
    const SLO_MS: f64 = 1.0;
    const SHOWN: &'static [(&'static str, &'static str, &'static str)] =
        &[("bytes_requested", "requested", "B"), ("allocations", "allocations", "")];
    const COUNTED: &'static [usize] = &[50, 100, 200, 400];
    const TIMED: usize = 1_000;
    const PAIRED: usize = 200;

    fn input(seed: u64, size: usize) -> Vec<Order> {
        Shop::new(seed).orders(size)
    }

    fn stretched(orders: Vec<Order>) -> Vec<Order> {
        Order::merged(orders).into_iter().collect()
    }

    fn adversarial(seed: u64) -> Vec<(&'static str, Vec<Order>)> {
        let mut empty = Shop::new(seed).orders(5);
        empty[0].lines.clear();
        vec![("no orders", Vec::new()), ("an order without lines", empty)]
    }

    fn extent(orders: &Vec<Order>) -> u64 {
        orders.iter().map(|order| order.lines.len() as u64).sum()
    }

    fn expected(orders: &Vec<Order>) -> u64 {
        let mut units = 0;
        for order in orders {
            for line in &order.lines {
                units += u64::from(line.quantity);
            }
        }
        units
    }

    fn smaller(orders: &Vec<Order>) -> Vec<Vec<Order>> {
        let (first, second) = orders.split_at(orders.len() / 2);
        [first, second].into_iter().filter(|half| half.len() < orders.len()).map(<[Order]>::to_vec).collect()
    }

    fn show(orders: &Vec<Order>) -> String {
        format!("{}: {orders:?}", counted(orders.len() as u64, Self::UNIT))
    }

    fn counts(_units: &u64, allocations: &Allocations) -> Counts {
        Counts::from([
            ("allocations".into(), allocations.count as f64),
            ("bytes_requested".into(), allocations.bytes_requested as f64),
        ])
    }
}
