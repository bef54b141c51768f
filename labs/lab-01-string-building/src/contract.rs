//! What the carrier was promised. The judge uses its own copy of this file.

use lab_harness::kernel::Kernel;
use lab_harness::probe::allocations::Allocations;
use lab_harness::results::Counts;
use lab_harness::results::gate::counted;
use orderflow::{Cents, Order, OrderLine, OrderStatus, Region, Shop};

/// The first line of every manifest.
pub const HEADER: &str = "order;sku;name;quantity;total\n";

/// The contract of `carrier_manifest`.
pub struct CarrierManifest;

impl Kernel for CarrierManifest {
    type Input = Vec<Order>;
    type Output = String;

    const UNIT: &'static str = "orders";
    const EXTENT_UNIT: &'static str = "lines";
    const REPRODUCE: &'static [usize] = &[500, 1_000, 2_000, 4_000];
    const SLO_MS: f64 = 100.0;
    const SHOWN: &'static [(&'static str, &'static str, &'static str)] =
        &[("manifest_bytes", "file", "B"), ("bytes_requested", "requested", "B"), ("allocations", "allocations", "")];
    const COUNTED: &'static [usize] = &[50, 100, 200, 400, 800, 1_600];
    const TIMED: usize = 1_000;
    const PAIRED: usize = 200;

    fn input(seed: u64, size: usize) -> Vec<Order> {
        Shop::new(seed).orders(size)
    }

    fn stretched(orders: Vec<Order>) -> Vec<Order> {
        Order::merged(orders).into_iter().collect()
    }

    fn adversarial(seed: u64) -> Vec<(&'static str, Vec<Order>)> {
        let mut orders = Shop::new(seed).orders(40);
        orders[0].lines.clear();
        orders[17].lines.clear();
        let free_gift = OrderLine {
            product: 1,
            sku: "SKU-00001".into(),
            name: "Zoë's {braces} & 明".into(),
            quantity: u32::MAX,
            unit_price: Cents(0),
        };
        let wholesale = Order {
            reference: "DE-99999".into(),
            customer: 1,
            region: Region::De,
            status: OrderStatus::Paid,
            placed_at: 1_760_000_000,
            lines: vec![free_gift; 2_000],
        };
        vec![
            ("no orders", Vec::new()),
            ("orders without lines", orders),
            ("one order of 2,000 equal lines", vec![wholesale.clone()]),
            ("the same order twice", vec![wholesale.clone(), wholesale]),
            ("newest first", Shop::new(seed).orders(30).into_iter().rev().collect()),
        ]
    }

    /// Lines: one wholesale order can hold more of them than a hundred others.
    fn extent(orders: &Vec<Order>) -> u64 {
        orders.iter().map(|order| order.lines.len() as u64).sum()
    }

    fn expected(orders: &Vec<Order>) -> String {
        let rows = orders.iter().flat_map(|order| {
            order.lines.iter().map(|line| {
                let OrderLine { sku, name, quantity, .. } = line;
                [order.reference.clone(), sku.clone(), name.clone(), quantity.to_string(), line.total().to_string()]
            })
        });
        rows.fold(vec![HEADER.to_string()], |mut parts, row| {
            parts.extend([row.join(";"), "\n".into()]);
            parts
        })
        .concat()
    }

    fn smaller(orders: &Vec<Order>) -> Vec<Vec<Order>> {
        let (first, second) = orders.split_at(orders.len() / 2);
        let halves = [first, second].into_iter().filter(|half| half.len() < orders.len()).map(<[Order]>::to_vec);
        // At most thirty positions are tried: from there on the halves have done their work.
        let without_one_order = (0..orders.len().min(30)).map(|i| {
            let mut fewer = orders.clone();
            fewer.remove(i);
            fewer
        });
        let with_half_the_lines = (0..orders.len().min(30)).filter(|&i| !orders[i].lines.is_empty()).flat_map(|i| {
            let lines = &orders[i].lines;
            let (first, second) = lines.split_at(lines.len() / 2);
            [first.to_vec(), second.to_vec()].into_iter().filter(|half| half.len() < lines.len()).map(move |half| {
                let mut shorter = orders.clone();
                shorter[i].lines = half;
                shorter
            })
        });
        halves.chain(without_one_order).chain(with_half_the_lines).collect()
    }

    fn show(orders: &Vec<Order>) -> String {
        format!("{}: {orders:?}", counted(orders.len() as u64, Self::UNIT))
    }

    fn counts(manifest: &String, allocations: &Allocations) -> Counts {
        let per_byte = allocations.bytes_requested as f64 / manifest.len() as f64;
        Counts::from([
            ("allocations".into(), allocations.count as f64),
            ("bytes_requested".into(), allocations.bytes_requested as f64),
            ("bytes_requested_per_byte".into(), per_byte),
            ("manifest_bytes".into(), manifest.len() as f64),
            ("peak_bytes".into(), allocations.peak_bytes as f64),
        ])
    }
}
