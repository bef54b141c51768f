//! How a partner's feed is read. The judge uses its own copy of this file.

use lab_harness::kernel::Kernel;
use lab_harness::probe::allocations::Allocations;
use lab_harness::results::Counts;
use lab_harness::results::gate::counted;
use orderflow::{Cents, Order, Region, Shop};

/// What a feed says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Orders that could be read.
    pub orders: u64,
    /// Their items.
    pub items: u64,
    /// What was sold in each region, in the order of [`Region::ALL`].
    pub revenue: [Cents; Region::ALL.len()],
    /// Orders that could not be read.
    pub rejected: u64,
}

impl Totals {
    /// Adds an order.
    pub fn add(&mut self, region: Region, items: u64, revenue: Cents) {
        self.orders += 1;
        self.items += items;
        let of_region = &mut self.revenue[region as usize];
        *of_region = *of_region + revenue;
    }
}

/// Something in an order cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

/// The contract of `feed_totals`. A line is an order of five columns between commas: its id, when it was placed, the customer, the status,
/// its items. An id is a region's two letters, `-` and a number. Items are separated by `|`, and each is a product, a quantity and the
/// price of one in cents, with `:` between them. Spaces around any of these do not count. An order is rejected as a whole where its id or
/// any of its items cannot be read, or where it has not five columns; the other three may hold anything. An id's
/// number and a quantity are `u32`, a price is an `i64`: what does not fit cannot be read. What orders come to fits into an `i64`.
pub struct FeedTotals;

impl Kernel for FeedTotals {
    type Input = String;
    type Output = Totals;

    const UNIT: &'static str = "orders";
    const EXTENT_UNIT: &'static str = "items";
    const REPRODUCE: &'static [usize] = &[20_000, 40_000, 80_000, 160_000];
    const SLO_MS: f64 = 100.0;
    const SHOWN: &'static [(&'static str, &'static str, &'static str)] =
        &[("allocations", "allocations", ""), ("bytes_requested", "requested", "B"), ("peak_bytes", "peak", "B")];
    const COUNTED: &'static [usize] = &[50, 100, 200, 400, 800, 1_600];
    const TIMED: usize = 20_000;
    const PAIRED: usize = 400;

    fn input(seed: u64, size: usize) -> String {
        Shop::new(seed).orders(size).iter().map(line).collect()
    }

    fn stretched(feed: String) -> String {
        let readable: Vec<&str> = feed.lines().filter(|line| read(line).is_some()).collect();
        let split = |line: &&'_ str| line.rsplit_once(',').map(|(head, items)| (head.to_string(), items.to_string()));
        let (heads, items): (Vec<_>, Vec<_>) = readable.iter().filter_map(split).unzip();
        heads.first().map(|head| format!("{head},{}\n", items.join("|"))).unwrap_or_default()
    }

    fn adversarial(seed: u64) -> Vec<(&'static str, String)> {
        let good = line(&Shop::new(seed).orders(1)[0]);
        let with = |items: &[&str]| -> String {
            items.iter().map(|items| format!("US-10017,1760000000,4711,paid,{items}\n")).collect()
        };
        let from = |ids: &[&str]| -> String { ids.iter().map(|id| format!("{id},1,2,paid,SKU-1:1:100\n")).collect() };
        let many = vec!["SKU-00001:1:100"; 2_000].join("|");
        vec![
            ("an empty feed", String::new()),
            ("empty lines", "\n\n \n".into()),
            ("lines that end as on Windows", good.replace('\n', "\r\n").repeat(2)),
            ("no end of the last line", good.trim_end().to_string()),
            (
                "spaces of all kinds around everything",
                "\u{a0}DE\u{a0}-\t7 ,\t1 , 2 , paid , A :\u{3000}3 :\u{a0}250\u{a0}|\u{a0}B:1:99 \n".into(),
            ),
            ("an order of 2,000 items", with(&[&many])),
            ("an order whose last item cannot be read", with(&[&format!("{many}|SKU-00002:two:100")]) + &good),
            (
                "an order whose first item cannot be read, or one in its middle",
                with(&["A:x:1|B:1:1", "A:1:1|B:1|C:1:1"]),
            ),
            ("a field too few in an item, and one too many", with(&["A:1", "A:1:1:1", "A:1:1:", ""])),
            ("nothing where an item belongs", with(&["A:1:1|", "|A:1:1", "A:1:1||B:1:1"])),
            ("no product", with(&[":2:300", " :2:300", "\u{a0}:2:300"])),
            (
                "prices that are none, a refund, and a large one",
                with(&["A:1:x", "A:1:", "A:1:2.50", "A:1:-300", "A:1:3000000000"]),
            ),
            ("quantities that are none, and nothing bought", with(&["A:-1:1", "A:1.0:1", "A:4294967296:1", "A:0:1"])),
            ("signs without a number", from(&["US-+", "US--"]) + &with(&["A:+:1", "A:-:1", "A:1:+", "A:1:-"])),
            (
                "numbers that are too large for any register",
                from(&["US-18446744073709551617"])
                    + &with(&["A:18446744073709551617:1", "A:1:18446744073709551617", "A:1:-18446744073709551617"]),
            ),
            ("prices just outside an i64", with(&["A:1:9223372036854775808", "A:1:-9223372036854775809"])),
            ("a column too few", "US-1,1,2,paid\n".into()),
            ("a column too many", with(&["A:1:1,more", "A:1:1,", "A,1:1:1"])),
            ("ids that are none", from(&["", "US1", "XX-1", "USA-1", "us-1", "US-1-2", "US-1-", "US--1"])),
            ("numbers of ids that are none", from(&["US-", "US-x", "US-4294967296", "US-1.5"])),
            ("signs that a number may have", from(&["US-+7"]) + &with(&["A:+2:+300"])),
            ("columns that nobody reads", "US-1,,x,,A:2:100\n".into()),
            ("the same order twice", good.repeat(2)),
            ("other scripts", format!("明,{good}") + &with(&["Größe-明:1:250|Ω:2:1"])),
        ]
    }

    /// Items: one wholesale order can hold more of them than a hundred others.
    fn extent(feed: &String) -> u64 {
        feed.lines().map(|line| line.split('|').count() as u64).sum()
    }

    fn expected(feed: &String) -> Totals {
        let mut totals = Totals::default();
        for line in feed.lines() {
            match read(line) {
                Some((region, prices)) => totals.add(region, prices.len() as u64, prices.into_iter().sum()),
                None => totals.rejected += 1,
            }
        }
        totals
    }

    fn smaller(feed: &String) -> Vec<String> {
        let lines: Vec<&str> = feed.split_inclusive('\n').collect();
        let (first, second) = lines.split_at(lines.len() / 2);
        let halves = [first, second].into_iter().filter(|half| half.len() < lines.len()).map(|half| half.concat());
        let without_one = (0..lines.len().min(30)).map(|i| [&lines[..i], &lines[i + 1..]].concat().concat());
        halves.chain(without_one).collect()
    }

    fn show(feed: &String) -> String {
        format!("{}: {feed:?}", counted(feed.lines().count() as u64, Self::UNIT))
    }

    fn counts(totals: &Totals, allocations: &Allocations) -> Counts {
        let items = totals.items.max(1) as f64;
        Counts::from([
            ("allocations".into(), allocations.count as f64),
            ("allocations_per_item".into(), allocations.count as f64 / items),
            ("bytes_requested".into(), allocations.bytes_requested as f64),
            ("bytes_requested_per_item".into(), allocations.bytes_requested as f64 / items),
            ("peak_bytes".into(), allocations.peak_bytes as f64),
        ])
    }
}

/// An order as the partner sends it. One in fifty comes from a region that nobody knows.
fn line(order: &Order) -> String {
    let items: Vec<String> =
        order.lines.iter().map(|line| format!("{}:{}:{}", line.sku, line.quantity, line.unit_price.0)).collect();
    let Order { reference, placed_at, customer, status, .. } = order;
    let reference = if customer % 50 == 0 { reference.replace(order.region.code(), "ZZ") } else { reference.clone() };
    format!("{reference},{placed_at},{customer},{},{}\n", status.as_str(), items.join("|"))
}

/// The region of an order, and what each of its items comes to.
fn read(line: &str) -> Option<(Region, Vec<Cents>)> {
    let fields = |text: &str, separator: char| -> Vec<String> {
        text.split(separator).map(|field| field.trim().to_string()).collect()
    };
    let columns = fields(line, ',');
    let (id, items) = (columns.first()?, columns.get(4).filter(|_| columns.len() == 5)?);
    let parts = fields(id, '-');
    let region = *Region::ALL.iter().find(|region| region.code() == parts[0])?;
    let _number: u32 = parts.get(1).filter(|_| parts.len() == 2)?.parse().ok()?;
    let price = |item: String| -> Option<Cents> {
        let parts = fields(&item, ':');
        let is_whole = parts.len() == 3 && !parts[0].is_empty();
        is_whole.then(|| Some(Cents(parts[2].parse().ok()?) * parts[1].parse().ok()?))?
    };
    Some((region, fields(items, '|').into_iter().map(price).collect::<Option<_>>()?))
}
