//! Lab 02's solved program; `lab` runs it.

use std::process::ExitCode;

use solution_02_pool_exhaustion::checkout::{cancel, pay};
use solution_02_pool_exhaustion::contract::{self, Checkout};

#[global_allocator]
static ALLOCATOR: lab_harness::Allocator = lab_harness::ALLOCATOR;

fn main() -> ExitCode {
    contract::main(Checkout {
        pay: |pool, gateway, reference| Box::pin(pay(pool, gateway, reference)),
        cancel: |pool, reference| Box::pin(cancel(pool, reference)),
    })
}
