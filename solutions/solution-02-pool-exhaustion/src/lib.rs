//! Lab 02 solved: nobody waits with a connection in hand, not for the gateway and not for another connection.

pub mod checkout;
pub use lab_02_pool_exhaustion::contract;
