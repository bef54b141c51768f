//! OrderFlow's shop: what customers reach over HTTP, the pool behind it, and what is saved of their orders.
//!
//! What pays and cancels is a part, [`Checkout`]: whoever opens a [`Storefront`] says which. The shop does not know how it is measured:
//! it has gauges, and others read them.

pub mod audit;
mod checkout;
pub mod orders;
mod storefront;

pub use checkout::{Answer, Checkout, Refusal};
pub use storefront::{Gauges, POOL, Storefront};
