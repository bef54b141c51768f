//! One list of columns for the whole feed, emptied for each line.

use std::str::FromStr;

use orderflow::{Cents, Region};

use crate::contract::{Totals, Unreadable};

/// Adds up the orders of a feed. An order whose id or any item cannot be read is rejected as a whole.
pub fn feed_totals(feed: &str) -> Totals {
    let mut totals = Totals::default();
    let mut columns = Vec::new();
    for line in feed.lines() {
        columns.clear();
        columns.extend(line.split(',').map(str::trim));
        match order(&columns) {
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

fn order(columns: &[&str]) -> Result<PartnerOrder, Unreadable> {
    let [id, _placed_at, _customer, _status, items] = columns else { return Err(Unreadable) };
    let add = |(count, revenue), item: &str| {
        let Item { quantity, price } = item.parse()?;
        Ok((count + 1, revenue + price * quantity))
    };
    let (items, revenue) = items.split('|').try_fold((0, Cents(0)), add)?;
    Ok(PartnerOrder { id: id.parse()?, items, revenue })
}

struct OrderId {
    region: Region,
}

impl FromStr for OrderId {
    type Err = Unreadable;

    fn from_str(id: &str) -> Result<Self, Unreadable> {
        let (region, number) = id.split_once('-').ok_or(Unreadable)?;
        let (region, number) = (region.trim(), number.trim());
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
        let (product, rest) = item.split_once(':').ok_or(Unreadable)?;
        let (quantity, price) = rest.split_once(':').ok_or(Unreadable)?;
        let (product, quantity, price) = (product.trim(), quantity.trim(), price.trim());
        if product.is_empty() {
            return Err(Unreadable);
        }
        let quantity = quantity.parse().map_err(|_| Unreadable)?;
        Ok(Item { quantity, price: Cents(price.parse().map_err(|_| Unreadable)?) })
    }
}
