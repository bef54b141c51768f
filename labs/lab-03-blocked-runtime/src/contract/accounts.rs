//! Customers' accounts, and the passwords that only those who load the service know.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use argon2::{Argon2, Params, PasswordHasher};
use orderflow::random::SplitMix64;
use serde::{Deserialize, Serialize};

use super::CORES;

/// How many accounts there are. Each costs a hash at every start.
const ACCOUNTS: usize = 6;

/// A hash that belongs to no password: its output was not computed but made up.
const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5cy1zYWx0LTAwMQ$Tm9ib2R5IGtub3dzIGEgcGFzc3dvcmQgZm9yIHRoaXM";

/// What a customer types.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// The e-mail address that the account is known by.
    pub email: String,
    /// The password, as typed.
    pub password: String,
}

/// A customer who has signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The customer's number.
    pub customer: u32,
}

/// Wrong password or unknown address; which of the two is nobody's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Denied;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The customer's number.
    pub customer: u32,
    /// Argon2id with its parameters and its salt, as a PHC string.
    pub password_hash: String,
}

/// All accounts, by e-mail address.
#[derive(Debug)]
pub struct Accounts {
    by_email: RwLock<HashMap<String, Account>>,
    nobody: Account,
}

impl Accounts {
    /// The account of an e-mail address. An unknown address has one too, which no password opens.
    pub fn find(&self, email: &str) -> Account {
        let by_email = self.by_email.read().unwrap_or_else(PoisonError::into_inner);
        by_email.get(email).unwrap_or(&self.nobody).clone()
    }

    /// Gives an account another password's hash. Returns whether there is such an account.
    pub fn set_password_hash(&self, email: &str, password_hash: String) -> bool {
        let mut by_email = self.by_email.write().unwrap_or_else(PoisonError::into_inner);
        let account = by_email.get_mut(email);
        account.map(|account| account.password_hash = password_hash).is_some()
    }

    /// The accounts of a seed, with hashes of the passwords in [`credentials`]. One of them is of a time when less was recommended.
    pub(super) fn of_seed(seed: u64) -> Accounts {
        let cost = |known: &Credentials| if known.password.starts_with(' ') { Cost::YearsAgo } else { Cost::Today };
        Accounts::with_hashes(credentials(seed), |known| hash(&known.password, cost(known)))
    }

    /// The same accounts, with hashes that cost next to nothing: for crowds of which only the size matters.
    pub(super) fn of_seed_at_trial_cost(seed: u64) -> Accounts {
        Accounts::with_hashes(credentials(seed), |known| hash(&known.password, Cost::Trial { kib: 256 }))
    }

    fn with_hashes(known: Vec<Credentials>, hash_of: impl Fn(&Credentials) -> String + Copy + Send + Sync) -> Accounts {
        let hash_all = move |some: &[Credentials]| -> Vec<String> { some.iter().map(hash_of).collect() };
        // On all cores, since everybody waits for a service that starts.
        let hashes: Vec<String> = std::thread::scope(|scope| {
            let shares = known.chunks(ACCOUNTS.div_ceil(CORES)).map(|share| scope.spawn(move || hash_all(share)));
            let hashing: Vec<_> = shares.collect();
            // Hashing does not panic: `hash` says why.
            hashing.into_iter().flat_map(|share| share.join().expect("no panic in hashing")).collect()
        });
        let accounts = known.into_iter().zip(hashes).map(|(known, password_hash)| {
            let customer = customer_of(&known.email);
            (known.email, Account { customer, password_hash })
        });
        Accounts {
            by_email: RwLock::new(accounts.collect()),
            nobody: Account { customer: 0, password_hash: NOBODYS_HASH.into() },
        }
    }
}

/// The right credentials of every account of a seed, with the passwords that people have: long, with accents and other
/// scripts, with spaces at both ends.
pub(super) fn credentials(seed: u64) -> Vec<Credentials> {
    let mut random = SplitMix64::new(seed ^ 0xACC0);
    (0..ACCOUNTS as u64)
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

/// The number of the customer with this address, by the catalogue.
pub(super) fn customer_of(email: &str) -> u32 {
    orderflow::customers().find(|customer| customer.email == email).map_or(0, |customer| customer.id)
}

/// What a hash costs whoever computes it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cost {
    /// As OWASP recommends it today: 19 MiB, 2 passes.
    Today,
    /// Of an account that is some years old: 12 MiB, 3 passes.
    YearsAgo,
    /// One pass over so many KiB.
    Trial { kib: u32 },
}

/// The hash that is kept of a password.
pub(super) fn hash(password: &str, cost: Cost) -> String {
    let params = match cost {
        Cost::Today => Ok(Params::default()),
        Cost::YearsAgo => Params::new(12 * 1024, 3, 1, None),
        Cost::Trial { kib } => Params::new(kib, 1, 1, None),
    };
    let argon2 = Argon2::from(params.expect("valid by the algorithm's specification"));
    // A random salt would make runs of one seed differ; these accounts are nobody's.
    let hash = argon2.hash_password_with_salt(password.as_bytes(), b"orderflow-lab-03");
    hash.expect("the salt has 16 bytes and no password is 4 GiB long").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::PasswordVerifier;

    fn opens(accounts: &Accounts, email: &str, password: &str) -> bool {
        Argon2::default().verify_password(password.as_bytes(), accounts.find(email).password_hash.as_str()).is_ok()
    }

    #[test]
    fn every_account_opens_with_its_password_and_an_unknown_one_with_none() {
        let accounts = Accounts::of_seed(7);
        for Credentials { email, password } in credentials(7) {
            assert!(opens(&accounts, &email, &password));
            assert_eq!(accounts.find(&email).customer, customer_of(&email));
        }
        assert!(!opens(&accounts, "nobody@example.com", ""));
    }

    #[test]
    fn the_hash_of_nobody_is_computed_like_any_other() {
        let parts = |hash: &str| hash.rsplitn(3, '$').last().map(str::to_owned);
        assert_eq!(parts(NOBODYS_HASH), parts(&hash("x", Cost::Today)));
    }

    #[test]
    fn credentials_follow_from_the_seed() {
        assert_eq!(credentials(7), credentials(7));
        assert_ne!(credentials(7), credentials(8));
    }
}
