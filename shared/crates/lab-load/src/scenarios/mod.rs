//! Scenario files: what customers do, written once for all load tools.

mod as_written;
mod data;
mod flow;
mod template;
mod written;

pub use data::Data;
pub use flow::Flow;
pub use written::ScenarioFile;
