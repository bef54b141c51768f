//! Lab 02's program; `lab` runs it.

use std::process::ExitCode;

use lab_02_pool_exhaustion::checkout::{cancel, pay};
use lab_02_pool_exhaustion::contract::{self, Checkout};

#[global_allocator]
static ALLOCATOR: lab_harness::Allocator = lab_harness::ALLOCATOR;

fn main() -> ExitCode {
    contract::main(Checkout {
        pay: |pool, gateway, reference| Box::pin(pay(pool, gateway, reference)),
        cancel: |pool, reference| Box::pin(cancel(pool, reference)),
    })
}
