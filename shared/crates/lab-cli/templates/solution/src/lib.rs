//! Lab {{NN}} solved.

pub use lab_{{NN}}_{{snake}}::contract;
pub mod report;
