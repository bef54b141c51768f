//! What a learner types, where nothing has to be built.

#[path = "../checkout/mod.rs"]
mod checkout;
mod kept;
mod lesson;
#[cfg(target_os = "linux")]
#[path = "../pseudo_terminal/mod.rs"]
mod pseudo_terminal;
mod typed;

use checkout::Checkout;

const EDITED: &str = "labs/lab-01-string-building/src/manifest.rs";

/// What was solved before is told by the progress, as `verify` leaves it.
fn solved(checkout: &Checkout) {
    checkout.write(".lab/progress.json", r#"{"lab-01-string-building": {"hints": 1, "attempts": 2, "solved": true}}"#);
}
