use crate::{Cents, Region};

/// A customer's order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Order {
    /// What people read out on the phone: region and running number, such as `US-12345`.
    pub reference: String,
    /// The customer's number, 1 to [`CUSTOMERS`](crate::CUSTOMERS).
    pub customer: u32,
    /// Where the order was placed.
    pub region: Region,
    /// How far it has come.
    pub status: OrderStatus,
    /// When it was placed, in seconds since 1970.
    pub placed_at: u64,
    /// What was bought; a generated order has at least one line.
    pub lines: Vec<OrderLine>,
}

impl Order {
    /// The sum over all lines.
    pub fn total(&self) -> Cents {
        self.lines.iter().map(OrderLine::total).sum()
    }

    /// The first of the orders with the lines of all of them, as a wholesaler's is; nothing of none.
    pub fn merged(orders: Vec<Order>) -> Option<Order> {
        let mut orders = orders.into_iter();
        let mut first = orders.next()?;
        first.lines.extend(orders.flat_map(|order| order.lines));
        Some(first)
    }
}

/// One product of an order, with the name and the price that it had when it was bought.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct OrderLine {
    /// The product's number, 1 to [`PRODUCTS`](crate::PRODUCTS).
    pub product: u32,
    /// Stock keeping unit, such as `SKU-00042`.
    pub sku: String,
    /// The product's name.
    pub name: String,
    /// How many.
    pub quantity: u32,
    /// Price of one.
    pub unit_price: Cents,
}

impl OrderLine {
    /// Unit price times quantity.
    pub fn total(&self) -> Cents {
        self.unit_price * self.quantity
    }
}

/// How far an order has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum OrderStatus {
    /// Placed, not paid.
    Pending,
    /// Paid, not shipped.
    Paid,
    /// Handed to the carrier.
    Shipped,
    /// Called off.
    Cancelled,
}

impl OrderStatus {
    /// The name in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            OrderStatus::Pending => "pending",
            OrderStatus::Paid => "paid",
            OrderStatus::Shipped => "shipped",
            OrderStatus::Cancelled => "cancelled",
        }
    }
}
