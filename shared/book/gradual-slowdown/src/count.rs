//! Deterministic counts of one view of the page.

use anyhow::{Result, ensure};
use lab_harness::probe::statements;
use lab_harness::results::Counts;

use crate::months;
use crate::sku::take_comparisons;
use crate::warehouse::Warehouse;

/// What one view of the page costs in a month, with the data that is there.
pub async fn counts(month: u32, warehouse: &Warehouse) -> Result<Counts> {
    statements::install();
    // The first view prepares the statements that all later ones share.
    let first = months::page(month, &warehouse.pool).await?;
    take_comparisons();
    statements::take();
    let page = months::page(month, &warehouse.pool).await?;
    let (comparisons, sent) = (take_comparisons(), statements::take());
    ensure!(page == first, "two views of the same orders differ");
    let allocations = months::allocations(month, &warehouse.pool).await?;
    let counts = [
        ("statements", sent.statements),
        ("rows", sent.rows),
        ("comparisons", comparisons),
        ("allocations", allocations.count),
        ("bytes_requested", allocations.bytes_requested),
        ("response_bytes", page.len() as u64),
    ];
    Ok(counts.map(|(name, count)| (name.to_string(), count as f64)).into())
}
