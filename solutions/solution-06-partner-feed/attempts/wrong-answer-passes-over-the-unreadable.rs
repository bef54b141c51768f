//! Lines that cannot be read are left out, and nobody hears of them.

use std::str::FromStr;

use orderflow::{Cents, Region};

use crate::contract::{Totals, Unreadable};

/// Adds up the orders of a feed. An order whose id or any item cannot be read is rejected as a whole.
pub fn feed_totals(feed: &str) -> Totals {
    let mut totals = Totals::default();
    for line in feed.lines() {
        match line.parse() {
            Ok(PartnerOrder { id, items, revenue }) => totals.add(id.region, items, revenue),
            Err(Unreadable) => {},
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
        let [id, _placed_at, _customer, _status, items] = fields(line, ',')?;
        let mut order = PartnerOrder { id: id.parse()?, items: 0, revenue: Cents(0) };
        for item in items.split('|') {
            let Item { quantity, price } = item.parse()?;
            order.items += 1;
            order.revenue = order.revenue + price * quantity;
        }
        Ok(order)
    }
}

struct OrderId {
    region: Region,
}

impl FromStr for OrderId {
    type Err = Unreadable;

    fn from_str(id: &str) -> Result<Self, Unreadable> {
        let [region, number] = fields(id, '-')?;
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
        let [product, quantity, price] = fields(item, ':')?;
        if product.is_empty() {
            return Err(Unreadable);
        }
        let quantity = quantity.parse().map_err(|_| Unreadable)?;
        Ok(Item { quantity, price: Cents(price.parse().map_err(|_| Unreadable)?) })
    }
}

/// So many fields of a text, no more and no less, where they stand in it.
fn fields<const N: usize>(text: &str, separator: char) -> Result<[&str; N], Unreadable> {
    let mut fields = [""; N];
    let mut rest = text.split(separator);
    for field in &mut fields {
        *field = rest.next().ok_or(Unreadable)?.trim();
    }
    if rest.next().is_none() { Ok(fields) } else { Err(Unreadable) }
}
