//! What a lab's and a solution's programs are made of.
//!
//! A lab declares a contract and hands its one function to a program: [`kernel::main`] for a pure function; or its file's text, to
//! [`file::main`]. The program answers the verbs of [`program`] in JSON lines; `lab-cli` runs it and shows what it says. Original, yours and
//! reference are the same program around another function or text, so that whatever is compared was measured in the same way.

pub mod call;
mod channel;
pub mod file;
pub mod judge;
pub mod kernel;
pub mod pairing;
pub mod program;

#[cfg(feature = "bench")]
pub mod bench;
#[cfg(feature = "database")]
pub mod database;
#[cfg(feature = "heap")]
pub mod heap;
#[cfg(feature = "jemalloc")]
mod live_heap;
#[cfg(feature = "profile")]
pub mod profile;
#[cfg(feature = "service")]
pub mod service;
#[cfg(any(feature = "database", feature = "service"))]
mod signals;
#[cfg(any(feature = "heap", feature = "jemalloc"))]
mod sites;
#[cfg(feature = "database")]
pub mod store;
mod trouble;
#[cfg(feature = "virtual-time")]
pub mod virtual_time;

#[cfg(feature = "service")]
pub use lab_load as load;
pub use lab_probe as probe;
pub use lab_results as results;
pub use program::{Program, Run, emit, turns};
pub use trouble::MachineTrouble;

#[cfg(feature = "heap")]
pub use dhat::Alloc as Allocator;
/// The allocator of every lab program: it counts; with the feature `heap` it records every site for dhat, with `jemalloc` it samples what
/// is live.
#[cfg(not(any(feature = "heap", feature = "jemalloc")))]
pub use lab_probe::allocations::CountingAllocator as Allocator;
#[cfg(all(feature = "jemalloc", not(feature = "heap")))]
pub use tikv_jemallocator::Jemalloc as Allocator;

/// The one value of [`Allocator`], for `#[global_allocator]`.
pub const ALLOCATOR: Allocator = Allocator;
