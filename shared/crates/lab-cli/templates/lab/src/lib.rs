//! Lab {{NN}}: {{slug}}. The learner edits `report.rs`.

pub mod contract;
pub mod report;
