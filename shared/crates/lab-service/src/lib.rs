//! The kit of the service labs: what every lab does whose subject is a service on a socket.
//!
//! A lab declares a [`ServiceLab`], a struct of functions: its world, its cases, its customers, its counts. [`main`] makes a program of
//! it and of a part, which is the lab's code, the solution's or a learner's. The kit plays the cases and says what is wrong, drives the
//! load, and answers all verbs. What it knows nothing of: databases, web frameworks, and what any lab is about.
//!
//! One rule holds in every lab: a request without an answer is no wrong answer. A service that crashed, panicked or waits for itself has
//! said nothing that could be held against the contract, so the run ends, the verdict is INVALID, and it quotes the crash.
//!
//! ```no_run
//! use std::{convert::Infallible, process::ExitCode, time::Duration};
//!
//! use lab_harness::load::Request;
//! use lab_harness::service::{self, Figure};
//! use lab_service::{Case, Counted, Expecting, ServiceLab, Workload};
//!
//! /// The part: what a customer is greeted with.
//! type Greeting = fn(&str) -> String;
//!
//! fn main_of(greeting: Greeting) -> ExitCode {
//!     let lab = ServiceLab::<Greeting, (), Infallible> {
//!         world: |_run, _purpose| Ok(()),
//!         environment: |_, _, _| Vec::new(),
//!         cases: |_, _| vec![Case::exact("a customer is greeted", [Request::get("/Ada").gets_json(200, &"Hello, Ada")])],
//!         states: |_, _| Ok(Vec::new()),
//!         // Fifty customers a second do what `shared/stack/scenarios/fast.json` says.
//!         flows: |_, _| Workload::read("fast")?.flows(serde_json::json!({}), 50.0),
//!         after_load: |_, _, _| Ok(()),
//!         figures: &[Figure::P99("GET", 0)],
//!         turn: Duration::from_millis(200),
//!         symptom: |_, _address, _run| Ok(()), // drives the flows and shows a table
//!         counts: |greeting, _| {
//!             let counts = [("letters".into(), greeting("Ada").len() as f64)].into();
//!             Ok(Counted { size: 1, unit: "greetings", counts })
//!         },
//!         work: |greeting, _| Ok(drop(greeting("Ada"))),
//!         serve: |_greeting, run| {
//!             service::serve(run, async |door| {
//!                 let (_listener, stop) = door.open()?; // axum::serve goes here
//!                 stop.requested().await;
//!                 Ok(())
//!             })
//!         },
//!     };
//!     lab_service::main(&lab, greeting)
//! }
//! ```

mod beside;
mod cases;
mod crowd;
mod flow;
mod gauges;
mod hang_up;
mod in_process;
mod lab;
mod patience;
mod play;
mod program;
mod route_polls;
mod same_cost;
mod show;
mod workload;
mod wrong;

pub use beside::Bystanders;
pub use cases::{Case, Exchange, Expecting, Outcome};
pub use flow::{Comes, Flow, Take, answered_rightly, drive, json};
pub use gauges::GaugeReadings;
pub use in_process::{Ask, InProcess, Owed};
pub use lab::{Counted, Purpose, ServiceLab};
pub use lab_harness::call::{Answering, Begin, Call, Wrong, case, hold};
pub use patience::while_time_passes;
pub use play::settles;
pub use program::{cpu_s, main, window};
pub use route_polls::{Handling, RoutePolls};
pub use show::{Rounds, latencies, note, offered_table};
pub use workload::Workload;

/// What is counted in tests is counted as in a lab's program.
#[cfg(test)]
#[global_allocator]
static ALLOCATOR: lab_harness::Allocator = lab_harness::ALLOCATOR;
