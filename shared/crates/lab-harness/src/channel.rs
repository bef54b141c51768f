//! Where this program's records go: see [`lab_results::channel`].
//!
//! A program that somebody starts by hand, or a tool that knows nothing of the channel, prints its records as they are.

use std::io::{self, ErrorKind, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use anyhow::{Context, Result};
use lab_results::channel::{END, Opening, Signer, VARIABLE};

/// Signs what this program says, once it was handed a secret. Held while a line is written, so that lines come in the order of their
/// numbers.
static SIGNER: Mutex<Option<Signer>> = Mutex::new(None);
static IS_OPEN: AtomicBool = AtomicBool::new(false);

/// Reads the secret, before any code of a learner's runs. Returns the program's arguments, which come with it.
pub(crate) fn open() -> Result<Vec<String>> {
    if IS_OPEN.swap(true, SeqCst) {
        // Only the code under test can be asking.
        say(&failed("the code under test calls the `main` of a lab's program"));
        std::process::exit(1);
    }
    if std::env::var_os(VARIABLE).is_none() {
        return std::env::args_os()
            .skip(1)
            .map(|argument| argument.into_string().ok().context("not Unicode"))
            .collect();
    }
    let mut line = String::new();
    io::stdin().read_line(&mut line).context("Failed to read the channel's opening")?;
    let opening: Opening = serde_json::from_str(&line)
        .with_context(|| format!("{VARIABLE} is set, but standard input does not begin with an opening"))?;
    let secret = opening.secret.parse().context("the channel's secret is none")?;
    *signer() = Some(Signer::new(secret));
    Ok(opening.arguments)
}

/// Prints one record, which is one JSON object.
pub(crate) fn say(json: &str) {
    let mut signer = signer();
    let line = signer.as_mut().map_or_else(|| json.to_string(), |signer| signer.line(json));
    print(line);
}

/// Says that the program has done all that it was asked to do.
pub(crate) fn end() {
    let mut signer = signer();
    if let Some(signer) = signer.as_mut() {
        print(signer.line(END));
    }
}

fn failed(message: &str) -> String {
    let record = lab_results::Record::Failed { message: message.into() };
    serde_json::to_string(&record).expect("a record of text serialises")
}

fn signer() -> std::sync::MutexGuard<'static, Option<Signer>> {
    SIGNER.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Nobody reads our records any more.
static NOBODY_READS: AtomicBool = AtomicBool::new(false);

/// True once a record met a closed pipe: what would go on for ever ends.
pub(crate) fn nobody_reads() -> bool {
    NOBODY_READS.load(SeqCst)
}

/// Prints a line and flushes. When nobody reads any more nothing is printed, and the verb goes on to its own end and exit code. A line that
/// is lost otherwise (a full disk) ends the program with an error.
fn print(mut line: String) {
    if nobody_reads() {
        return;
    }
    line.push('\n');
    match write(&mut io::stdout().lock(), &line) {
        Ok(true) => {}
        Ok(false) => NOBODY_READS.store(true, SeqCst),
        Err(error) => {
            // Where standard error is lost as well, the exit code speaks.
            let _ = writeln!(io::stderr(), "Failed to write a record to standard output: {error}");
            std::process::exit(1);
        }
    }
}

/// Writes a line; false where nobody reads it.
fn write(out: &mut impl Write, line: &str) -> io::Result<bool> {
    match out.write_all(line.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_has_gone_is_told_from_a_full_disk() {
        let (reader, mut writer) = io::pipe().unwrap();
        assert!(write(&mut writer, "{}\n").unwrap());
        drop(reader);
        assert!(!write(&mut writer, "{}\n").unwrap());
        if let Ok(mut full) = std::fs::File::options().write(true).open("/dev/full") {
            assert_eq!(write(&mut full, "{}\n").unwrap_err().kind(), ErrorKind::StorageFull);
        }
    }
}
