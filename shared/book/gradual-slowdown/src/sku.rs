//! A product's name in the warehouse.

use std::cell::Cell;

use serde::Serialize;

thread_local! {
    static COMPARISONS: Cell<u64> = const { Cell::new(0) };
}

/// Stock keeping unit, such as `SKU-00042`. Compares as its text does, and counts that: no other count sees a search.
#[derive(Debug, Clone, Eq, Serialize)]
#[serde(transparent)]
pub struct Sku(pub String);

impl PartialEq for Sku {
    fn eq(&self, other: &Sku) -> bool {
        COMPARISONS.set(COMPARISONS.get() + 1);
        self.0 == other.0
    }
}

impl Sku {
    /// Aisle and bay: `02-01`.
    pub fn shelf(&self) -> String {
        let number: u32 = self.0.trim_start_matches("SKU-").parse().unwrap_or_default();
        format!("{:02}-{:02}", number % 40, number / 40)
    }
}

/// Comparisons since the last time, on this thread.
pub fn take_comparisons() -> u64 {
    COMPARISONS.take()
}
