//! Why a program did not finish, in words; and whether it is the program's fault at all.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;

use anyhow::{Result, bail};
use lab_results::Record;
use rustix::process::{Resource, getrlimit};

use signal_hook::consts::{SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGKILL, SIGSEGV, SIGSYS, SIGTRAP, SIGXCPU, SIGXFSZ};
use signal_hook::low_level::signal_name;

use super::MEMORY_LIMIT;
use crate::child::describe;

/// What programs say when a disk is full, or breaks: SQLite, the standard library, PostgreSQL.
const OF_THE_DISK: [&str; 5] = [
    "database or disk is full",
    "disk I/O error",
    "No space left on device",
    "could not extend file",
    "Disk quota exceeded",
];

/// What PostgreSQL says to everybody when one of them has filled its disk and it crashed.
const OF_THE_SERVER: [&str; 3] = [
    "terminating connection because of crash of another server process",
    "the database system is not yet accepting connections",
    "the database system is in recovery mode",
];

/// How the program ended, where that was no success.
pub fn failure(status: ExitStatus, records: &[Record], stderr: &str) -> Option<String> {
    if let Some(Record::Failed { message }) = records.last() {
        return Some(message.clone());
    }
    if status.success() {
        return None;
    }
    if ran_out_of_memory(stderr) {
        return Some(format!("ran out of its memory ({} GiB) and was ended", MEMORY_LIMIT >> 30));
    }
    if stderr.contains("has overflowed its stack") {
        return Some("overflowed its stack".into());
    }
    if let Some(start) = stderr.find("panicked at") {
        let message: Vec<&str> = stderr[start..]
            .lines()
            .take_while(|line| !line.starts_with("note:") && !line.starts_with("stack backtrace"))
            .collect();
        return Some(message.join("\n").trim().to_string());
    }
    let words = stderr.trim();
    Some(if words.is_empty() { describe(status) } else { format!("{}:\n{words}", describe(status)) })
}

/// A failure that would have come to anybody's program.
///
/// # Errors
/// What the machine lacks, and what to do.
pub fn not_the_machines(failure: &str, stderr: &str) -> Result<()> {
    of_the_disk(failure)?;
    of_the_disk(stderr)?;
    let hard = getrlimit(Resource::As).maximum.filter(|hard| *hard < MEMORY_LIMIT);
    if let Some(hard) = hard.filter(|_| ran_out_of_memory(stderr) || failure.contains("ran out of its memory")) {
        bail!(
            "A program of the lab ran out of memory at {} MiB, which is the limit of the shell (`ulimit -v`); the judge gives {} GiB. \
             Raise the limit and run it again",
            hard >> 20,
            MEMORY_LIMIT >> 30
        );
    }
    if stderr.contains("Resource temporarily unavailable") || failure.contains("Resource temporarily unavailable") {
        can_start_threads()?;
    }
    Ok(())
}

/// Signals that a program brings upon itself: what it does not survive is its own.
const OF_ITS_OWN: [i32; 7] = [SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS];

/// A program that somebody else ended: `status` is of one that we have not ended ourselves.
///
/// # Errors
/// Which limit it ran into, or which signal came, and what to do.
pub fn not_from_outside(status: ExitStatus) -> Result<()> {
    let how = match status.signal().filter(|signal| !OF_ITS_OWN.contains(signal)) {
        None => return Ok(()),
        Some(SIGKILL) => {
            "was killed from outside (SIGKILL), as the kernel does where memory has run out: end other programs, or give the container more"
        }
        Some(SIGXCPU) => "used more CPU time than the shell allows (SIGXCPU): raise the limit (`ulimit -t`)",
        Some(SIGXFSZ) => "wrote a larger file than the shell allows (SIGXFSZ): raise the limit (`ulimit -f`)",
        Some(signal) => {
            let name = signal_name(signal).map_or_else(|| format!("signal {signal}"), String::from);
            bail!("The program was ended from outside ({name}): run it again; nobody's code was judged");
        }
    };
    bail!("The program {how}, and run it again; nobody's code was judged")
}

/// # Errors
/// The text is about a full disk: which folder, and how much room there is; or about a database server that went away.
pub fn of_the_disk(words: &str) -> Result<()> {
    if let Some(said) = OF_THE_SERVER.into_iter().find(|said| words.contains(said)) {
        bail!("The database server went away: \"{said}\". Is its disk full? Nobody's code was judged");
    }
    let Some(said) = OF_THE_DISK.into_iter().find(|said| words.contains(said)) else { return Ok(()) };
    let (folder, free) = room();
    let free = free.map(|free| format!(" ({} MiB are free there now)", free >> 20)).unwrap_or_default();
    bail!(
        "The folder for temporary files, {}, has no room for the lab's files{free}: \"{said}\". Make room there or set TMPDIR to \
         another folder; nobody's code was judged",
        folder.display()
    );
}

/// Less than this is no room for a lab's databases.
const ROOM: u64 = 32 << 20;
/// Files that a lab's database in one file takes, with what belongs to it. PostgreSQL takes a thousand, and says itself when there are fewer.
const FILES: u64 = 64;

/// # Errors
/// The folder for temporary files has less room than a lab's databases take.
pub fn has_room() -> Result<()> {
    let folder = std::env::temp_dir();
    if let Some(files) = rustix::fs::statvfs(&folder).ok().and_then(|stat| files_left(stat.f_files, stat.f_favail)) {
        bail!(
            "The folder for temporary files, {}, takes only {files} more files, however small (`df -i`), and the lab's databases take up to \
             {FILES}. Make room there or set TMPDIR to another folder",
            folder.display()
        );
    }
    match room() {
        (folder, Some(free)) if free < ROOM => bail!(
            "The folder for temporary files, {}, has {} KiB free, and the lab's databases take up to {} MiB. Make room there or set TMPDIR \
             to another folder",
            folder.display(),
            free >> 10,
            ROOM >> 20
        ),
        _ => Ok(()),
    }
}

/// How many more files a disk takes, where they are too few. One that has no limit says that it has none at all.
fn files_left(all: u64, left: u64) -> Option<u64> {
    (all > 0 && left < FILES).then_some(left)
}

fn room() -> (PathBuf, Option<u64>) {
    let folder = std::env::temp_dir();
    let free = rustix::fs::statvfs(&folder).ok().map(|stat| stat.f_bavail.saturating_mul(stat.f_frsize));
    (folder, free)
}

/// What the programs of a lab start at once.
const THREADS: usize = 16;

fn can_start_threads() -> Result<()> {
    let start = |_| std::thread::Builder::new().spawn(std::thread::park);
    let started: Vec<_> = (0..THREADS).map(start).collect();
    let failed = started.iter().any(Result::is_err);
    for thread in started.into_iter().flatten() {
        thread.thread().unpark();
        let _ = thread.join();
    }
    if failed {
        bail!(
            "This machine allows no more processes or threads (`ulimit -u`, or a container's limit): end some, or raise it"
        );
    }
    Ok(())
}

fn ran_out_of_memory(stderr: &str) -> bool {
    stderr.contains("memory allocation of")
}

#[cfg(test)]
mod tests {
    use signal_hook::consts::{SIGHUP, SIGTERM, SIGUSR1};

    use super::*;

    #[test]
    fn a_full_disk_is_not_the_learners_fault() {
        for words in [
            "error returned from database: (code: 13) database or disk is full",
            "os error 28: No space left on device",
        ] {
            let error = not_the_machines(words, "").expect_err(words).to_string();
            assert!(error.contains(&std::env::temp_dir().display().to_string()) && error.contains("TMPDIR"), "{error}");
        }
        not_the_machines("panicked at src/x.rs:1:1:\nindex out of bounds", "and no more").expect("the learner's own");
    }

    #[test]
    fn a_disk_without_room_for_more_files_is_full_and_one_without_a_limit_is_not() {
        assert_eq!(files_left(1_000, 3), Some(3));
        assert_eq!(files_left(1_000, FILES), None);
        assert_eq!(files_left(0, 0), None, "btrfs, and tmpfs with nr_inodes=0");
    }

    #[test]
    fn a_server_that_crashed_is_not_the_learners_fault() {
        let panic = "panicked at src/x.rs:1:1:\nPgDatabaseError { code: \"57P02\", message: \"terminating connection because of crash of \
                     another server process\" }";
        let error = not_the_machines(panic, "").expect_err("the machine's").to_string();
        assert!(error.contains("went away"), "{error}");
    }

    #[test]
    fn signals_from_outside_are_named_and_other_ends_are_the_programs() {
        for (signal, word) in [
            (SIGKILL, "memory"),
            (SIGXCPU, "ulimit -t"),
            (SIGXFSZ, "ulimit -f"),
            (SIGTERM, "outside (SIGTERM)"),
            (SIGHUP, "outside (SIGHUP)"),
            (SIGUSR1, "outside (SIGUSR1)"),
            (40, "outside (signal 40)"),
        ] {
            let error = not_from_outside(ExitStatus::from_raw(signal)).expect_err(word).to_string();
            assert!(error.contains(word), "{error}");
        }
        for signal in OF_ITS_OWN {
            not_from_outside(ExitStatus::from_raw(signal)).expect("the program's own");
        }
        not_from_outside(ExitStatus::from_raw(101 << 8)).expect("an exit code");
    }

    #[test]
    fn threads_that_can_be_started_are_no_excuse() {
        not_the_machines("panicked: Resource temporarily unavailable", "").expect("there are threads left");
    }
}
