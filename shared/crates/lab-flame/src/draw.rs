//! Flamegraphs.

use std::fs;
use std::io::BufWriter;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use inferno::flamegraph::{Options, from_lines};
use lab_results::Record;

use crate::offcpu::OffCpu;
use crate::pprof;
use crate::profiled::Sampling;
use crate::stacks::Stacks;
use crate::top::top;

/// Writes a CPU profile into the folder `out`, as `flamegraph.svg`, `stacks.folded` and `profile.pb.gz`, and says what stands out.
///
/// # Errors
/// No frame has a name, or the folder cannot be written.
pub fn write_profile(stacks: &Stacks, sampling: &Sampling, out: &Path) -> Result<Record> {
    ensure_named(stacks)?;
    fs::create_dir_all(out).with_context(|| format!("Failed to create {}", out.display()))?;
    let folded = write(&out.join("stacks.folded"), stacks.to_string().as_bytes())?;
    let pprof = write(&out.join("profile.pb.gz"), &pprof::encode(stacks, sampling)?)?;
    let svg = out.join("flamegraph.svg");
    draw(stacks, "CPU time: the wider, the more of it", "samples", &svg)?;
    Ok(Record::Profile {
        svg: svg.display().to_string(),
        folded,
        pprof: Some(pprof),
        sampler: Some(sampling.sampler.clone()),
        samples: stacks.total(),
        top: top(stacks),
        cpu_ms: 0.0,
        work: 0,
        work_of: String::new(),
    })
}

/// Writes off-CPU times into the folder `out`, as `flamegraph.svg` and `stacks.folded` where anybody waited, and says for what.
///
/// # Errors
/// No frame has a name, or the folder cannot be written.
pub fn write_off_cpu(off_cpu: &OffCpu, out: &Path) -> Result<Record> {
    ensure_named(&off_cpu.blocked)?;
    fs::create_dir_all(out).with_context(|| format!("Failed to create {}", out.display()))?;
    let (svg, folded) = (out.join("flamegraph.svg"), out.join("stacks.folded"));
    let blocked = &off_cpu.blocked;
    let is_drawn = blocked.total() > 0;
    if is_drawn {
        write(&folded, blocked.to_string().as_bytes())?;
        draw(blocked, "Off the CPU: the wider, the longer threads waited", "us", &svg)?;
    } else {
        // A picture of an earlier run would be taken for this one's. That there may be none is what is wanted.
        let _ = (fs::remove_file(&svg), fs::remove_file(&folded));
    }
    let path = |path: &Path| is_drawn.then(|| path.display().to_string());
    let ms = |us: u64| us as f64 / 1e3;
    let mut reasons: Vec<(String, f64)> =
        off_cpu.reasons.iter().map(|(reason, &us)| (reason.to_string(), ms(us))).collect();
    reasons.sort_by(|a, b| b.1.total_cmp(&a.1));
    Ok(Record::OffCpu {
        svg: path(&svg),
        folded: path(&folded),
        blocked_ms: ms(blocked.total()),
        reasons,
        idle_ms: ms(off_cpu.idle),
        preempted_ms: ms(off_cpu.preempted),
        top: if is_drawn { top(blocked) } else { Vec::new() },
    })
}

/// A program of Rust has functions with paths on every stack. Where there are none, what is seen is the C library's own exported names:
/// a picture of them would look like a finding.
fn ensure_named(stacks: &Stacks) -> Result<()> {
    let is_named =
        stacks.total() == 0 || stacks.iter().any(|(frames, _)| frames.iter().any(|name| name.contains("::")));
    ensure!(
        is_named,
        "The profile has no names of functions: the program was built without symbols. Look for `strip` in Cargo's \
         configuration (~/.cargo/config.toml), for CARGO_PROFILE_RELEASE_STRIP, and for `-C strip` in RUSTFLAGS; take it \
         away and profile again"
    );
    Ok(())
}

fn write(path: &Path, content: &[u8]) -> Result<String> {
    fs::write(path, content).with_context(|| format!("Failed to write {}", path.display()))?;
    Ok(path.display().to_string())
}

/// Writes a flamegraph that anyone's browser shows. Counts are called `unit`.
///
/// # Errors
/// No frame has a name, or the file cannot be written.
pub fn draw(stacks: &Stacks, title: &str, unit: &str, svg: &Path) -> Result<()> {
    ensure_named(stacks)?;
    let file = fs::File::create(svg).with_context(|| format!("Failed to write {}", svg.display()))?;
    let mut options = Options::default();
    options.title = title.into();
    options.count_name = unit.into();
    options.deterministic = true;
    let folded = stacks.to_string();
    from_lines(&mut options, folded.lines(), BufWriter::new(file))
        .with_context(|| format!("Failed to draw {}", svg.display()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_profile_without_names_is_an_error_that_says_why() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let sampling = Sampling { sampler: "test".into(), hertz: 1, duration: Duration::from_secs(1) };
        let stripped =
            Stacks::parse("_start;__libc_start_call_main 90\n__libc_start_call_main;memcpy 3\n").expect("folded");
        let error = write_profile(&stripped, &sampling, folder.path()).expect_err("names nobody");
        assert!(error.to_string().contains("strip"), "{error}");
        assert_eq!(folder.path().read_dir().expect("reads").count(), 0, "nothing is kept of it");
        let off_cpu = OffCpu { blocked: stripped, ..OffCpu::default() };
        assert!(write_off_cpu(&off_cpu, folder.path()).is_err());
        assert!(write_off_cpu(&OffCpu::default(), folder.path()).is_ok(), "nobody waited");
        let named = Stacks::parse("_start;lab_01::f;memcpy 3\n").expect("folded");
        assert!(write_profile(&named, &sampling, folder.path()).is_ok());
    }
}
