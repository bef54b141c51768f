//! How long a core may get, and what is kept beside it.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::process::Process;

/// How long a core may get: the reader's limit, if the program keeps to it and the disk has room.
pub(super) fn most_bytes(process: &Process, folder: &Path, max_mib: u64) -> Result<u64> {
    let mib = |bytes: u64| bytes.div_ceil(1 << 20);
    let needed = process.core_bytes()?;
    if mib(needed) > max_mib {
        bail!(
            "the core may take {} MiB, and {max_mib} are allowed: allow more with --max-mib {}, or only look, with --no-core. \
             Started with MALLOC_ARENA_MAX=1 in its environment, a program with many threads needs much less",
            mib(needed),
            mib(needed)
        );
    }
    let disk = rustix::fs::statvfs(folder).context("Failed to ask how much room the disk has")?;
    let free = disk.f_bavail * disk.f_frsize;
    if needed > free {
        bail!(
            "the core may take {} MiB, and the disk of {} has {} free: make room, or only look, with --no-core",
            mib(needed),
            folder.display(),
            mib(free)
        );
    }
    Ok((max_mib << 20).min(free))
}

/// A core is of no use without the very program that it is of, which the next build replaces.
pub(super) fn keep_program(process: &Process, to: &Path) -> Result<()> {
    let from = process.program_path()?;
    let _ = std::fs::remove_file(to);
    let identity = |path: &Path| std::fs::metadata(path).map(|file| (file.dev(), file.ino())).ok();
    let is_the_same = identity(&from).is_some() && identity(&from) == identity(&process.program());
    if is_the_same && std::fs::hard_link(&from, to).is_ok() {
        return Ok(());
    }
    std::fs::copy(process.program(), to).map(drop).context("Failed to keep the program beside its core")
}
