//! Keys from a terminal in raw mode.
//!
//! crossterm's own reader never comes back once the terminal has gone (crossterm-rs/crossterm#793); the few keys that are needed
//! here are decoded from the bytes instead.

use std::time::Duration;

use anyhow::{Context, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

/// A key that means something to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A printable ASCII character.
    Char(char),
    /// Control with a lower-case letter.
    Control(char),
    /// Escape.
    Escape,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
}

/// What came from the terminal.
#[derive(Debug, PartialEq, Eq)]
pub enum Input {
    /// Keys; none when the time was up.
    Keys(Vec<Key>),
    /// The terminal is no longer there.
    Gone,
}

/// Reads standard input, and keeps the beginning of a key whose end is still on its way.
#[derive(Debug, Default)]
pub struct Keys {
    begun: Vec<u8>,
}

const ESCAPE: u8 = 0x1b;

impl Keys {
    /// Waits for keys, but no longer than `limit`.
    pub fn wait(&mut self, limit: Duration) -> Result<Input> {
        let stdin = std::io::stdin();
        let mut wanted = [PollFd::new(&stdin, PollFlags::IN)];
        let limit = Timespec::try_from(limit).context("a wait is short")?;
        match poll(&mut wanted, Some(&limit)) {
            Ok(0) => return Ok(Input::Keys(self.rest().into_iter().collect())),
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(Input::Keys(Vec::new())),
            Err(error) => return Err(error).context("Failed to wait for a key"),
        }
        let mut buffer = [0; 256];
        match rustix::io::read(&stdin, &mut buffer) {
            Ok(read @ 1..) => Ok(Input::Keys(self.decode(&buffer[..read]))),
            Err(Errno::INTR | Errno::AGAIN) => Ok(Input::Keys(Vec::new())),
            Ok(0) | Err(_) => Ok(Input::Gone),
        }
    }

    /// The keys that are complete with these bytes. What is no key of ours counts for nothing, to its last byte.
    fn decode(&mut self, bytes: &[u8]) -> Vec<Key> {
        self.begun.extend_from_slice(bytes);
        let mut keys = Vec::new();
        while let Some((length, key)) = first(&self.begun) {
            self.begun.drain(..length);
            keys.extend(key);
        }
        keys
    }

    /// After a pause an Escape is the key itself, and not the beginning of another one.
    fn rest(&mut self) -> Option<Key> {
        let begun = std::mem::take(&mut self.begun);
        (begun == [ESCAPE]).then_some(Key::Escape)
    }
}

/// The first key of some bytes and how many it takes; nothing while it is incomplete.
fn first(bytes: &[u8]) -> Option<(usize, Option<Key>)> {
    match *bytes {
        [] | [ESCAPE] => None,
        [ESCAPE, ESCAPE, ..] => Some((1, Some(Key::Escape))),
        // The Linux console's function keys: one more character than others.
        [ESCAPE, b'[', b'[', ..] => (bytes.len() > 3).then_some((4, None)),
        [ESCAPE, b'[', ref sequence @ ..] => {
            let end = sequence.iter().position(|byte| (0x40..=0x7e).contains(byte))?;
            let key = match &sequence[..=end] {
                b"A" => Some(Key::Up),
                b"B" => Some(Key::Down),
                b"5~" => Some(Key::PageUp),
                b"6~" => Some(Key::PageDown),
                _ => None,
            };
            Some((2 + end + 1, key))
        }
        [ESCAPE, b'O', final_byte, ..] => Some((
            3,
            match final_byte {
                b'A' => Some(Key::Up),
                b'B' => Some(Key::Down),
                _ => None,
            },
        )),
        [ESCAPE, b'O'] => None,
        // Alt with a character.
        [ESCAPE, _, ..] => Some((2, None)),
        [letter @ 1..=26, ..] => Some((1, Some(Key::Control(char::from(letter - 1 + b'a'))))),
        [printable @ 0x20..=0x7e, ..] => Some((1, Some(Key::Char(char::from(printable))))),
        [_, ..] => Some((1, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> Vec<Key> {
        Keys::default().decode(bytes)
    }

    #[test]
    fn letters_control_and_arrows() {
        assert_eq!(decoded(b"hQ"), [Key::Char('h'), Key::Char('Q')]);
        assert_eq!(decoded(b"\x03\x1a"), [Key::Control('c'), Key::Control('z')]);
        assert_eq!(decoded(b"\x1b[A\x1b[B\x1bOA\x1bOB"), [Key::Up, Key::Down, Key::Up, Key::Down]);
        assert_eq!(decoded(b"\x1b[5~\x1b[6~"), [Key::PageUp, Key::PageDown]);
    }

    #[test]
    fn no_part_of_an_unknown_key_is_taken_for_a_letter() {
        // F5 three ways, Delete, Control with arrow, a mouse report, Alt-q, a letter with an accent.
        for bytes in
            ["\x1b[15~", "\x1b[[E", "\x1bOt", "\x1b[3~", "\x1b[1;5D", "\x1b[<0;10;20M", "\x1bq", "ä", "\0", "\x7f"]
        {
            assert_eq!(decoded(bytes.as_bytes()), [], "{bytes:?}");
            let mut keys = Keys::default();
            let one_by_one: Vec<Key> = bytes.bytes().flat_map(|byte| keys.decode(&[byte])).collect();
            assert_eq!((one_by_one, keys.rest()), (vec![], None), "{bytes:?}");
        }
    }

    #[test]
    fn escape_is_a_key_once_nothing_follows() {
        let mut keys = Keys::default();
        assert_eq!(keys.decode(b"\x1b"), []);
        assert_eq!(keys.rest(), Some(Key::Escape));
        assert_eq!(keys.rest(), None);
        assert_eq!(keys.decode(b"\x1b"), []);
        assert_eq!(keys.decode(b"[A"), [Key::Up], "an arrow that came in two parts");
        assert_eq!(decoded(b"\x1b\x1b[A"), [Key::Escape, Key::Up]);
    }
}
