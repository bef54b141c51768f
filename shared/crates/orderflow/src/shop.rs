use crate::random::{SplitMix64, Zipf};
use crate::{CUSTOMERS, Order, OrderLine, OrderStatus, PRODUCTS, Region, product};

/// The biggest basket that the shop accepts, in lines.
const MAX_LINES: f64 = 2_000.0;

/// A seeded stream of orders with the skew of a real shop: a few customers and products make most of the trade
/// (Zipf with exponents 1.05 and 1.1), and baskets are 90% retail, 9% trade and 1% wholesale with a Pareto tail.
#[derive(Debug, Clone)]
pub struct Shop {
    random: SplitMix64,
    customers: Zipf,
    products: Zipf,
    next_number: u32,
    clock: u64,
}

impl Shop {
    /// A shop whose orders all follow from `seed`, over the whole catalogue.
    pub fn new(seed: u64) -> Self {
        Shop::with_catalogue(seed, CUSTOMERS, PRODUCTS)
    }

    /// A shop that only knows the first `customers` customers and `products` products (at least one each), for small databases.
    pub fn with_catalogue(seed: u64, customers: u32, products: u32) -> Self {
        Shop {
            random: SplitMix64::new(seed),
            customers: Zipf::new(customers as usize, 1.05),
            products: Zipf::new(products as usize, 1.1),
            next_number: 10_001,
            clock: 1_760_000_000,
        }
    }

    /// The next `n` orders.
    pub fn orders(&mut self, n: usize) -> Vec<Order> {
        (0..n).map(|_| self.order()).collect()
    }

    /// The next order.
    pub fn order(&mut self) -> Order {
        let number = self.next_number;
        self.next_number += 1;
        self.clock += self.random.exponential(3.0) as u64;
        let customer = self.customers.pick(&mut self.random) as u32 + 1;
        let region = self.region();
        let status = self.status();
        let lines = (0..self.basket_size()).map(|_| self.line()).collect();
        Order {
            reference: format!("{}-{number:05}", region.code()),
            customer,
            region,
            status,
            placed_at: self.clock,
            lines,
        }
    }

    fn basket_size(&mut self) -> usize {
        let kind = self.random.unit_f64();
        if kind < 0.90 {
            1 + (self.random.exponential(1.4) as usize).min(12)
        } else if kind < 0.99 {
            5 + self.random.below(36) as usize
        } else {
            (40.0 * libm::pow(1.0 - self.random.unit_f64(), -1.0 / 1.2)).min(MAX_LINES) as usize
        }
    }

    fn line(&mut self) -> OrderLine {
        let product = product(self.products.pick(&mut self.random) as u32 + 1);
        OrderLine {
            product: product.id,
            sku: product.sku,
            name: product.name,
            quantity: 1 + self.random.exponential(1.2) as u32,
            unit_price: product.unit_price,
        }
    }

    fn region(&mut self) -> Region {
        let u = self.random.unit_f64();
        Region::ALL[(u * u * Region::ALL.len() as f64) as usize]
    }

    fn status(&mut self) -> OrderStatus {
        match self.random.below(100) {
            0..=1 => OrderStatus::Pending,
            2..=5 => OrderStatus::Paid,
            6..=93 => OrderStatus::Shipped,
            _ => OrderStatus::Cancelled,
        }
    }
}
