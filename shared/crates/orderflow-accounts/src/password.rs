//! How passwords are kept: as Argon2id hashes, each with what it costs.

use argon2::{Argon2, Params, PasswordHasher, PasswordVerifier};

/// What a hash costs whoever computes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// As OWASP recommends it today: 19 MiB, 2 passes.
    Today,
    /// Of an account that is some years old: 12 MiB, 3 passes.
    YearsAgo,
    /// One pass over so little memory that the hash protects nobody: for crowds of which only the size matters.
    Trial {
        /// The memory in KiB, at least 8.
        kib: u32,
    },
}

/// The hash that is kept of a password, as a PHC string.
///
/// # Panics
/// [`Cost::Trial`] has less than 8 KiB.
pub fn hash(password: &str, cost: Cost) -> String {
    let params = match cost {
        Cost::Today => Ok(Params::default()),
        Cost::YearsAgo => Params::new(12 * 1024, 3, 1, None),
        Cost::Trial { kib } => Params::new(kib, 1, 1, None),
    };
    let argon2 = Argon2::from(params.expect("valid by the algorithm's specification"));
    // A random salt would make runs of one seed differ; these accounts are nobody's.
    let hash = argon2.hash_password_with_salt(password.as_bytes(), b"orderflow-seeded");
    hash.expect("the salt has 16 bytes and no password is 4 GiB long").to_string()
}

/// Whether a hash was made of this password. It costs one hash, as each sign-in owes it.
pub fn opens(hash: &str, password: &str) -> bool {
    Argon2::default().verify_password(password.as_bytes(), hash).is_ok()
}
