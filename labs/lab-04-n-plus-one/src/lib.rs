//! Lab 04: the customer service's latest orders. The learner edits `recent_orders.rs`.

pub mod contract;
pub mod recent_orders;
