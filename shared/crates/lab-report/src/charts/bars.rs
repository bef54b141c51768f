//! Bars from zero, with the figure at their end and the limit across them.

use lab_results::gate::figure;
use maud::Markup;
use plotters::element::{PathElement, Rectangle, Text};
use plotters::style::text_anchor::HPos;
use plotters::style::{Color, RGBColor};

use super::{BAD, FAINT, INK, RULE, WIDTH, YOURS, anchored, colour, fitting, font, svg};

/// One bar.
pub struct Bar {
    /// What it is of.
    pub label: String,
    /// How long it is.
    pub value: f64,
    /// `original`, `yours`, `reference`: gives the colour. Nothing: the colour says whether the limit is kept.
    pub subject: Option<&'static str>,
}

/// A limit across the bars.
pub struct Limit {
    /// Where.
    pub at: f64,
    /// What it is called, such as `SLO` or `allowed`.
    pub name: &'static str,
    /// Whether less than it is too little, rather than more too much.
    pub is_least: bool,
}

impl Limit {
    fn is_broken_by(&self, value: f64) -> bool {
        if self.is_least { value < self.at } else { value > self.at }
    }
}

const LABEL_PX: i32 = 84;
const FIGURE_PX: i32 = 110;
const THICK_PX: i32 = 16;
/// As far as a figure reaches from the end of its bar, or a little less.
const NEAR_PX: i32 = 50;
/// Labels longer than this stand above their bars.
const SHORT: usize = 10;
/// So many characters fit into the whole width.
const WIDE: usize = 52;

/// Draws the bars; nothing where there is nothing that can be drawn. The axis reaches to `largest` at least: bars in several pictures can
/// be compared where it is the largest of them all.
pub fn bars(title: &str, unit: &str, bars: &[Bar], limit: Option<&Limit>, largest: f64) -> Option<Markup> {
    let shown = bars.iter().all(|bar| bar.value.is_finite() && bar.value >= 0.0);
    let largest = bars.iter().map(|bar| bar.value).chain(limit.map(|limit| limit.at)).fold(largest, f64::max);
    if bars.is_empty() || !shown || !super::drawable(largest) {
        return None;
    }
    let with_unit = |value: f64| if unit.is_empty() { figure(value) } else { format!("{} {unit}", figure(value)) };
    let mut says: Vec<String> = bars.iter().map(|bar| format!("{} {}", bar.label, with_unit(bar.value))).collect();
    says.extend(limit.map(|limit| {
        format!("{} at {} {}", limit.name, if limit.is_least { "least" } else { "most" }, with_unit(limit.at))
    }));
    let says = format!("{title}: {}", says.join(", "));

    let is_beside = bars.iter().all(|bar| bar.label.chars().count() <= SHORT);
    let (left, step, above) = if is_beside { (LABEL_PX, THICK_PX + 10, 0) } else { (0, THICK_PX + 26, 20) };
    let top = if limit.is_some() { 26 } else { 4 };
    let height = top + step * bars.len() as i32 + 4;
    let room = f64::from(WIDTH as i32 - left - FIGURE_PX);
    let x = |value: f64| left + (value / largest * room).round() as i32;
    Some(svg(height as u32, &says, |area| {
        for (i, bar) in bars.iter().enumerate() {
            let y = top + step * i as i32 + above;
            let middle = y + THICK_PX / 2;
            if is_beside {
                let style = anchored(font(&FAINT), HPos::Left);
                area.draw(&Text::new(fitting(&bar.label, SHORT), (0, middle), style))?;
            } else {
                area.draw(&Text::new(fitting(&bar.label, WIDE), (0, y - 11), anchored(font(&FAINT), HPos::Left)))?;
            }
            // What is not zero is seen, however small.
            let end = x(bar.value).max(left + if bar.value > 0.0 { 2 } else { 0 });
            area.draw(&Rectangle::new([(left, y), (end, y + THICK_PX)], colour_of(bar, limit).filled()))?;
            let is_over = limit.is_some_and(|limit| limit.is_broken_by(bar.value));
            let style = anchored(font(if is_over { &BAD } else { &INK }), HPos::Left);
            let mark = if is_over { " !" } else { "" };
            // Behind the limit's line where that would run through it.
            let is_near = limit.is_some_and(|limit| (end..end + NEAR_PX).contains(&x(limit.at)));
            let from = limit.filter(|_| is_near).map_or(end, |limit| x(limit.at));
            area.draw(&Text::new(format!("{}{mark}", with_unit(bar.value)), (from + 6, middle), style))?;
        }
        area.draw(&PathElement::new([(left, top - 2), (left, height - 4)], RULE))?;
        if let Some(limit) = limit {
            let at = x(limit.at);
            // Only across the bars: it would run through the words above them.
            for i in 0..bars.len() as i32 {
                let y = top + step * i + above;
                area.draw(&PathElement::new([(at, y - 4), (at, y + THICK_PX + 4)], INK.stroke_width(1)))?;
            }
            area.draw(&PathElement::new([(at, 17), (at, 23)], INK))?;
            // On the side where there is room for it.
            let side = if at > WIDTH as i32 / 2 { HPos::Right } else { HPos::Left };
            let sign = if limit.is_least { "≥" } else { "≤" };
            let text = format!("{} {sign} {}", limit.name, with_unit(limit.at));
            area.draw(&Text::new(text, (at, 9), anchored(font(&INK), side)))?;
        }
        area.present()
    }))
}

fn colour_of(bar: &Bar, limit: Option<&Limit>) -> RGBColor {
    match (bar.subject, limit) {
        (Some(subject), _) => colour(subject),
        (None, Some(limit)) if limit.is_broken_by(bar.value) => BAD,
        (None, _) => YOURS,
    }
}
