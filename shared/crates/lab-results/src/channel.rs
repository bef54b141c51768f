//! How `lab` tells the records of a lab's program from what the code under test prints.
//!
//! Both come on one standard output. So whoever starts a program hands it a secret on its standard input ([`Opening`]), which the
//! program reads before the code under test runs, and every record is a line of its own with a number and a tag that only follows from
//! the secret ([`Signer`]). What has no right tag is text of the learner's, whatever it looks like ([`Listener`]). The last line is
//! [`END`]: a program that leaves before it says so did not do what it was asked.
//!
//! This keeps out what safe code can print, guess, repeat or swallow. Code that runs before `main`, or that searches its own process's
//! memory, can still find the secret.

use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher, RandomState};
use std::num::ParseIntError;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The variable that tells a program to read an [`Opening`]. Its value says nothing.
pub const VARIABLE: &str = "LAB_CHANNEL";

/// The payload of the last line.
pub const END: &str = "end";

/// Stands before every signed line: the record separator of RFC 7464, which JSON never contains.
const MARK: char = '\u{1e}';

/// The first line of a program's standard input, as JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Opening {
    /// The [`Secret`], as text.
    pub secret: String,
    /// The verb and its options: not on the command line, where the code under test would see who asks.
    pub arguments: Vec<String>,
}

/// What one program and whoever started it know, and nobody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Secret([u64; 2]);

impl Secret {
    /// A new one, from the keys that the standard library takes from the operating system.
    pub fn random() -> Secret {
        Secret([0, 1].map(|half: u64| RandomState::new().hash_one(half)))
    }

    fn tag(self, number: u64, payload: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.0, number, payload, self.0).hash(&mut hasher);
        hasher.finish()
    }
}

impl std::fmt::Display for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}{:016x}", self.0[0], self.0[1])
    }
}

impl FromStr for Secret {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Secret, ParseIntError> {
        let both = u128::from_str_radix(text, 16)?;
        Ok(Secret([(both >> 64) as u64, both as u64]))
    }
}

/// The program's side.
#[derive(Debug)]
pub struct Signer {
    secret: Secret,
    signed: u64,
}

impl Signer {
    /// Signs with this secret, from the first line on.
    pub fn new(secret: Secret) -> Signer {
        Signer { secret, signed: 0 }
    }

    /// The next line, without its end.
    pub fn line(&mut self, payload: &str) -> String {
        let number = self.signed;
        self.signed += 1;
        format!("{MARK}{number} {:016x} {payload}", self.secret.tag(number, payload))
    }
}

/// The side of whoever started the program.
#[derive(Debug)]
pub struct Listener {
    secret: Secret,
    heard: u64,
}

/// What a line of standard output was.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard<'a> {
    /// The code under test printed it.
    Text(&'a str),
    /// The next record, or [`END`]; before it, on the same line, what the code under test had printed without an end of line.
    Payload(&'a str, &'a str),
    /// A record, but others before it never came: somebody else reads this program's output, or tore a line apart.
    Lost,
}

impl Listener {
    /// Listens to a program that was handed this secret.
    pub fn new(secret: Secret) -> Listener {
        Listener { secret, heard: 0 }
    }

    /// Tells what a line is. A record that was heard before is text: it was repeated by somebody who does not know the secret.
    pub fn hear<'a>(&mut self, line: &'a str) -> Heard<'a> {
        match self.signed(line) {
            Some((before, number, payload)) if number == self.heard => {
                self.heard += 1;
                Heard::Payload(before, payload)
            }
            Some((_, number, _)) if number > self.heard => Heard::Lost,
            _ => Heard::Text(line),
        }
    }

    fn signed<'a>(&self, line: &'a str) -> Option<(&'a str, u64, &'a str)> {
        let (before, rest) = line.rsplit_once(MARK)?;
        let (number, rest) = rest.split_once(' ')?;
        let (tag, payload) = rest.split_once(' ')?;
        let number = number.parse().ok()?;
        (u64::from_str_radix(tag, 16).ok()? == self.secret.tag(number, payload)).then_some((before, number, payload))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both() -> (Signer, Listener) {
        let secret = Secret::random();
        (Signer::new(secret.to_string().parse().expect("it comes back")), Listener::new(secret))
    }

    #[test]
    fn what_was_signed_is_heard_and_what_was_printed_is_text() {
        let (mut signer, mut listener) = both();
        let [first, second, end] = ["{\"a\":1}", "{}", END].map(|payload| signer.line(payload));
        assert_eq!(listener.hear(r#"{"type":"checked","cases":8}"#), Heard::Text(r#"{"type":"checked","cases":8}"#));
        assert_eq!(listener.hear(&first), Heard::Payload("", "{\"a\":1}"));
        let after_print = format!("half a line{second}");
        assert_eq!(listener.hear(&after_print), Heard::Payload("half a line", "{}"));
        assert_eq!(listener.hear(&end), Heard::Payload("", END));
    }

    #[test]
    fn a_forged_a_changed_and_a_repeated_line_are_text() {
        let (mut signer, mut listener) = both();
        let first = signer.line("{\"cases\":1}");
        let forged = format!("{MARK}0 {:016x} {{\"cases\":9}}", 7);
        let changed = first.replace(":1}", ":9}");
        for line in [&forged, &changed] {
            assert_eq!(listener.hear(line), Heard::Text(line));
        }
        assert_eq!(listener.hear(&first), Heard::Payload("", "{\"cases\":1}"));
        assert_eq!(listener.hear(&first), Heard::Text(&first));
    }

    #[test]
    fn another_programs_records_are_text() {
        let (_, mut listener) = both();
        let line = Signer::new(Secret::random()).line(END);
        assert_eq!(listener.hear(&line), Heard::Text(&line));
    }

    #[test]
    fn a_record_that_was_swallowed_is_missed() {
        let (mut signer, mut listener) = both();
        signer.line("{\"type\":\"wrong\"}");
        assert_eq!(listener.hear(&signer.line(END)), Heard::Lost);
    }

    #[test]
    fn secrets_differ() {
        assert_ne!(Secret::random(), Secret::random());
    }
}
