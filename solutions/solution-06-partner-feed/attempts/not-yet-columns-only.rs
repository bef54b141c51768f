//! The columns of a line are slices; references and items are taken apart as before.
// misses: allocations_per_item

use std::str::FromStr;

use orderflow::{Cents, Region};

use crate::contract::{Totals, Unreadable};

/// Adds up the orders of a feed. An order whose id or any item cannot be read is rejected as a whole.
pub fn feed_totals(feed: &str) -> Totals {
    let mut totals = Totals::default();
    for line in feed.lines() {
        match line.parse() {
            Ok(PartnerOrder { id, items, revenue }) => totals.add(id.region, items, revenue),
            Err(Unreadable) => totals.rejected += 1,
        }
    }
    totals
}

struct PartnerOrder {
    id: OrderId,
    items: u64,
    revenue: Cents,
}

impl FromStr for PartnerOrder {
    type Err = Unreadable;

    fn from_str(line: &str) -> Result<Self, Unreadable> {
        let columns: Vec<&str> = line.split(',').map(str::trim).collect();
        let [id, _placed_at, _customer, _status, items] = columns.as_slice() else { return Err(Unreadable) };
        let items: Vec<Item> = items.split('|').map(str::parse).collect::<Result<_, _>>()?;
        let revenue = items.iter().map(|item| item.price * item.quantity).sum();
        Ok(PartnerOrder { id: id.parse()?, items: items.len() as u64, revenue })
    }
}

struct OrderId {
    region: Region,
}

impl FromStr for OrderId {
    type Err = Unreadable;

    fn from_str(id: &str) -> Result<Self, Unreadable> {
        let parts: Vec<String> = id.split('-').map(|part| part.trim().to_string()).collect();
        let [region, number] = parts.as_slice() else { return Err(Unreadable) };
        number.parse::<u32>().map_err(|_| Unreadable)?;
        let region = Region::ALL.into_iter().find(|known| known.code() == region);
        Ok(OrderId { region: region.ok_or(Unreadable)? })
    }
}

struct Item {
    quantity: u32,
    price: Cents,
}

impl FromStr for Item {
    type Err = Unreadable;

    fn from_str(item: &str) -> Result<Self, Unreadable> {
        let parts: Vec<String> = item.split(':').map(|part| part.trim().to_string()).collect();
        let [product, quantity, price] = parts.as_slice() else { return Err(Unreadable) };
        if product.is_empty() {
            return Err(Unreadable);
        }
        let quantity = quantity.parse().map_err(|_| Unreadable)?;
        Ok(Item { quantity, price: Cents(price.parse().map_err(|_| Unreadable)?) })
    }
}
