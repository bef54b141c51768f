//! Flamegraphs.

use std::fs;
use std::io::BufWriter;
use std::path::Path;

use anyhow::{Context, Result};
use inferno::flamegraph::{Options, from_lines};
use lab_results::Record;

use crate::stacks::Stacks;
use crate::top::top;

/// Writes a CPU profile into the folder `out`, as `flamegraph.svg` and `stacks.folded`, and says what stands out.
pub fn write_profile(stacks: &Stacks, out: &Path) -> Result<Record> {
    fs::create_dir_all(out).with_context(|| format!("Failed to create {}", out.display()))?;
    let folded = out.join("stacks.folded");
    fs::write(&folded, stacks.to_string()).with_context(|| format!("Failed to write {}", folded.display()))?;
    let svg = out.join("flamegraph.svg");
    draw(stacks, "CPU time: the wider, the more of it", "samples", &svg)?;
    Ok(Record::Profile {
        svg: svg.display().to_string(),
        folded: folded.display().to_string(),
        samples: stacks.total(),
        top: top(stacks),
        cpu_ms: 0.0,
        work: 0,
    })
}

/// Writes a flamegraph that anyone's browser shows. Counts are called `unit`.
pub fn draw(stacks: &Stacks, title: &str, unit: &str, svg: &Path) -> Result<()> {
    let file = fs::File::create(svg).with_context(|| format!("Failed to write {}", svg.display()))?;
    let mut options = Options::default();
    options.title = title.into();
    options.count_name = unit.into();
    options.deterministic = true;
    let folded = stacks.to_string();
    from_lines(&mut options, folded.lines(), BufWriter::new(file))
        .with_context(|| format!("Failed to draw {}", svg.display()))
}
