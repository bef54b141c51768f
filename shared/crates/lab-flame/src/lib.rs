//! Sampled stacks, whoever took the samples: readable names, what stands out in them, and flamegraphs.
//!
//! A folded stack is a line `outermost;...;innermost COUNT`, as Brendan Gregg's stackcollapse scripts write it; speedscope and most
//! viewers read it.

mod changes;
mod differential;
mod draw;
mod frames;
pub mod offcpu;
pub mod perf;
mod pprof;
mod profiled;
mod stacks;
mod top;

pub use changes::changed;
pub use differential::write_difference;
pub use draw::{draw, write_off_cpu, write_profile};
pub use frames::{is_ours, plain};
pub use profiled::{Profiled, Sampling};
pub use stacks::{Stacks, without_the_runner};
pub use top::top;
