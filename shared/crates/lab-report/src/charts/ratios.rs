//! Timed ratios with their intervals, around the line of no difference.

use lab_results::names::{margin_label, ratio_label};
use lab_results::verdict::Ratio;
use maud::Markup;
use plotters::element::{Circle, PathElement, Rectangle, Text};
use plotters::style::Color;
use plotters::style::text_anchor::HPos;

use super::{
    FAINT, INK, ORIGINAL, REFERENCE, RULE, WIDTH, YOURS, anchored, drawable, fitting, font, log_marks, short, svg,
};

const ROW_PX: i32 = 44;
const LEFT_PX: i32 = 14;
const AXIS_PX: i32 = 40;

/// Draws the ratios on a logarithmic axis, where twice as fast and half as fast are as far from 1.
pub fn ratios(title: &str, ratios: &[Ratio]) -> Option<Markup> {
    let ratios: Vec<&Ratio> =
        ratios.iter().filter(|r| [r.ratio.low, r.ratio.median, r.ratio.high].into_iter().all(drawable)).collect();
    let low = ratios.iter().map(|ratio| ratio.ratio.low).reduce(f64::min)?.min(1.0) / 1.1;
    let high = ratios.iter().map(|ratio| ratio.ratio.high).reduce(f64::max)?.max(1.0) * 1.1;
    let says: Vec<String> = ratios
        .iter()
        .map(|ratio| {
            format!(
                "{}: {}, {}, margin {}",
                ratio_label(ratio),
                interval(ratio),
                ratio.finding.as_str(),
                margin_label(ratio.margin)
            )
        })
        .collect();
    let says = format!("{title}, above 1 the second takes less time. {}", says.join("; "));
    let height = ROW_PX * ratios.len() as i32 + AXIS_PX;
    let room = f64::from(WIDTH as i32 - 2 * LEFT_PX);
    let x = |value: f64| LEFT_PX + ((value / low).ln() / (high / low).ln() * room).round() as i32;
    Some(svg(height as u32, &says, |area| {
        let bottom = height - AXIS_PX;
        for (row, ratio) in ratios.iter().enumerate() {
            // Within the band the two count as the same.
            let Some(margin) = ratio.margin.filter(|margin| drawable(*margin)) else { continue };
            let y = ROW_PX * row as i32;
            let edge = |value: f64| x(value.clamp(low, high));
            let band = [(edge(1.0 / (1.0 + margin)), y + 22), (edge(1.0 + margin), y + 37)];
            area.draw(&Rectangle::new(band, RULE.filled()))?;
        }
        for mark in log_marks(low, high) {
            // Lines only where the intervals are: they would run through the words.
            for row in 0..ratios.len() as i32 {
                let ends = [(x(mark), ROW_PX * row + 22), (x(mark), ROW_PX * row + 37)];
                area.draw(&PathElement::new(ends, if mark == 1.0 { INK } else { RULE }))?;
            }
            let text = format!("{}×", short(mark));
            area.draw(&Text::new(text, (x(mark), bottom + 10), anchored(font(&FAINT), HPos::Center)))?;
        }
        let axis = "how many times faster the second is";
        area.draw(&Text::new(axis, (WIDTH as i32 / 2, bottom + 28), anchored(font(&FAINT), HPos::Center)))?;
        for (i, ratio) in ratios.iter().enumerate() {
            let y = ROW_PX * i as i32;
            let colour = match () {
                () if ratio.is_noise() => ORIGINAL,
                () if ratio.name.ends_with("yours") => YOURS,
                () => REFERENCE,
            };
            area.draw(&Text::new(fitting(&ratio_label(ratio), 38), (0, y + 12), anchored(font(&INK), HPos::Left)))?;
            let figures = anchored(font(&FAINT), HPos::Right);
            area.draw(&Text::new(interval(ratio), (WIDTH as i32, y + 12), figures))?;
            let ends = [(x(ratio.ratio.low), y + 29), (x(ratio.ratio.high), y + 29)];
            area.draw(&PathElement::new(ends, colour.stroke_width(3)))?;
            area.draw(&Circle::new((x(ratio.ratio.median), y + 29), 5, colour.filled()))?;
        }
        area.present()
    }))
}

fn interval(ratio: &Ratio) -> String {
    let digits = if ratio.ratio.median < 10.0 { 2 } else { 1 };
    let places = |value: f64| format!("{value:.digits$}");
    format!("{}× ({} to {})", places(ratio.ratio.median), places(ratio.ratio.low), places(ratio.ratio.high))
}
