//! Differential flamegraphs: one profile, coloured by what changed since another.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use inferno::differential;
use inferno::flamegraph::{self, color::BackgroundColor};
use lab_results::Record;
use lab_results::gate::figure;

use crate::changes::changed;
use crate::profiled::Profiled;

/// What inferno draws where the legend goes.
const LEGEND: &str = "LEGEND";

/// Writes two differential flamegraphs into the folder `out`, and says what changed: `flamegraph.svg` with the widths of the second
/// profile, and `flamegraph-reverse.svg` with those of the first, because what vanished has no width in the second.
pub fn write_difference(before: &Profiled, after: &Profiled, out: &Path) -> Result<Record> {
    let [before, after] = [before, after]
        .map(|profiled| Profiled { stacks: profiled.stacks.renamed(by_the_labs_name), ..profiled.clone() });
    for profiled in [&before, &after] {
        ensure!(
            profiled.stacks.total() > 0,
            "The profile of {} has no samples: there is nothing to compare",
            profiled.name
        );
    }
    fs::create_dir_all(out).with_context(|| format!("Failed to create {}", out.display()))?;
    let cpu_ms = Profiled::cpu_ms_per_unit([&before, &after]);
    let (svg, reverse) = (out.join("flamegraph.svg"), out.join("flamegraph-reverse.svg"));
    draw(&before, &after, false, &svg)?;
    draw(&before, &after, true, &reverse)?;
    Ok(Record::FlameDiff {
        svg: svg.display().to_string(),
        reverse: reverse.display().to_string(),
        samples: [before.stacks.total(), after.stacks.total()],
        cpu_ms,
        work_of: String::new(),
        changed: changed(&before, &after),
        before: before.name,
        after: after.name,
    })
}

/// A solution's function is the lab's, mended: both go by the lab's name, or nothing would be on both sides.
fn by_the_labs_name(frame: &str) -> String {
    match frame.strip_prefix("solution_") {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => format!("lab_{rest}"),
        _ => frame.into(),
    }
}

/// Red is more of the time after than before, in the reverse picture too: there inferno takes the profiles in the other order, and
/// turns the sign of what it finds.
fn draw(before: &Profiled, after: &Profiled, is_reverse: bool, svg: &Path) -> Result<()> {
    let (from, to) = if is_reverse { (after, before) } else { (before, after) };
    let mut lines = Vec::new();
    let normalized = differential::Options { normalize: true, ..Default::default() };
    let folded = [from, to].map(|profiled| profiled.stacks.to_string());
    differential::from_readers(normalized, folded[0].as_bytes(), folded[1].as_bytes(), &mut lines)
        .context("Failed to compare the stacks")?;
    let lines = String::from_utf8(lines).context("inferno's lines are not UTF-8")?;

    let mut options = flamegraph::Options::default();
    options.title = match is_reverse {
        false => format!("{}, coloured by what changed since {}", after.name, before.name),
        true => format!("{}, coloured by what changed until {}", before.name, after.name),
    };
    options.subtitle = Some(LEGEND.into());
    options.negate_differentials = is_reverse;
    options.bgcolors = Some(BackgroundColor::Grey);
    options.count_name = "samples".into();
    options.deterministic = true;
    let mut drawn = Vec::new();
    flamegraph::from_lines(&mut options, lines.lines(), &mut drawn)
        .with_context(|| format!("Failed to draw {}", svg.display()))?;
    let drawn = String::from_utf8(drawn).context("inferno's picture is not UTF-8")?;
    let drawn = drawn.replacen(&format!(">{LEGEND}<"), &format!(">{}<", legend(before, after, is_reverse)), 1);
    fs::write(svg, drawn).with_context(|| format!("Failed to write {}", svg.display()))
}

/// Two lines below the title, with the colours themselves. The pictures show shares, so red alone does not mean slower.
fn legend(before: &Profiled, after: &Profiled, is_reverse: bool) -> String {
    let widths = if is_reverse { &before.name } else { &after.name };
    let square =
        |colour: &str, text: &str| format!("<tspan fill=\"{colour}\">\u{25a0}</tspan> {text}\u{a0}\u{a0}\u{a0}");
    let red = format!("red: a larger share of the time in {} than in {} (worse)", after.name, before.name);
    let cpu = Profiled::cpu_ms_per_unit([before, after]).map_or_else(String::new, |[from, to]| {
        let caveat = if to < from { ": what is red can still be faster" } else { "" };
        format!("; CPU time a unit of work: {} ms, then {} ms{caveat}", figure(from), figure(to))
    });
    format!(
        "<tspan x=\"50%\" y=\"40\">{}{}no colour: the same</tspan>\
         <tspan x=\"50%\" y=\"55\">widths: {widths}; colours: a frame's own time, not what it calls{cpu}</tspan>",
        square("rgb(255,100,100)", &red),
        square("rgb(100,100,255)", "blue: a smaller one (better)"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stacks::Stacks;

    const BEFORE: &str = "lab_01_x::f;doubles 100\nlab_01_x::f;vanishes 200\nlab_01_x::f;stays 100\n";
    const AFTER: &str = "solution_01_x::f;doubles 400\nsolution_01_x::f;is_new 200\nsolution_01_x::f;stays 200\n";

    /// Red and blue of each frame, by its name.
    fn colours(svg: &Path) -> Vec<(String, [u8; 2])> {
        let text = fs::read_to_string(svg).expect("reads");
        let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
        let document = roxmltree::Document::parse_with_options(&text, options).expect("well-formed");
        let frames = document.descendants().find(|node| node.attribute("id") == Some("frames")).expect("frames");
        let child = |node: roxmltree::Node<'_, '_>, name: &str| {
            node.children().find(|child| child.has_tag_name(name)).map(|n| n.id())
        };
        let frames = frames.children().filter(|node| node.has_tag_name("g")).map(|g| {
            let of = |name| document.get_node(child(g, name).expect(name)).expect("is there");
            let title = of("title").text().expect("a title").to_string();
            let fill = of("rect").attribute("fill").expect("a colour").trim_start_matches("rgb(").trim_end_matches(')');
            let channels: Vec<u8> = fill.split(',').map(|channel| channel.parse().expect("a channel")).collect();
            (title.split(" (").next().expect("a name").to_string(), [channels[0], channels[2]])
        });
        frames.collect()
    }

    #[test]
    fn red_is_worse_in_both_pictures_and_what_vanished_is_in_the_reverse_one() {
        let out = tempfile::tempdir().expect("a folder");
        let profiled = |name: &str, folded, work| Profiled {
            name: name.into(),
            stacks: Stacks::parse(folded).expect("folded"),
            cpu_ms: 1_000.0,
            work,
        };
        let (before, after) = (profiled("original", BEFORE, 0), profiled("reference", AFTER, 0));
        let record = write_difference(&before, &after, out.path()).expect("draws");
        let Record::FlameDiff { svg, reverse, samples, changed, .. } = record else { panic!("{record:?}") };
        assert_eq!(samples, [400, 800]);
        assert_eq!(
            changed.iter().map(|change| change.frame.as_str()).collect::<Vec<_>>(),
            ["vanishes", "doubles", "is_new"]
        );

        // The strongest colour is that of `vanishes`; what changed half as much has half of it.
        let (half_red, blue, white) = ([255, 175], [100, 255], [250, 250]);
        let expected =
            [("all", white), ("doubles", half_red), ("is_new", half_red), ("lab_01_x::f", white), ("stays", white)];
        let mut forward = colours(Path::new(&svg));
        forward.sort();
        assert_eq!(forward, expected.map(|(name, colour)| (name.to_string(), colour)));
        let reversed = colours(Path::new(&reverse));
        assert!(
            reversed.contains(&("vanishes".into(), blue)) && !reversed.iter().any(|(name, _)| name == "is_new"),
            "{reversed:?}"
        );
        let doubles = reversed.iter().find(|(name, _)| name == "doubles").expect("is in both").1;
        assert!(doubles[0] > doubles[1], "more after is red here too: {doubles:?}");

        for (picture, widths) in [(&svg, "widths: reference"), (&reverse, "widths: original")] {
            let text = fs::read_to_string(picture).expect("reads");
            assert!(
                text.contains("red: a larger share of the time in reference than in original (worse)")
                    && text.contains(widths)
            );
            assert!(!text.contains(LEGEND) && !text.contains("solution_"));
        }
    }

    #[test]
    fn a_profile_without_samples_is_an_error_that_names_it() {
        let out = tempfile::tempdir().expect("a folder");
        let empty = Profiled { name: "yours".into(), stacks: Stacks::default(), cpu_ms: 0.0, work: 0 };
        let error = write_difference(&empty, &empty, out.path()).expect_err("nothing to draw").to_string();
        assert!(error.contains("yours") && error.contains("no samples"), "{error}");
    }
}
