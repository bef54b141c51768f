//! How response times are distributed, as HdrHistogram draws it: every step to the right is a tail a tenth as large.

use lab_results::Distribution;
use lab_results::gate::figure;
use maud::Markup;
use plotters::element::{Circle, Cross, PathElement, Text};
use plotters::style::text_anchor::HPos;
use plotters::style::{Color, RGBColor};

use super::{
    Area, BAD, Drawn, FAINT, INK, ORIGINAL, REFERENCE, RULE, WIDTH, YOURS, anchored, drawable, fitting, font,
    log_marks, short, svg,
};

const LEFT_PX: i32 = 52;
const RIGHT_PX: i32 = 14;
const ROW_PX: i32 = 22;
const PLOT_PX: i32 = 200;
const AXIS_PX: i32 = 40;
/// Told apart by their marks as well.
const COLOURS: [RGBColor; 3] = [YOURS, ORIGINAL, REFERENCE];

/// Where the picture's axes lie.
struct Axes {
    top: i32,
    low: f64,
    high: f64,
    /// The most requests that any route has: where the axis of the shares ends.
    most: f64,
}

impl Axes {
    /// A share of 0.99 is two decades from the left; the longest of all is where one of its requests would be.
    fn x(&self, share: f64, requests: f64) -> i32 {
        let tail = (1.0 / (1.0 - share)).min(requests).max(1.0);
        LEFT_PX + (tail.ln() / self.most.ln() * f64::from(WIDTH as i32 - LEFT_PX - RIGHT_PX)).round() as i32
    }

    fn y(&self, ms: f64) -> i32 {
        let up = (ms.clamp(self.low, self.high) / self.low).ln() / (self.high / self.low).ln();
        self.top + PLOT_PX - (up * f64::from(PLOT_PX)).round() as i32
    }
}

/// Draws the distributions; nothing where no route has ten requests.
pub fn percentiles(title: &str, routes: &[Distribution], slo_p99_ms: Option<f64>) -> Option<Markup> {
    let routes: Vec<&Distribution> = routes.iter().filter(|route| route.requests >= 10).collect();
    let all = routes.iter().flat_map(|route| &route.percentiles_ms).map(|(_, ms)| *ms).chain(slo_p99_ms);
    let all: Vec<f64> = all.filter(|ms| drawable(*ms)).collect();
    let (low, high) = (all.iter().copied().reduce(f64::min)? / 1.3, all.iter().copied().reduce(f64::max)? * 1.3);
    let most = routes.iter().map(|route| route.requests).max()? as f64;
    let slo_says =
        slo_p99_ms.map(|ms| format!(" The SLO wants the 99th at most at {} ms.", figure(ms))).unwrap_or_default();
    let says: Vec<String> = routes.iter().map(|route| in_words(route)).collect();
    let says = format!("{title}, by percentile, logarithmic axes. {}.{slo_says}", says.join("; "));
    let axes = Axes { top: ROW_PX * routes.len() as i32 + 10, low, high, most };
    Some(svg((axes.top + PLOT_PX + AXIS_PX) as u32, &says, |area| {
        grid(area, &axes)?;
        if let Some(ms) = slo_p99_ms.filter(|ms| drawable(*ms)) {
            let (x, y) = (axes.x(0.99, most), axes.y(ms));
            area.draw(&PathElement::new([(LEFT_PX, y), (WIDTH as i32 - RIGHT_PX, y)], INK))?;
            area.draw(&PathElement::new([(x, y - 5), (x, y + 5)], INK.stroke_width(2)))?;
            let words = format!("SLO: p99 ≤ {} ms", figure(ms));
            // Beside its mark, and on the side of the line that the tails are not on.
            let is_over =
                routes.iter().any(|route| route.percentiles_ms.last().is_some_and(|(_, longest)| *longest > ms));
            let at = ((x - 8).max(WIDTH as i32 / 2), if is_over { y + 11 } else { y - 11 });
            area.draw(&Text::new(words, at, anchored(font(&INK), HPos::Right)))?;
        }
        for (i, route) in routes.iter().enumerate() {
            let colour = COLOURS[i.min(COLOURS.len() - 1)];
            let points = route.percentiles_ms.iter().filter(|(_, ms)| drawable(*ms));
            let points: Vec<_> =
                points.map(|(share, ms)| (axes.x(*share, route.requests as f64), axes.y(*ms))).collect();
            area.draw(&PathElement::new(points.clone(), colour.stroke_width(2)))?;
            points.into_iter().try_for_each(|at| mark(area, i, at))?;
            let y = ROW_PX * i as i32 + 11;
            area.draw(&PathElement::new([(0, y), (18, y)], colour.stroke_width(2)))?;
            mark(area, i, (9, y))?;
            area.draw(&Text::new(fitting(&route.name, 30), (26, y), anchored(font(&INK), HPos::Left)))?;
            let p99 = route.percentiles_ms.iter().find(|(share, _)| *share == 0.99);
            if let Some((_, ms)) = p99 {
                let is_over = slo_p99_ms.is_some_and(|slo| *ms > slo);
                let style = anchored(font(if is_over { &BAD } else { &FAINT }), HPos::Right);
                let mark = if is_over { " !" } else { "" };
                area.draw(&Text::new(format!("p99 {} ms{mark}", figure(*ms)), (WIDTH as i32, y), style))?;
            }
        }
        area.present()
    }))
}

fn mark(area: &Area<'_>, route: usize, at: (i32, i32)) -> Drawn {
    match route {
        0 => area.draw(&Circle::new(at, 4, YOURS.filled())),
        1 => area.draw(&Cross::new(at, 4, ORIGINAL.stroke_width(2))),
        _ => area.draw(&Circle::new(at, 3, REFERENCE.stroke_width(1))),
    }
}

/// Lines at powers of ten of the tail, and of the time.
fn grid(area: &Area<'_>, axes: &Axes) -> Drawn {
    let bottom = axes.top + PLOT_PX;
    for (share, name) in
        [(0.0, "0%"), (0.9, "90%"), (0.99, "99%"), (0.999, "99.9%"), (0.9999, "99.99%"), (0.99999, "99.999%")]
    {
        if (1.0 - share) * axes.most < 0.999 {
            break;
        }
        let x = axes.x(share, axes.most);
        area.draw(&PathElement::new([(x, axes.top), (x, bottom)], RULE))?;
        // The last one must not run out of the picture.
        let (side, at) = if x > WIDTH as i32 - 26 { (HPos::Right, WIDTH as i32) } else { (HPos::Center, x) };
        area.draw(&Text::new(name, (at, bottom + 11), anchored(font(&FAINT), side)))?;
    }
    for ms in log_marks(axes.low, axes.high) {
        let y = axes.y(ms);
        area.draw(&PathElement::new([(LEFT_PX, y), (WIDTH as i32 - RIGHT_PX, y)], RULE))?;
        area.draw(&Text::new(short(ms), (LEFT_PX - 6, y), anchored(font(&FAINT), HPos::Right)))?;
    }
    let words = "share of the requests that took no longer";
    area.draw(&Text::new(words, ((LEFT_PX + WIDTH as i32) / 2, bottom + 29), anchored(font(&FAINT), HPos::Center)))
}

fn in_words(route: &Distribution) -> String {
    let told = route.percentiles_ms.iter().filter(|(share, _)| [0.5, 0.9, 0.99, 0.999, 1.0].contains(share));
    let told: Vec<String> = told
        .map(|(share, ms)| {
            let which = if *share == 1.0 { "longest".into() } else { format!("{}%", figure(share * 100.0)) };
            format!("{which} {} ms", figure(*ms))
        })
        .collect();
    format!("{}, {} requests: {}", route.name, route.requests, told.join(", "))
}
