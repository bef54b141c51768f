//! What the learner's program and the contributor's share: the catalogue of labs, builds, runs and their records, the arena and the
//! verdict.
//!
//! It never links a lab or the harness: it runs their programs and reads their JSON lines.

pub mod arena;
pub mod baseline;
pub mod cargo;
pub mod catalogue;
pub mod child;
pub mod database;
pub mod error;
pub mod flame;
pub mod fullscreen;
pub mod kept;
pub mod lab;
pub mod machine;
pub mod next;
pub mod on_lab;
pub mod on_top;
mod output;
pub mod perf;
pub mod pristine;
pub mod programs;
pub mod progress;
pub mod render;
pub mod runner;
pub mod seal;
pub mod slowdown;
pub mod source;
pub mod start;
pub mod targets;
pub mod terminal;
pub mod tools;
pub mod verify;
pub mod workspace;
