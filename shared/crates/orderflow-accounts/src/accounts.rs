//! Customers' accounts: what is known of whoever wants to sign in.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use serde::{Deserialize, Serialize};

use crate::seeded::customer_of;
use crate::{CORES, Cost, hash};

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
    /// An account for each of these customers of the catalogue, with the hash of the password at its cost.
    pub fn new(known: Vec<Credentials>, cost_of: impl Fn(&Credentials) -> Cost + Copy + Send + Sync) -> Accounts {
        let hash_all =
            move |some: &[Credentials]| some.iter().map(|it| hash(&it.password, cost_of(it))).collect::<Vec<_>>();
        // On all cores, since everybody waits for a service that starts.
        let hashes: Vec<String> = std::thread::scope(|scope| {
            let shares = known.chunks(known.len().div_ceil(CORES).max(1));
            let hashing: Vec<_> = shares.map(|share| scope.spawn(move || hash_all(share))).collect();
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials;

    fn opens(accounts: &Accounts, email: &str, password: &str) -> bool {
        crate::opens(&accounts.find(email).password_hash, password)
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
}
