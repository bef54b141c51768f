use crate::Cents;

/// How many customers the shop has.
pub const CUSTOMERS: u32 = 20_000;
/// How many products the shop sells.
pub const PRODUCTS: u32 = 5_000;

/// A market that the shop sells in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "UPPERCASE"))]
#[allow(missing_docs)]
pub enum Region {
    Us,
    Eu,
    Uk,
    De,
    Jp,
    Br,
}

impl Region {
    /// All regions, the busiest first.
    pub const ALL: [Region; 6] = [Region::Us, Region::Eu, Region::Uk, Region::De, Region::Jp, Region::Br];

    /// The two letters in an order's reference.
    pub fn code(self) -> &'static str {
        match self {
            Region::Us => "US",
            Region::Eu => "EU",
            Region::Uk => "UK",
            Region::De => "DE",
            Region::Jp => "JP",
            Region::Br => "BR",
        }
    }
}

/// Somebody who buys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// 1 to [`CUSTOMERS`].
    pub id: u32,
    /// A name with all that names have: accents, apostrophes, ampersands, other scripts.
    pub name: String,
    /// Unique, in mixed case as people type it.
    pub email: String,
    /// The market of the customer's address.
    pub region: Region,
}

/// Something to buy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// 1 to [`PRODUCTS`].
    pub id: u32,
    /// Stock keeping unit, such as `SKU-00042`.
    pub sku: String,
    /// What the customer sees.
    pub name: String,
    /// Price of one.
    pub unit_price: Cents,
    /// Pieces in the warehouse.
    pub stock: u32,
}

/// The customer with this number. The catalogue follows from the number alone, so any part of it can be made.
pub fn customer(id: u32) -> Customer {
    const FIRST: [&str; 8] = ["Ada", "Grace", "Edsger", "Barbara", "Leslie", "Zoë", "Łukasz", "明"];
    const LAST: [&str; 8] = ["Nguyen", "Okafor", "Smith", "Müller", "García", "Tanaka", "Silva", "O'Neil & Sons <Ltd>"];
    let number = id as usize;
    Customer {
        id,
        name: format!("{} {} {id}", FIRST[number % 8], LAST[(number / 8) % 8]),
        email: format!("User.{id}@Example.com"),
        region: Region::ALL[number % 6],
    }
}

/// The product with this number.
pub fn product(id: u32) -> Product {
    const MATERIAL: [&str; 6] = ["Steel", "Oak", "Ceramic", "Wool", "Copper", "Linen"];
    const THING: [&str; 6] = ["kettle", "desk lamp", "side table", "throw", "stand mixer", "mug, 350 ml"];
    let number = id as usize;
    Product {
        id,
        sku: format!("SKU-{id:05}"),
        name: format!("{} {} #{id}", MATERIAL[number % 6], THING[(number / 6) % 6]),
        unit_price: Cents(199 + i64::from(id) * 7_919 % 25_000),
        stock: 100,
    }
}

/// All customers, by number.
pub fn customers() -> impl Iterator<Item = Customer> {
    (1..=CUSTOMERS).map(customer)
}

/// All products, by number.
pub fn products() -> impl Iterator<Item = Product> {
    (1..=PRODUCTS).map(product)
}
