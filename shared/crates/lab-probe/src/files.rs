//! Files that count how often they are read from and written to, and that fail as disks and network shares do.
//!
//! Each call is passed on to the real file, so it is a real system call and takes its real time. Reading and writing go through the
//! traits alone: whoever is handed an `impl Read` or an `impl Write` cannot reach the count.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, Write};

/// What goes wrong with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trouble {
    /// The most bytes that one call moves.
    pub piece: u64,
    /// Whether every second call is interrupted, and has to be made again.
    pub interrupts: bool,
    /// How many bytes can be moved in all, and the error behind them.
    pub end: (u64, ErrorKind),
}

impl Trouble {
    /// Nothing goes wrong.
    pub const NONE: Trouble = Trouble { piece: u64::MAX, interrupts: false, end: (u64::MAX, ErrorKind::Other) };

    /// Only so many bytes can be moved, and this is the error behind them.
    pub fn ending(bytes: usize, error: ErrorKind) -> Trouble {
        Trouble { end: (bytes as u64, error), ..Trouble::NONE }
    }

    /// Whether so many bytes can be moved in the end.
    ///
    /// # Errors
    /// They are more than can: the error behind those.
    pub fn allows(&self, bytes: usize) -> io::Result<()> {
        let (end, error) = self.end;
        if bytes as u64 > end { Err(error.into()) } else { Ok(()) }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Trouble { piece, interrupts, end: (end, error) } = self;
        let piece = (*piece < u64::MAX).then(|| format!("at most {piece} B a call"));
        let interrupts = interrupts.then(|| "every second call is interrupted".to_string());
        let end = (*end < u64::MAX).then(|| format!("error {error:?} after {end} B"));
        let troubles = Vec::from_iter([piece, interrupts, end].into_iter().flatten());
        f.write_str(if troubles.is_empty() { "no trouble" } else { "" })?;
        f.write_str(&troubles.join(", "))
    }
}

/// A file to be made into another one, and what goes wrong meanwhile.
#[derive(Debug)]
pub struct Exchange {
    /// What is to be read.
    pub bytes: Vec<u8>,
    /// What goes wrong while it is read.
    pub reading: Trouble,
    /// What goes wrong while the other file is written.
    pub writing: Trouble,
    file: File,
}

impl Exchange {
    /// Puts these bytes into a file, of which nothing goes wrong.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Exchange {
        let (bytes, mut file) = (bytes.into(), temporary());
        file.write_all(&bytes).expect("the folder for temporary files has room");
        Exchange { bytes, reading: Trouble::NONE, writing: Trouble::NONE, file }
    }

    /// The same, with what goes wrong while it is read and while the other file is written.
    pub fn with(self, reading: Trouble, writing: Trouble) -> Exchange {
        Exchange { reading, writing, ..self }
    }

    /// Calls what makes the second file, an empty one, from the first.
    pub fn call(&self, work: impl FnOnce(&mut CountedFile, &mut CountedFile) -> io::Result<()>) -> Exchanged {
        let file = self.file.try_clone().expect("so many files may be open");
        let mut read = CountedFile::new(file, self.reading).expect("it has a beginning");
        let mut written = CountedFile::new(temporary(), self.writing).expect("it has a beginning");
        let said = work(&mut read, &mut written);
        Exchanged { said, unread: (self.bytes.len() as u64).saturating_sub(read.moved), reads: read.calls, written }
    }
}

/// What came of an [`Exchange`].
#[derive(Debug)]
pub struct Exchanged {
    /// What was said.
    pub said: io::Result<()>,
    /// Bytes that were not read; or not through the file that was handed over.
    pub unread: u64,
    /// Calls that read.
    pub reads: u64,
    /// The second file.
    pub written: CountedFile,
}

/// Goes away when it is closed, however the program ends.
fn temporary() -> File {
    tempfile::tempfile().expect("the folder for temporary files has room")
}

/// A file that is either read or written, from its beginning on.
#[derive(Debug)]
pub struct CountedFile {
    file: File,
    trouble: Trouble,
    calls: u64,
    moved: u64,
}

impl CountedFile {
    /// This file from its beginning on. A clone of it has the same place of reading and writing.
    ///
    /// # Errors
    /// It has no beginning, as a pipe has none.
    pub fn new(mut file: File, trouble: Trouble) -> io::Result<CountedFile> {
        file.rewind()?;
        Ok(CountedFile { file, trouble, calls: 0, moved: 0 })
    }

    /// Calls so far, those that failed among them.
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// Bytes that these calls moved.
    pub fn moved(&self) -> u64 {
        self.moved
    }

    /// All that is in the file, read past the count.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn content(&self) -> io::Result<Vec<u8>> {
        let (mut file, mut content) = (&self.file, Vec::new());
        file.rewind()?;
        file.read_to_end(&mut content)?;
        Ok(content)
    }

    /// How many of so many bytes a call may move.
    fn allowed(&mut self, wanted: usize) -> io::Result<usize> {
        self.calls += 1;
        if self.trouble.interrupts && self.calls.is_multiple_of(2) {
            return Err(ErrorKind::Interrupted.into());
        }
        let (end, error) = self.trouble.end;
        let left = end.saturating_sub(self.moved);
        if left == 0 && wanted > 0 {
            return Err(error.into());
        }
        Ok(left.min(self.trouble.piece).min(wanted as u64) as usize)
    }
}

impl Read for CountedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let allowed = self.allowed(buffer.len())?;
        let read = of_the_real_file(self.file.read(&mut buffer[..allowed]))?;
        self.moved += read as u64;
        Ok(read)
    }
}

impl Write for CountedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let allowed = self.allowed(bytes.len())?;
        let written = of_the_real_file(self.file.write(&bytes[..allowed]))?;
        self.moved += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Errors on purpose come from [`Trouble`]. One of the real file is the machine's, and must not become an answer of whoever writes to it.
fn of_the_real_file(moved: io::Result<usize>) -> io::Result<usize> {
    moved.inspect_err(|error| {
        assert!(error.kind() == ErrorKind::Interrupted, "the folder for temporary files failed: {error}");
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exchange_can_be_made_again_and_tells_what_was_left() {
        let exchange = Exchange::new("0123456789");
        for _ in 0..2 {
            let made = exchange.call(|from, to| io::copy(from, to).map(drop));
            assert!(made.said.is_ok());
            assert_eq!((made.unread, made.written.content().expect("read")), (0, b"0123456789".to_vec()));
        }
        let first = exchange.call(|from, to| io::copy(&mut from.take(1), to).map(drop));
        assert_eq!((first.unread, first.reads, first.written.calls()), (9, 1, 1));
        let trouble = Trouble::ending(0, ErrorKind::StorageFull);
        assert_eq!(Trouble { piece: 7, ..trouble }.to_string(), "at most 7 B a call, error StorageFull after 0 B");
        assert_eq!((Trouble::NONE.to_string(), Trouble::NONE.allows(9).is_ok()), ("no trouble".into(), true));
        assert!(trouble.allows(0).is_ok() && trouble.allows(1).is_err());
        let full = Exchange { writing: trouble, ..exchange }.call(|from, to| io::copy(from, to).map(drop));
        assert_eq!(full.said.map_err(|error| error.kind()), Err(ErrorKind::StorageFull));
    }

    fn file(content: &[u8], trouble: Trouble) -> CountedFile {
        let mut file = temporary();
        file.write_all(content).expect("written");
        CountedFile::new(file, trouble).expect("it has a beginning")
    }

    #[test]
    fn each_call_counts_and_what_a_buffer_saves_does_not() {
        let mut bytewise = file(b"0123456789", Trouble::NONE);
        while bytewise.read(&mut [0]).expect("read") > 0 {}
        // The last one finds the end.
        assert_eq!((bytewise.calls(), bytewise.moved()), (11, 10));
        let mut buffered = file(b"0123456789", Trouble::NONE);
        assert_eq!(io::BufReader::new(&mut buffered).bytes().count(), 10);
        assert_eq!((buffered.calls(), buffered.moved()), (2, 10));

        let mut written = file(b"", Trouble::NONE);
        let mut buffer = io::BufWriter::new(&mut written);
        (0..10).for_each(|_| buffer.write_all(b"ab").expect("written"));
        drop(buffer);
        written.write_all(b"c").expect("written");
        assert_eq!((written.calls(), written.moved()), (2, 21));
        assert_eq!(written.content().expect("read"), [b"ab".repeat(10), b"c".to_vec()].concat());
    }

    #[test]
    fn a_call_moves_no_more_than_a_piece_and_an_interrupted_one_is_made_again() {
        let mut slow = file(b"0123456789", Trouble { piece: 3, interrupts: true, ..Trouble::NONE });
        let mut all = Vec::new();
        slow.read_to_end(&mut all).expect("read");
        assert_eq!(all, b"0123456789");
        assert_eq!(slow.read(&mut [0]).map_err(|error| error.kind()), Err(ErrorKind::Interrupted));
        let mut narrow = file(b"", Trouble { piece: 3, ..Trouble::NONE });
        assert_eq!(narrow.write(b"01234").expect("written"), 3);
    }

    #[test]
    fn behind_the_end_is_an_error() {
        let mut full = file(b"", Trouble::ending(4, ErrorKind::StorageFull));
        let error = full.write_all(b"012345").expect_err("it does not fit");
        assert_eq!((error.kind(), full.content().expect("read")), (ErrorKind::StorageFull, b"0123".to_vec()));
        // Nothing at all always fits.
        assert_eq!(full.write(b"").expect("written"), 0);
        let mut lost = file(b"0123", Trouble::ending(4, ErrorKind::TimedOut));
        let error = lost.read_to_end(&mut Vec::new()).expect_err("its end is not seen");
        assert_eq!((error.kind(), lost.moved()), (ErrorKind::TimedOut, 4));
    }

    #[test]
    #[cfg(target_os = "linux")]
    #[should_panic(expected = "No space left on device")]
    fn a_disk_that_is_really_full_is_no_answer() {
        let full = File::options().read(true).write(true).open("/dev/full").expect("Linux has one");
        let _ = CountedFile::new(full, Trouble::NONE).expect("it has a beginning").write(b"0");
    }
}
