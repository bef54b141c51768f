//! What is known of an order: in the database, in the audit log, and at the bank.

use std::fmt;

use orderflow::Order;

use crate::orders::{CANCELLED, PAID};

/// An order's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderState {
    /// The order's reference.
    pub reference: String,
    /// Its status, as the database calls it.
    pub status: String,
    /// Its entries in the audit log, the oldest first.
    pub audit: Vec<String>,
    /// What was charged for it, in cents, each charge by itself.
    pub charged: Vec<i64>,
}

/// The state of an order with this status and these entries, whose total was charged so many times.
pub fn is(order: &Order, status: &str, audit: &[&str], charges: usize) -> OrderState {
    OrderState {
        reference: order.reference.clone(),
        status: status.into(),
        audit: audit.iter().map(ToString::to_string).collect(),
        charged: vec![order.total().0; charges],
    }
}

/// The state of an order that was paid, and charged once.
pub fn paid(order: &Order) -> OrderState {
    is(order, PAID, &["paid"], 1)
}

/// The state of an order that was called off.
pub fn cancelled(order: &Order) -> OrderState {
    is(order, CANCELLED, &["cancelled"], 0)
}

impl fmt::Display for OrderState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OrderState { reference, status, audit, charged } = self;
        write!(f, "{reference} is {status}, audit log {audit:?}, cents charged {charged:?}")
    }
}
