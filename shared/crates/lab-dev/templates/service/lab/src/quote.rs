//! What a basket comes to. Replace it by your own plausible code with a real fault.

use std::sync::Arc;

use crate::contract::PriceList;

/// What all articles of a basket come to, in cents.
pub async fn quote(prices: Arc<PriceList>, basket: Vec<u32>) -> i64 {
    let mut total = 0;
    for article in basket {
        total += prices.of(&[article]).await.iter().sum::<i64>();
    }
    total
}
