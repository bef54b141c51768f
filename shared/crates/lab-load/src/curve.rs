//! The saturation curve: what a service answered and how long it took, by what it was offered, as one SVG file.
//!
//! The picture has a background of its own, so that it reads the same on a light and on a dark page, and needs no script, style
//! sheet or font file.

mod panels;
mod points;

use plotters::{
    backend::SVGBackend,
    drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea},
    style::{FontStyle, IntoFont, RGBColor, TextStyle},
};

use crate::knee::{Fit, Knee, Outcome, per_s};

/// Width and height in pixels.
pub const SIZE: (u32, u32) = (800, 500);

/// Title and outcome stand above the panels.
const HEADER_PX: u32 = 52;
const UPPER_PANEL_PX: u32 = 250;

/// What fits into the width at the title's size.
const TITLE_CHARS: usize = 72;

const PAPER: RGBColor = RGBColor(252, 252, 250);
const INK: RGBColor = RGBColor(34, 34, 34);
const FAINT: RGBColor = RGBColor(110, 110, 110);

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// Draws a search: throughput against what was offered, with the diagonal and the law where it applies, above the 99th
/// percentile on a logarithmic scale, with its objective as a line where there is one. Discarded steps are hollow.
pub fn svg(title: &str, knee: &Knee, fit: &Fit, p99_objective_ms: Option<f64>) -> String {
    let mut svg = String::new();
    let drawn = draw(&SVGBackend::with_string(&mut svg, SIZE).into_drawing_area(), title, knee, fit, p99_objective_ms);
    // A string takes everything that is written into it, and the areas are of a fixed size that has room for their labels.
    drawn.expect("a picture of fixed size in memory");
    svg
}

fn draw(area: &Area<'_>, title: &str, knee: &Knee, fit: &Fit, p99_objective_ms: Option<f64>) -> Drawn {
    area.fill(&PAPER)?;
    area.draw_text(&one_line(title), &("sans-serif", 22, FontStyle::Bold).into_font().color(&INK), (16, 10))?;
    area.draw_text(&summary(knee), &font(16, &FAINT), (16, 33))?;
    let (_header, panels) = area.split_vertically(HEADER_PX);
    let (upper, lower) = panels.split_vertically(UPPER_PANEL_PX);
    panels::throughput(&upper, knee, fit)?;
    panels::latency(&lower, knee, p99_objective_ms)?;
    area.present()
}

/// Text in the reader's own sans serif font.
fn font(size: u32, color: &RGBColor) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(color)
}

/// The title as XML can carry it (plotters escapes the rest) and as the picture has room for it.
fn one_line(title: &str) -> String {
    let mut line: String = title.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.chars().count() > TITLE_CHARS {
        line = line.chars().take(TITLE_CHARS - 1).chain(['…']).collect();
    }
    line
}

fn summary(knee: &Knee) -> String {
    let kept = knee.kept_per_s.map(|rate| format!(", kept at {}", per_s(rate))).unwrap_or_default();
    let broken = knee.broken_per_s.map(|rate| format!(", not kept at {}", per_s(rate))).unwrap_or_default();
    let outcome = match knee.outcome {
        Outcome::Found => "Knee found",
        Outcome::Unconfirmed => "No knee to believe: the repeats contradict the search",
        Outcome::NeverKept => "Objectives never kept",
        Outcome::KeptToMaximum => "No knee up to the maximum rate",
        Outcome::GeneratorAtItsEnd => "The generator, not the service, was at its end",
        Outcome::OutOfSteps => "Steps used up before a knee was confirmed",
        Outcome::Stopped => "Stopped before a knee was found",
    };
    format!("{outcome}{kept}{broken}")
}
