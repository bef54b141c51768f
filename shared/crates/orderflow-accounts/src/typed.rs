//! What people type: those who know a customer's credentials, and those who nearly do.

use crate::{Accounts, Credentials, Denied, Session};

/// Who signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// A customer who types everything right.
    Customer,
    /// A customer who mistypes the password.
    Mistyper,
    /// Somebody whose address is no customer's.
    Stranger,
}

impl Who {
    /// All of them.
    pub const ALL: [Who; 3] = [Who::Customer, Who::Mistyper, Who::Stranger];

    /// What they type in the place of a customer's right credentials.
    pub fn types(self, known: &Credentials) -> Credentials {
        let Credentials { email, password } = known.clone();
        match self {
            Who::Customer => Credentials { email, password },
            Who::Mistyper => Credentials { password: format!("{password}x"), email },
            Who::Stranger => Credentials { email: format!("not.{email}"), password },
        }
    }

    /// The right answer to it.
    ///
    /// # Errors
    /// Nobody but the customer is let in.
    pub fn is_answered(self, accounts: &Accounts, known: &Credentials) -> Result<Session, Denied> {
        let session = || Session { customer: accounts.find(&known.email).customer };
        if self == Who::Customer { Ok(session()) } else { Err(Denied) }
    }
}

/// The last character is missing.
pub fn mistyped(known: &Credentials) -> Credentials {
    let mut typed = known.clone();
    typed.password.pop();
    typed
}

/// Without the spaces at both ends.
pub fn trimmed(known: &Credentials) -> Credentials {
    Credentials { password: known.password.trim().into(), ..known.clone() }
}

/// With accents written as two characters, as some keyboards do.
pub fn decomposed(known: &Credentials) -> Credentials {
    let password = known.password.replace('ä', "a\u{308}").replace('ö', "o\u{308}");
    Credentials { password, ..known.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials;

    #[test]
    fn nobody_but_the_customer_types_what_opens_the_account() {
        let accounts = Accounts::of_seed(7);
        for (who, known) in Who::ALL.into_iter().zip(credentials(7)) {
            let typed = who.types(&known);
            let opens = crate::opens(&accounts.find(&typed.email).password_hash, &typed.password);
            assert_eq!(opens, who.is_answered(&accounts, &known).is_ok(), "{who:?}");
        }
    }

    #[test]
    fn nearly_right_passwords_differ_from_the_right_ones() {
        for seed in 0..20 {
            for (known, nearly) in credentials(seed).iter().zip([decomposed, trimmed, mistyped]) {
                assert_ne!(known, &nearly(known));
            }
        }
    }
}
