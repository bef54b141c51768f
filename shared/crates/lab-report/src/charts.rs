//! Charts as SVG inside the page. Each says in words what it shows, and takes its colours from the page: plotters writes the ones
//! below, and the style sheet has a rule for each of them.

mod bars;
mod growth;
mod percentiles;
mod ratios;
mod timeline;

use std::io::Error;

use maud::{Markup, PreEscaped, html};
use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{IntoFont, RGBColor, TextStyle};

pub use bars::{Bar, Limit, bars};
pub use growth::{Curve, growth};
pub use percentiles::percentiles;
pub use ratios::ratios;
pub use timeline::timeline;

/// Every chart is as wide as this, so that their letters are as large as each other's.
const WIDTH: u32 = 440;
const FONT_PX: u32 = 14;

const INK: RGBColor = RGBColor(0x1D, 0x20, 0x24);
const FAINT: RGBColor = RGBColor(0x5F, 0x66, 0x70);
const RULE: RGBColor = RGBColor(0xD8, 0xDB, 0xE0);
const BAD: RGBColor = RGBColor(0xA8, 0x32, 0x22);
const ORIGINAL: RGBColor = RGBColor(0x8D, 0x95, 0xA0);
const YOURS: RGBColor = RGBColor(0x1B, 0x5F, 0xA8);
const REFERENCE: RGBColor = RGBColor(0x2C, 0x31, 0x38);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), DrawingAreaErrorKind<Error>>;

/// The colour of a subject, everywhere the same.
fn colour(subject: &str) -> RGBColor {
    match subject {
        "original" => ORIGINAL,
        "yours" => YOURS,
        _ => REFERENCE,
    }
}

/// A chart with its title above and what it takes to repeat it below.
pub fn figure(title: &str, chart: &Markup, facts: &str) -> Markup {
    html! {
        figure class="chart" {
            p class="title" { (title) }
            (chart)
            figcaption { (facts) }
        }
    }
}

/// Draws something and wraps it into an element that says in words what it shows.
fn svg(height: u32, says: &str, draw: impl FnOnce(&Area<'_>) -> Drawn) -> Markup {
    let mut text = String::new();
    let drawn = draw(&SVGBackend::with_string(&mut text, (WIDTH, height)).into_drawing_area());
    // A string takes everything that is written into it, and all coordinates are finite: see `drawable`.
    drawn.expect("a picture in memory");
    let inside = text.split_once('>').map_or("", |(_, rest)| rest);
    let inside = inside.rsplit_once("</svg>").map_or(inside, |(inside, _)| inside);
    html! {
        svg role="img" aria-label=(says) viewBox={ "0 0 " (WIDTH) " " (height) } { (PreEscaped(inside)) }
    }
}

/// What a logarithm and a picture can show.
fn drawable(value: f64) -> bool {
    value.is_finite() && value > 0.0 && value < 1e18
}

fn font(colour: &RGBColor) -> TextStyle<'static> {
    ("sans-serif", FONT_PX).into_font().color(colour)
}

fn anchored(style: TextStyle<'static>, side: HPos) -> TextStyle<'static> {
    style.pos(Pos::new(side, VPos::Center))
}

/// A text as a picture can carry it and has room for it.
fn fitting(text: &str, most: usize) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.chars().count() <= most {
        return line;
    }
    line.chars().take(most - 1).chain(['…']).collect()
}

/// Marks for a logarithmic axis: powers of ten, with 2 and 5 between them where those are few.
fn log_marks(low: f64, high: f64) -> Vec<f64> {
    let decades = low.log10().floor() as i32..=high.log10().ceil() as i32;
    let marks = |factors: &'static [f64]| {
        decades
            .clone()
            .flat_map(|decade| factors.iter().map(move |factor| factor * 10f64.powi(decade)))
            .filter(|mark| (low..=high).contains(mark))
            .collect::<Vec<_>>()
    };
    let tens = marks(&[1.0]);
    match tens.len() {
        0..=2 => marks(&[1.0, 2.0, 5.0]),
        3..=6 => tens,
        // Every second or third power keeps the axis readable.
        many => tens.into_iter().step_by(many.div_ceil(6)).collect(),
    }
}

/// A figure as short as an axis needs it: `20k`, `1.5M`.
fn short(value: f64) -> String {
    let (scaled, suffix) = match value.abs() {
        v if v >= 1e9 => (value / 1e9, "G"),
        v if v >= 1e6 => (value / 1e6, "M"),
        v if v >= 1e4 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let text = format!("{scaled:.3}");
    format!("{}{suffix}", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests;
