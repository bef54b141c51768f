//! What a basket comes to. Replace it by your own plausible code with a real fault.

use std::sync::Arc;

use crate::contract::PriceList;

/// What all articles of a basket come to, in cents.
pub async fn quote(prices: Arc<PriceList>, basket: Vec<u32>) -> i64 {
    prices.of(&basket).await.iter().sum()
}
