//! What follows from a seed: the accounts, the passwords that only those who load the service know, and the orders.

use orderflow::random::SplitMix64;
use orderflow::{Order, Shop};
use serde_json::{Value, json};

use crate::{Accounts, Cost, Credentials};

/// How many accounts there are. Each costs a hash at every start.
const ACCOUNTS: u64 = 6;

/// How many orders can be looked up.
const ORDERS: usize = 1_000;

impl Accounts {
    /// The accounts of a seed, with hashes of the passwords in [`credentials`]. One of them is of a time when less was recommended.
    pub fn of_seed(seed: u64) -> Accounts {
        let is_old = |known: &Credentials| known.password.starts_with(' ');
        Accounts::new(credentials(seed), |known| if is_old(known) { Cost::YearsAgo } else { Cost::Today })
    }
}

/// What load tools are told of a seed's service: whose orders there are, and who can sign in.
pub fn load_data(seed: u64) -> Value {
    let orders = orders(seed);
    let references: Vec<&str> = orders.iter().map(|order| order.reference.as_str()).collect();
    json!({ "order": references, "account": credentials(seed) })
}

/// The right credentials of every account of a seed, with the passwords that people have: long, with accents and other
/// scripts, with spaces at both ends.
pub fn credentials(seed: u64) -> Vec<Credentials> {
    let mut random = SplitMix64::new(seed ^ 0xACC0);
    (0..ACCOUNTS)
        .map(|number| {
            // One range of customers for each account, so that no two are the same.
            let customer = orderflow::customer((number * 3_000 + 1 + random.below(3_000)) as u32);
            let secret = random.next_u64();
            let password = match number {
                0 => format!("pässwörd 明日 {secret:x}"),
                1 => format!(" {secret} "),
                2 => format!("{secret:016x}").repeat(250),
                _ => format!("{:x}", secret >> (4 * number)),
            };
            Credentials { email: customer.email, password }
        })
        .collect()
}

/// The number of the customer with this address, by the catalogue; 0 is nobody's.
pub fn customer_of(email: &str) -> u32 {
    orderflow::customers().find(|customer| customer.email == email).map_or(0, |customer| customer.id)
}

/// The orders of a seed.
pub fn orders(seed: u64) -> Vec<Order> {
    Shop::new(seed).orders(ORDERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_follow_from_the_seed() {
        assert_eq!(credentials(7), credentials(7));
        assert_ne!(credentials(7), credentials(8));
    }
}
