//! What `perf script` prints of CPU samples.

use std::io::BufRead;

use anyhow::{Context, Result, ensure};
use inferno::collapse::Collapse;
use inferno::collapse::perf::Folder;

use crate::frames::plain;
use crate::stacks::{Stacks, without_the_runner};

/// Reads the samples of `perf script -F comm,pid,tid,time,event,ip,sym,dso`, without the runner's frames and without the process's
/// name. A sample counts once as long as the field `period` is left out.
///
/// # Errors
/// There is none.
pub fn fold(script: impl BufRead) -> Result<Stacks> {
    let mut folded = Vec::new();
    Folder::default().collapse(script, &mut folded).context("Failed to read what `perf script` printed")?;
    let mut stacks = Stacks::default();
    for (frames, samples) in Stacks::parse(&String::from_utf8_lossy(&folded))?.iter() {
        let names: Vec<String> = frames.iter().skip(1).map(|name| plain(name)).collect();
        stacks.add(&without_the_runner(&names), samples);
    }
    ensure!(stacks.total() > 0, "`perf script` printed no sample: did the program run, and use the CPU?");
    Ok(stacks)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of perf 6.1, shortened.
    const SCRIPT: &str = "\
lab-01-string-b 31337 5012.345678: cpu-clock:ppp: 
\t    7f0a4d0c2f00 __memmove_avx_unaligned_erms+0x80 (/usr/lib/x86_64-linux-gnu/libc.so.6)
\t    55d1f4a3c2b0 lab_01_string_building::manifest::carrier_manifest+0x1f0 (/t/lab-01-string-building)
\t    55d1f4a3c000 <lab_harness::kernel::KernelProgram<K> as lab_harness::program::Program>::work+0x30 (/t/lab-01-string-building)
\t    55d1f4a3b000 std::sys::backtrace::__rust_begin_short_backtrace+0x10 (/t/lab-01-string-building)

lab-01-string-b 31337 5012.347682: cpu-clock:ppp: 
\t    55d1f4a3c2b0 lab_01_string_building::manifest::carrier_manifest+0x1f0 (/t/lab-01-string-building)
\t    55d1f4a3c000 <lab_harness::kernel::KernelProgram<K> as lab_harness::program::Program>::work+0x30 (/t/lab-01-string-building)

";

    #[test]
    fn samples_begin_below_the_runner() {
        let stacks = fold(SCRIPT.as_bytes()).expect("folds");
        let manifest = "lab_01_string_building::manifest::carrier_manifest";
        assert_eq!(stacks.to_string(), format!("{manifest} 1\n{manifest};__memmove_avx_unaligned_erms 1\n"));
    }

    #[test]
    fn a_script_without_samples_is_an_error() {
        assert!(fold(&b""[..]).is_err());
        assert!(fold(&b"WARNING: no such thing\n"[..]).is_err());
    }
}
