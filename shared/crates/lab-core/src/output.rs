//! Bytes on their way to whoever reads them: all of them, or the reason why not.

use std::io::{self, ErrorKind};
use std::os::fd::BorrowedFd;
use std::sync::Mutex;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::FileType;
use rustix::io::Errno;

/// Whether standard output still takes what we print.
pub struct Output(Mutex<State>);

enum State {
    Open,
    /// The reader has gone (`| head`), and the command goes on without words.
    NobodyReads,
    /// What was to be read is not there.
    Failed(io::Error),
}

impl Output {
    /// Nothing was printed yet.
    pub const fn new() -> Self {
        Output(Mutex::new(State::Open))
    }

    /// Prints, until that fails once.
    pub fn print(&self, to: BorrowedFd, text: &[u8]) {
        let mut state = self.0.lock().expect("no thread panics with this lock");
        if matches!(*state, State::Open)
            && let Err(error) = write_all(to, text)
        {
            *state = if has_gone(to, &error) { State::NobodyReads } else { State::Failed(error) };
        }
    }

    /// Whether what is printed now can still arrive.
    pub fn is_open(&self) -> bool {
        matches!(*self.0.lock().expect("no thread panics with this lock"), State::Open)
    }

    /// The first reason why something was not printed, but that nobody reads it; told once.
    pub fn failure(&self) -> Option<io::Error> {
        let mut state = self.0.lock().expect("no thread panics with this lock");
        match std::mem::replace(&mut *state, State::NobodyReads) {
            State::Failed(error) => Some(error),
            other => {
                *state = other;
                None
            }
        }
    }
}

/// Whether the reader has gone, and nothing is lost: a pipe that was closed, or a terminal (it answers with EIO from then on).
fn has_gone(to: BorrowedFd, error: &io::Error) -> bool {
    let is_device =
        || rustix::fs::fstat(to).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice);
    error.kind() == ErrorKind::BrokenPipe || (Errno::from_io_error(error) == Some(Errno::IO) && is_device())
}

/// Writes everything, also where a descriptor that somebody made non-blocking has no room just now.
fn write_all(to: BorrowedFd, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(to, bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                // Also woken by an error, which the next write then tells.
                let _ = poll(&mut [PollFd::new(&to, PollFlags::OUT)], None);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn a_reader_that_has_gone_is_no_failure() {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = Output::new();
        output.print(writer.as_fd(), b"one\n");
        output.print(writer.as_fd(), b"two\n");
        assert!(output.failure().is_none());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_a_failure_and_nothing_comes_after_the_gap() {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("Linux has it");
        let (mut reader, writer) = std::io::pipe().expect("a pipe");
        let output = Output::new();
        output.print(writer.as_fd(), b"before\n");
        output.print(full.as_fd(), b"lost\n");
        output.print(writer.as_fd(), b"after\n");
        drop(writer);
        let mut text = String::new();
        reader.read_to_string(&mut text).expect("read");
        assert_eq!(text, "before\n");
        assert!(!output.is_open());
        assert_eq!(output.failure().map(|error| error.kind()), Some(ErrorKind::StorageFull));
        assert!(output.failure().is_none(), "it is told once");
    }

    #[test]
    fn a_slow_reader_of_a_pipe_that_does_not_block_gets_everything() {
        let (mut reader, writer) = std::io::pipe().expect("a pipe");
        rustix::io::ioctl_fionbio(&writer, true).expect("set");
        let text = "0123456789abcdef\n".repeat(1 << 15);
        let expected = text.clone();
        let reads = std::thread::spawn(move || {
            let mut seen = String::new();
            reader.read_to_string(&mut seen).map(|_| seen)
        });
        let output = Output::new();
        output.print(writer.as_fd(), text.as_bytes());
        drop(writer);
        assert!(output.failure().is_none());
        assert!(reads.join().expect("no panic").expect("read") == expected);
    }
}
