//! One file a verb.

pub mod answer;
pub mod baseline;
pub mod bench;
pub mod board;
pub mod console;
pub mod dev;
pub mod diff;
pub mod doctor;
pub mod dump;
pub mod flamediff;
pub mod heap;
pub mod help;
pub mod hint;
pub mod list;
pub mod load;
pub mod offcpu;
pub mod prefetch;
pub mod profile;
pub mod recorder;
pub mod report;
pub mod reproduce;
pub mod reset;
pub mod serve;
pub mod slowdown;
pub mod watch;
