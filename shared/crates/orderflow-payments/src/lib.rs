//! Payments: the client of the payment gateway, and a provider that stands in for the third party behind it.
//!
//! An order is a reference and a sum here. What becomes of it, and where that is saved, is the shop's part: this crate knows no database.
//!
//! ```
//! use orderflow::Cents;
//! use orderflow_payments::{Charge, Provider, Reply, answering};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let runtime = tokio::runtime::Runtime::new()?;
//! let provider = Provider::open(runtime.handle(), answering(async |_| Reply::Accepted))?;
//! let charge = runtime.block_on(provider.gateway().charge("US-10001", Cents(1_250)))?;
//! assert_eq!(charge, Charge::Accepted);
//! assert_eq!(provider.charged()["US-10001"], [1_250]);
//! # Ok(())
//! # }
//! ```

mod closed_bank;
mod gateway;
mod in_flight;
mod moody;
mod provider;

pub use closed_bank::ClosedBank;
pub use gateway::{Charge, ChargeRequest, Gateway, Lost, PATIENCE};
pub use in_flight::InFlight;
pub use moody::{Mood, moody};
pub use provider::{Answering, Provider, Reply, accepting_after, answering};
