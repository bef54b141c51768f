//! How wholesalers' orders are confirmed. The judge uses its own copy of this file.

use std::io::{self, ErrorKind, Write};

use lab_harness::kernel::Kernel;
use lab_harness::kernel::exchange::{Exchange, ExchangedJson, Trouble};
use lab_harness::probe::allocations::Allocations;
use lab_harness::results::Counts;
use orderflow::{Order, OrderLine, Shop};
use serde::Deserialize;
use serde_json::json;

/// An order as a wholesaler sends it. More members may stand in it and in its lines; nobody reads them.
#[derive(Debug, Deserialize)]
pub struct WholesaleOrder {
    /// The order's name, such as `US-10017`.
    pub reference: String,
    /// What is ordered.
    pub lines: Vec<WholesaleLine>,
}

/// One product of an order.
#[derive(Debug, Deserialize)]
pub struct WholesaleLine {
    /// The product's number.
    pub product: u32,
    /// How many.
    pub quantity: u32,
    /// Price of one, in cents.
    pub unit_price: i64,
}

/// The contract of `confirm_orders`. It reads a list of orders to its end and writes what each line, each order and all of them come to,
/// as JSON: spaces and the order of members do not matter. Where any order cannot be read, or anything stands behind the list, nothing
/// is written, and the error is serde_json's, which knows the line of the file. Where a file cannot be read or written, the error is that
/// file's. `Ok` means that the whole confirmation is in its file. All sums fit into an `i64`.
pub struct Confirmations;

impl Kernel for Confirmations {
    type Input = Exchange;
    type Output = ExchangedJson;

    const UNIT: &'static str = "orders";
    const EXTENT_UNIT: &'static str = "lines";
    const REPRODUCE: &'static [usize] = &[250, 500, 1_000, 2_000];
    const SLO_MS: f64 = 50.0;
    const SHOWN: &'static [(&'static str, &'static str, &'static str)] = &[
        ("reads", "reads", ""),
        ("writes", "writes", ""),
        ("allocations", "allocations", ""),
        ("peak_bytes", "peak", "B"),
    ];
    const COUNTED: &'static [usize] = &[20, 50, 100, 200, 400];
    const TIMED: usize = 40;
    const PAIRED: usize = 12;

    fn input(seed: u64, size: usize) -> Exchange {
        Exchange::new(list(Shop::new(seed).orders(size).iter().map(row)))
    }

    fn stretched(orders: Exchange) -> Exchange {
        let text = String::from_utf8_lossy(&orders.bytes);
        let lines = |row: &'_ str| Some(row.split_once('[')?.1.rsplit_once(']')?.0.to_string());
        let lines = Vec::from_iter(text.lines().filter_map(lines)).join(",");
        Exchange::new(list([format!(r#"{{"reference":"US-10017","lines":[{lines}]}}"#)]))
    }

    fn adversarial(seed: u64) -> Vec<(&'static str, Exchange)> {
        let mut orders = Shop::new(seed).orders(50);
        orders.iter_mut().for_each(|order| order.lines.truncate(5));
        let (good, night) = (&row(&orders[0]), &list(orders.iter().map(row)));
        let row = |name: &str, line: &str| format!(r#"{{"reference":"{name}","lines":[{{{line}}}]}}"#);
        let order = |name: &str, line: &str| list([good.into(), row(name, line), good.into()]);
        let price = |price| order("A", &format!(r#""product":1,"quantity":2,"unit_price":{price}"#));
        let quantity = |number| order("A", &format!(r#""unit_price":2,"product":1,"quantity":{number}"#));
        let name = |name| order(name, r#""product":1,"quantity":2,"unit_price":3,"note":[{"lines":0},"\"]"]"#);
        let last = night.len();
        let reading = |reading| Exchange::new(&**night).with(reading, Trouble::NONE);
        let writing = |writing| Exchange::new(&**night).with(Trouble::NONE, writing);
        let needed = right(&Exchange::new(&**night)).map_or(0, |text| text.len());
        let texts = [
            ("nothing, or no list", vec!["".into(), " \n\n".into(), "null".into(), "{}".into(), good.clone()]),
            ("no orders", vec!["[]".into(), " [\n\t ] \r\n\n".into()]),
            ("all in one line of text, the same order twice", vec![format!("[{good},{good}]")]),
            ("lines that end as on Windows", vec![night.replace('\n', "\r\n")]),
            ("an order without lines", vec![list([r#"{"lines":[],"x":0.1,"reference":"B"}"#.into()])]),
            ("escapes and other scripts", [r#"\"\\\/\b\f\n\r\t"#, r"\u00e9\ud83d\ude00", "Zoë 明😀"].map(name).into()),
            ("a name of 100,000 characters", vec![name(&"é".repeat(100_000))]),
            ("half an escape, a raw control character", [r"\ud83d", "\u{1}"].map(name).into()),
            ("numbers at the edges", vec![quantity("4294967295"), price("-250"), price("4611686018427387903")]),
            ("no quantities", ["-1", "2.0", "1e2", "4294967296", "\"2\"", "null", "02"].map(quantity).into()),
            ("prices that are none", ["19.99", "\"1999\"", "9223372036854775808", "NaN", "-", ""].map(price).into()),
            ("a line without a product, or with two", ["", r#""product":1,"product":2"#].map(|l| order("A", l)).into()),
            (
                "a file that breaks off",
                [1, 30, last / 2, last - 4, last - 2, last - 1].map(|n| night[..n].into()).into(),
            ),
            ("something behind the list", ["x", "[]", ",", "\0"].map(|more| night.clone() + more).into()),
            ("something before the list", ["\u{feff}", "x"].map(|more| more.to_string() + night).into()),
        ];
        let texts =
            texts.into_iter().flat_map(|(name, texts)| texts.into_iter().map(move |text| (name, Exchange::new(text))));
        let no_text =
            ("no UTF-8", Exchange::new([b"[{\"reference\":\"\xff\",\"lines\":[]},\n", good.as_bytes(), b"]"].concat()));
        let full = [0, 1, needed / 2, needed - 1]
            .map(|end| ("a full disk", writing(Trouble::ending(end, ErrorKind::StorageFull))));
        let short = Exchange::new("[]").with(Trouble::NONE, Trouble::ending(9, ErrorKind::StorageFull));
        let lost = [0, 1, last / 2, last]
            .map(|end| ("a share that is lost", reading(Trouble::ending(end, ErrorKind::TimedOut))));
        let pieces = |piece, interrupts| Trouble { piece, interrupts, ..Trouble::NONE };
        let slow = [pieces(1, false), pieces(7, false), pieces(900, true)];
        let slow =
            slow.into_iter().flat_map(|it| [("reads in pieces", reading(it)), ("writes in pieces", writing(it))]);
        texts.chain([no_text, ("a full disk and little to write", short)]).chain(full).chain(lost).chain(slow).collect()
    }

    /// Lines: one wholesale order can hold more of them than a hundred others.
    fn extent(orders: &Exchange) -> u64 {
        String::from_utf8_lossy(&orders.bytes).matches("\"product\"").count() as u64
    }

    fn expected(orders: &Exchange) -> ExchangedJson {
        ExchangedJson::of(&Exchange::new(""), |_, file| file.write_all(right(orders)?.as_bytes()))
    }

    fn smaller(orders: &Exchange) -> Vec<Exchange> {
        let text = String::from_utf8_lossy(&orders.bytes);
        let rows = text.strip_prefix("[\n").and_then(|rows| rows.strip_suffix("\n]\n"));
        let rows: Vec<String> = rows.into_iter().flat_map(|rows| rows.split(",\n")).map(str::to_string).collect();
        let (first, second) = rows.split_at(rows.len() / 2);
        let halves = [first, second].into_iter().filter(|half| half.len() < rows.len()).map(<[_]>::to_vec);
        let without_one = (0..rows.len().min(30)).map(|i| [&rows[..i], &rows[i + 1..]].concat());
        halves.chain(without_one).map(|rows| Exchange::new(list(rows)).with(orders.reading, orders.writing)).collect()
    }

    fn show(orders: &Exchange) -> String {
        let Exchange { bytes, reading, writing, .. } = orders;
        format!("{:?}; reading: {reading}; writing: {writing}", String::from_utf8_lossy(bytes))
    }

    fn counts(confirmed: &ExchangedJson, allocations: &Allocations) -> Counts {
        let json = confirmed.json().ok().flatten().unwrap_or_default();
        let orders = json["orders"].as_array().map_or(&[][..], Vec::as_slice);
        let lines = orders.iter().map(|order| order["lines"].as_array().map_or(0, Vec::len)).sum::<usize>().max(1);
        let [reads, writes] = confirmed.calls();
        let Allocations { count, bytes_requested, peak_bytes, .. } = *allocations;
        // Each with what is free for an order: who asks once for each has few lines a call where orders are short, and pays little for it.
        let all = [
            ("reads", reads, 1),
            ("writes", writes, 1),
            ("allocations", count, 8),
            ("bytes_requested", bytes_requested, 0),
            ("peak_bytes", peak_bytes, 0),
        ];
        let per_line = |(name, count, free): (&str, u64, usize)| {
            let of_lines = count.saturating_sub((free * orders.len()) as u64);
            [(format!("{name}_per_line"), of_lines as f64 / lines as f64), (name.to_string(), count as f64)]
        };
        all.into_iter().flat_map(per_line).collect()
    }
}

/// A file of these orders, one to a line of text.
fn list(rows: impl IntoIterator<Item = String>) -> String {
    format!("[\n{}\n]\n", Vec::from_iter(rows).join(",\n"))
}

/// An order as a wholesaler sends it.
fn row(Order { reference, lines, .. }: &Order) -> String {
    let line = |line: &OrderLine| json!({ "product": line.product, "quantity": line.quantity, "unit_price": line.unit_price.0 });
    json!({ "reference": reference, "lines": Vec::from_iter(lines.iter().map(line)) }).to_string()
}

/// The text of the right confirmation, or what is to be said in its place.
fn right(Exchange { bytes, reading, writing, .. }: &Exchange) -> io::Result<String> {
    // Whether a list is whole shows behind its end.
    reading.allows(bytes.len() + 1)?;
    let orders: Vec<WholesaleOrder> = serde_json::from_slice(bytes)?;
    let total = |line: &WholesaleLine| line.unit_price * i64::from(line.quantity);
    let sum = |lines: &[WholesaleLine]| lines.iter().map(total).sum::<i64>();
    let line = |(i, line): (usize, &WholesaleLine)| {
        let WholesaleLine { product, quantity, unit_price } = line;
        json!({ "line": i + 1, "product": product, "quantity": quantity, "unit_price": unit_price, "total": total(line) })
    };
    let order = |WholesaleOrder { reference, lines }: &WholesaleOrder| json!({ "reference": reference, "lines": Vec::from_iter(lines.iter().enumerate().map(line)), "total": sum(lines) });
    let total: i64 = orders.iter().map(|order| sum(&order.lines)).sum();
    let text = json!({ "format": 2, "orders": Vec::from_iter(orders.iter().map(order)), "total": total }).to_string();
    writing.allows(text.len()).map(|()| text)
}
