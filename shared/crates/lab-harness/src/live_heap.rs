//! What a long-running process holds right now, by who asked for it: jemalloc's sampling heap profile.
//!
//! jemalloc remembers the stack of one request for every so many bytes, and forgets it when the block is freed; asked at any time it
//! tells what is live. That is cheap enough for a service in production. Its answers are estimates, and requests that were freed
//! are not in them: those are counted by [`heap`](../heap/index.html)'s dhat.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use lab_results::{HeapSite, Record};
use tikv_jemalloc_ctl::{Access, AsName};

use crate::sites::{Frame, Sites};

/// Where jemalloc looks for its options when the process starts, and what it has to find there: a sample for every 64 KiB.
pub(crate) const OPTIONS: (&str, &str) = ("_RJEM_MALLOC_CONF", "prof:true,lg_prof_sample:16");

/// How long between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Looks at this process again and again until it is told to finish.
pub(crate) struct Looking {
    stop: Sender<()>,
    looks: JoinHandle<Result<u64>>,
    file: PathBuf,
}

/// Starts to look. The answer that will be kept is `out/live.heap`.
pub(crate) fn start(out: &Path) -> Result<Looking> {
    let is_on: bool = "opt.prof\0".name().read().map_err(|error| anyhow!("jemalloc does not profile: {error}"))?;
    if !is_on {
        bail!("jemalloc was started without its profiler: set {}={}", OPTIONS.0, OPTIONS.1);
    }
    fs::create_dir_all(out).with_context(|| format!("Failed to create {}", out.display()))?;
    let file = out.join("live.heap");
    let (stop, stopped) = channel();
    let largest = file.clone();
    let look = move || {
        let next = largest.with_extension("next");
        // jemalloc wants a name that lives as long as the process; this is the only one.
        let name: &'static str = format!("{}\0", next.display()).leak();
        let (mut looks, mut most) = (0, 0);
        while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(PAUSE) {
            "prof.dump\0".name().write(name).map_err(|error| anyhow!("jemalloc cannot write {name:?}: {error}"))?;
            looks += 1;
            let live = Dump::parse(&fs::read_to_string(&next)?)?.live_bytes();
            if looks == 1 || live > most {
                most = live;
                fs::rename(&next, &largest)?;
            }
        }
        // There is none where the last look was the largest.
        let _ = fs::remove_file(&next);
        Ok(looks)
    };
    let looks = std::thread::Builder::new().name("live-heap".into()).spawn(look)?;
    Ok(Looking { stop, looks, file })
}

impl Looking {
    /// Stops, draws the moment at which most was live, and says by whom.
    pub(crate) fn finish(self) -> Result<Record> {
        drop(self.stop);
        let looks = self.looks.join().map_err(|_| anyhow!("the thread that looks at the heap panicked"))??;
        if looks == 0 {
            bail!("the service ended before anybody looked at its heap; look for longer than {PAUSE:?}");
        }
        let dump = Dump::parse(&fs::read_to_string(&self.file)?)?;
        let mut sites = Sites::default();
        for (addresses, (bytes, blocks)) in &dump.stacks {
            let frames: Vec<Frame> = addresses.iter().flat_map(|&address| resolve(address)).collect();
            let live = HeapSite { bytes: *bytes as u64, blocks: *blocks as u64, ..HeapSite::default() };
            sites.add(&frames.iter().collect::<Vec<_>>(), &live);
        }
        let svg = self.file.with_file_name("flamegraph.svg");
        sites.draw("Bytes live at the fullest moment seen: the wider, the more of them", &svg)?;
        Ok(Record::LiveHeap {
            file: self.file.display().to_string(),
            svg: svg.display().to_string(),
            looks,
            sample_bytes: dump.sample_bytes,
            live_bytes: dump.live_bytes(),
            sites: sites.into_list(),
        })
    }
}

/// What jemalloc wrote: live bytes and blocks by stack, estimated.
struct Dump {
    sample_bytes: u64,
    stacks: BTreeMap<Vec<usize>, (f64, f64)>,
}

impl Dump {
    /// Reads the format `heap_v2`: a stack's addresses after `@`, below it `t*: BLOCKS: BYTES [...]` of what was sampled there.
    fn parse(text: &str) -> Result<Dump> {
        let first = text.lines().next().unwrap_or_default();
        let sample_bytes = first.strip_prefix("heap_v2/").and_then(|bytes| bytes.parse().ok());
        let sample_bytes: u64 = sample_bytes.with_context(|| format!("{first:?} is not jemalloc's heap_v2"))?;
        let mut stacks = BTreeMap::new();
        let mut addresses: Option<Vec<usize>> = None;
        for line in text.lines().take_while(|line| !line.starts_with("MAPPED_LIBRARIES")) {
            if let Some(stack) = line.strip_prefix("@ ") {
                let hexadecimal = |word: &str| usize::from_str_radix(word.trim_start_matches("0x"), 16);
                let parsed: Result<Vec<_>, _> = stack.split_whitespace().map(hexadecimal).collect();
                addresses = Some(parsed.with_context(|| format!("`{line}` is not a stack"))?);
            } else if let Some(sampled) = line.trim_start().strip_prefix("t*: ")
                && let Some(addresses) = addresses.take()
            {
                let mut words = sampled.split([':', ' ']).filter_map(|word| word.parse::<f64>().ok());
                let (Some(blocks), Some(bytes)) = (words.next(), words.next()) else {
                    bail!("`{line}` is not what was sampled");
                };
                stacks.insert(addresses, estimated(blocks, bytes, sample_bytes as f64));
            }
        }
        Ok(Dump { sample_bytes, stacks })
    }

    fn live_bytes(&self) -> u64 {
        self.stacks.values().map(|(bytes, _)| bytes).sum::<f64>() as u64
    }
}

/// Bytes and blocks that samples stand for. A block of n bytes is sampled with probability 1 - e^(-n / sample), as jeprof has it.
fn estimated(blocks: f64, bytes: f64, sample: f64) -> (f64, f64) {
    if blocks == 0.0 {
        return (0.0, 0.0);
    }
    let probability = 1.0 - (-(bytes / blocks) / sample).exp();
    (bytes / probability, blocks / probability)
}

/// The frames at an address of this process, inlined ones first.
fn resolve(address: usize) -> Vec<Frame> {
    let mut frames = Vec::new();
    // A stack holds where calls return to; the call itself stands before that.
    backtrace::resolve((address - 1) as *mut c_void, |symbol| {
        // Without the crates' hashes.
        let name = symbol.name().map(|name| format!("{name:#}")).unwrap_or_default();
        let file = symbol.filename().map(|file| file.display().to_string()).unwrap_or_default();
        let line = symbol.lineno().map(|line| line.to_string()).unwrap_or_default();
        frames.push(Frame::new(&name, &file, &line));
    });
    frames
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUMP: &str = "heap_v2/65536\n  t*: 9: 9 [0: 0]\n  t0: 9: 9 [0: 0]\n@ 0x10 0x20\n  t*: 2: 20000000 [0: 0]\n  t0: 2: 20000000 [0: 0]\n\
                        @ 0x30\n  t*: 10: 10240 [0: 0]\n  t1: 10: 10240 [0: 0]\n@ 0x40\n  t*: 0: 0 [0: 0]\nMAPPED_LIBRARIES:\n@ nothing\n";

    #[test]
    fn samples_stand_for_what_was_not_sampled() {
        let dump = Dump::parse(DUMP).expect("parses");
        assert_eq!(dump.sample_bytes, 65_536);
        let (bytes, blocks) = dump.stacks[&vec![0x10, 0x20]];
        assert!((bytes - 2e7).abs() < 1.0 && (blocks - 2.0).abs() < 1e-6, "large blocks are all sampled: {bytes}");
        let (_, blocks) = dump.stacks[&vec![0x30]];
        assert!((640.0..651.0).contains(&blocks), "one of 64.5 blocks of 1 KiB is sampled: {blocks}");
        assert_eq!(dump.stacks[&vec![0x40]], (0.0, 0.0));
    }

    #[test]
    fn another_format_is_an_error() {
        assert!(Dump::parse("").is_err());
        assert!(Dump::parse("heap_v2/512\n@ rubbish\n").is_err());
        assert!(Dump::parse("heap_v2/512\n@ 0x1\n  t*: many\n").is_err());
    }
}
