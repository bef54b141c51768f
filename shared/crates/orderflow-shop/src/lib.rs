//! OrderFlow's shop: what customers reach over HTTP, the pool behind it, and what is saved of their orders.
//!
//! What pays and cancels is a part, [`Checkout`]: whoever opens a [`Storefront`] says which. The shop does not know how it is measured:
//! it has gauges, and others read them. To be looked at it needs [`Surroundings`], a database and a gateway of its own.

pub mod audit;
mod bank;
mod checkout;
mod crowd;
pub mod obstacles;
mod one_by_one;
pub mod orders;
pub mod rules;
pub mod settings;
pub mod state;
mod storefront;
mod surroundings;
mod till;

pub use bank::CrowdsBank;
pub use checkout::{Answer, Checkout, Refusal};
pub use crowd::CrowdPaid;
pub use one_by_one::{Alone, OneByOne};
pub use state::OrderState;
pub use storefront::{Gauges, POOL, Storefront, load_data};
pub use surroundings::Surroundings;
pub use till::Till;
