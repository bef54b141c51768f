//! What a measurement is, and what follows from it.
//!
//! Lab programs print [`Record`]s, one JSON object a line. The statistics in [`stats`] and [`growth`] turn them into
//! figures, [`gate`] holds those against a lab's declared limits, [`decision`] comes to an outcome, and [`verdict`] is the document that a run ends in.
//! Nothing here reads a clock, a file or a socket, so all of it is tested on synthetic data with known answers.

pub mod baseline;
pub mod channel;
pub mod compare;
pub mod decision;
pub mod dispositions;
pub mod gate;
pub mod growth;
pub mod headroom;
pub mod load;
pub mod names;
pub mod program_run;
pub mod progress;
pub mod queueing;
pub mod record;
pub mod spawn_sites;
pub mod stats;
pub mod verdict;

pub use baseline::Baseline;
pub use compare::{Finding, Rule};
pub use gate::{Gate, GateResult, Limit, Status};
pub use growth::{Class, Growth};
pub use headroom::Headroom;
pub use program_run::ProgramRun;
pub use progress::Progress;
pub use record::{
    Cell, Column, Counts, Distribution, FrameChange, HeapSite, MetricKind, Record, Slo, Table, WallPairs,
};
pub use spawn_sites::SpawnSite;
pub use stats::Interval;
pub use verdict::{Outcome, Verdict};
