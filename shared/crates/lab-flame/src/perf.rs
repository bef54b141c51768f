//! What `perf script` prints of CPU samples.

use std::io::{BufRead, BufReader, Read};

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
    let script = BufReader::new(PlainObjects { script, line: Vec::new(), given: 0 });
    Folder::default().collapse(script, &mut folded).context("Failed to read what `perf script` printed")?;
    let mut stacks = Stacks::default();
    for (frames, samples) in Stacks::parse(&String::from_utf8_lossy(&folded))?.iter() {
        let names: Vec<String> = frames.iter().skip(1).map(|name| plain(name)).collect();
        stacks.add(&without_the_runner(&names), samples);
    }
    ensure!(stacks.total() > 0, "`perf script` printed no sample: did the program run, and use the CPU?");
    Ok(stacks)
}

/// The name and the object of a stack's line such as `  55d1f4a3c2b0 a::b+0x1f0 (/t/program)`. A path may have blanks and brackets; a
/// symbol has no ` (/` within.
pub(crate) fn name_and_object(line: &str) -> Option<(&str, &str)> {
    let (_, rest) = line.trim().split_once(' ')?;
    let at = rest.find(" (/").or_else(|| rest.rfind(" ("))?;
    let object = &rest[at + 2..];
    Some((rest[..at].trim(), object.strip_suffix(')').unwrap_or(object)))
}

/// A script whose objects are one word each: inferno takes the last word of a line for the object, and the rest for the function.
struct PlainObjects<R> {
    script: R,
    line: Vec<u8>,
    given: usize,
}

impl<R: BufRead> Read for PlainObjects<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.given == self.line.len() {
            let mut line = Vec::new();
            self.script.read_until(b'\n', &mut line)?;
            self.line = with_plain_object(&line).unwrap_or(line);
            self.given = 0;
        }
        let length = buffer.len().min(self.line.len() - self.given);
        buffer[..length].copy_from_slice(&self.line[self.given..self.given + length]);
        self.given += length;
        Ok(length)
    }
}

/// A stack's line with its object in one word; nothing where it is no such line, or has one.
fn with_plain_object(line: &[u8]) -> Option<Vec<u8>> {
    if !line.starts_with(b" ") && !line.starts_with(b"\t") {
        return None;
    }
    let line = String::from_utf8_lossy(line);
    let (_, object) = name_and_object(&line)?;
    let is_plain = |c: char| c.is_alphanumeric() || "/.-_".contains(c);
    // `[kernel.kallsyms]` and `[unknown]` are no paths.
    if !object.starts_with('/') || object.chars().all(is_plain) {
        return None;
    }
    let plain: String = object.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    let before = line.trim_end().strip_suffix(')')?.strip_suffix(object)?;
    Some(format!("{before}{plain})\n").into_bytes())
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
    fn a_folder_is_not_a_word() {
        let stacks = fold(SCRIPT.as_bytes()).expect("folds");
        for folder in ["/a b", "/a [b] c", "/a (b)", "/a(b) (/c", "/[vdso]", "/ä;é d"] {
            let script = SCRIPT.replace("(/t/", &format!("({folder}/"));
            assert_eq!(fold(script.as_bytes()).expect("folds"), stacks, "{folder}");
        }
    }

    #[test]
    fn a_script_without_samples_is_an_error() {
        assert!(fold(&b""[..]).is_err());
        assert!(fold(&b"WARNING: no such thing\n"[..]).is_err());
    }
}
