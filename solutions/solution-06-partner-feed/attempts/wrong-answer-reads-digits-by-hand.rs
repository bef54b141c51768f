//! Attempt: reads the digits of a number by hand: no check of overflow, and nothing behind a sign is 0.

use orderflow::{Cents, Region};

use crate::contract::Totals;

/// Adds up a feed.
pub fn feed_totals(feed: &str) -> Totals {
    let mut totals = Totals::default();
    for line in feed.lines() {
        match order(line) {
            Some((region, items, revenue)) => totals.add(region, items, Cents(revenue)),
            None => totals.rejected += 1,
        }
    }
    totals
}

fn order(line: &str) -> Option<(Region, u64, i64)> {
    let mut columns = line.split(',');
    let id = columns.next()?;
    let items = columns.nth(3)?;
    if columns.next().is_some() {
        return None;
    }
    let (region, number) = id.split_once('-')?;
    let region = region.trim();
    let region = Region::ALL.into_iter().find(|known| known.code() == region)?;
    small(number)?;
    let (mut count, mut revenue) = (0, 0i64);
    for item in items.split('|') {
        let mut parts = item.split(':');
        let (product, quantity, price) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || product.trim().is_empty() {
            return None;
        }
        let price = price.trim();
        let (sign, digits) = match price.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, price.strip_prefix('+').unwrap_or(price)),
        };
        if price.is_empty() {
            return None;
        }
        revenue += small(quantity)? as i64 * sign * number_of(digits)? as i64;
        count += 1;
    }
    Some((region, count, revenue))
}

fn small(text: &str) -> Option<u64> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    number_of(text.strip_prefix('+').unwrap_or(text)).filter(|number| *number <= u32::MAX.into())
}

fn number_of(digits: &str) -> Option<u64> {
    digits.bytes().try_fold(0u64, |number, digit| {
        digit.is_ascii_digit().then(|| number.wrapping_mul(10).wrapping_add((digit - b'0').into()))
    })
}
