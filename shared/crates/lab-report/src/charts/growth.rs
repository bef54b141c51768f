//! How a count grows with the size, on logarithmic axes: a straight line's slope is the power.

use lab_results::gate::figure;
use lab_results::{Class, Growth};
use maud::Markup;
use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::combinators::LogCoord;
use plotters::coord::combinators::{BindKeyPoints, IntoLogRange, WithKeyPoints};
use plotters::element::{Circle, IntoDynElement, PathElement, Text, TriangleMarker};
use plotters::series::{DashedLineSeries, LineSeries};
use plotters::style::text_anchor::HPos;
use plotters::style::{Color, RGBColor};

use super::{Area, Drawn, FAINT, INK, RULE, anchored, colour, drawable, font, log_marks, short, svg};
use plotters::backend::SVGBackend;

/// The points of one subject with what was fitted to them.
pub struct Curve {
    /// `original`, `yours` or `reference`.
    pub subject: &'static str,
    /// Size and count, by size.
    pub points: Vec<(f64, f64)>,
    /// The fitted class, where there are sizes enough to tell.
    pub growth: Option<Growth>,
}

const HEIGHT: u32 = 300;
const LEGEND_PX: u32 = 22;

type Chart<'a, 'b> =
    ChartContext<'a, SVGBackend<'b>, Cartesian2d<WithKeyPoints<LogCoord<f64>>, WithKeyPoints<LogCoord<f64>>>>;

impl Curve {
    fn drawable(&self) -> impl Iterator<Item = (f64, f64)> {
        self.points.iter().copied().filter(|(size, count)| drawable(*size) && drawable(*count))
    }

    fn says(&self) -> String {
        let points: Vec<_> =
            self.points.iter().map(|(size, count)| format!("{} at {}", figure(*count), figure(*size))).collect();
        let class = self.growth.map(|growth| format!(" grows as {}", growth.class)).unwrap_or_default();
        format!("{}{class}: {}", self.subject, points.join(", "))
    }

    /// The one-parameter model `a f(n)` through the points, as the class was fitted: least squares on logarithms.
    fn fitted(&self, (low, high): (f64, f64)) -> Vec<(f64, f64)> {
        let Some(growth) = self.growth else { return Vec::new() };
        let logs: Vec<f64> = self.drawable().map(|(n, count)| (count / growth.class.of(n)).ln()).collect();
        if logs.is_empty() {
            return Vec::new();
        }
        let factor = (logs.iter().sum::<f64>() / logs.len() as f64).exp();
        // A power is a straight line here; more points than it takes would only show the raster of the picture.
        let points = if matches!(growth.class, Class::Logarithmic | Class::Linearithmic) { 8 } else { 1 };
        let steps = (0..=points).map(|i| low * (high / low).powf(f64::from(i) / f64::from(points)));
        steps.map(|n| (n, factor * growth.class.of(n))).filter(|(_, count)| drawable(*count)).collect()
    }
}

/// Draws the curves, and how steep they may be; nothing where a logarithm has nothing to show. `unit` says what the size counts.
pub fn growth(title: &str, unit: &str, curves: &[Curve], allowed: Option<Class>) -> Option<Markup> {
    let all: Vec<(f64, f64)> = curves.iter().flat_map(Curve::drawable).collect();
    let (low, high) = span(all.iter().map(|(size, _)| *size))?;
    if low >= high {
        return None;
    }
    let counts = span(all.iter().map(|(_, count)| *count))?;
    let says: Vec<String> = curves.iter().map(Curve::says).collect();
    let may = allowed.map(|class| format!(". Allowed: at most {class}")).unwrap_or_default();
    let says = format!("{title}. Logarithmic axes. {}{may}", says.join("; "));
    let x_name = if unit.is_empty() { "size" } else { unit };
    let mut sizes: Vec<f64> = all.iter().map(|(size, _)| *size).collect();
    sizes.sort_by(f64::total_cmp);
    sizes.dedup();
    Some(svg(HEIGHT, &says, |area| {
        let (header, below) =
            area.split_vertically(LEGEND_PX * (curves.len() + usize::from(allowed.is_some())) as u32 + 4);
        legend(&header, curves, allowed)?;
        let x = (low / 1.15..high * 1.15).log_scale().with_key_points(marked(sizes));
        // Flat curves get some room above and below, so that they do not look like more than they are.
        let (bottom, top) = (counts.0 / 2.0, counts.1 * 2.0);
        let y = (bottom..top).log_scale().with_key_points(log_marks(bottom, top));
        let mut chart = ChartBuilder::on(&below)
            .margin_top(6)
            .margin_right(14)
            .x_label_area_size(38)
            .y_label_area_size(58)
            .build_cartesian_2d(x, y)?;
        let mut mesh = chart.configure_mesh();
        mesh.max_light_lines(0).bold_line_style(RULE).axis_style(FAINT).label_style(font(&FAINT));
        mesh.axis_desc_style(font(&FAINT))
            .x_desc(x_name)
            .x_label_formatter(&|v| short(*v))
            .y_label_formatter(&|v| short(*v));
        mesh.draw()?;
        if let Some(line) = allowed.and_then(|class| steepest(curves, class, (low, high))) {
            let inside = line.into_iter().filter(|(_, y)| (bottom..top).contains(y));
            chart.draw_series(DashedLineSeries::new(inside, 3, 4, INK.stroke_width(1)))?;
        }
        for curve in curves {
            let style = colour(curve.subject).stroke_width(if curve.subject == "yours" { 2 } else { 1 });
            chart.draw_series(LineSeries::new(
                curve.fitted((low, high)).into_iter().filter(|(_, y)| (bottom..top).contains(y)),
                style,
            ))?;
            marks(&mut chart, curve)?;
        }
        area.present()
    }))
}

/// The line that yours may follow at most: from its first point on as steep as the class allows.
fn steepest(curves: &[Curve], class: Class, (low, high): (f64, f64)) -> Option<Vec<(f64, f64)>> {
    let yours = curves.iter().find(|curve| curve.subject == "yours")?;
    let (from, count) = yours.drawable().next()?;
    let from = from.max(2.0);
    let steps = (0..=24).map(|i| low * (high / low).powf(f64::from(i) / 24.0));
    let line = steps.map(|n| (n, count / class.of(from) * class.of(n)));
    Some(line.filter(|(_, count)| drawable(*count)).collect())
}

/// Told apart by their shapes, for whoever does not see the colours, and by their sizes where they lie on each other.
fn marks<'a, 'b: 'a>(chart: &mut Chart<'a, 'b>, curve: &Curve) -> Drawn {
    let colour = colour(curve.subject);
    chart.draw_series(curve.drawable().map(|at| mark(curve.subject, at, colour)))?;
    Ok(())
}

fn mark<'b, C: Clone + 'static>(
    subject: &str,
    at: C,
    colour: RGBColor,
) -> plotters::element::DynElement<'static, SVGBackend<'b>, C>
where
    TriangleMarker<C, i32>: IntoDynElement<'static, SVGBackend<'b>, C>,
{
    match subject {
        "original" => Circle::new(at, 7, colour.stroke_width(2)).into_dyn(),
        "yours" => Circle::new(at, 4, colour.filled()).into_dyn(),
        _ => TriangleMarker::new(at, 5, colour.filled()).into_dyn(),
    }
}

/// A line of text for each curve, and one for the limit.
fn legend(area: &Area<'_>, curves: &[Curve], allowed: Option<Class>) -> Drawn {
    if let Some(class) = allowed {
        let y = LEGEND_PX as i32 * curves.len() as i32 + 11;
        for x in [2, 9, 16] {
            area.draw(&PathElement::new([(x, y), (x + 3, y)], INK))?;
        }
        area.draw(&Text::new("allowed", (26, y), anchored(font(&FAINT), HPos::Left)))?;
        area.draw(&Text::new(format!("at most {class}"), (108, y), anchored(font(&INK), HPos::Left)))?;
    }
    for (i, curve) in curves.iter().enumerate() {
        let y = LEGEND_PX as i32 * i as i32 + 11;
        let colour = colour(curve.subject);
        area.draw(&mark(curve.subject, (10, y), colour))?;
        area.draw(&Text::new(curve.subject, (26, y), anchored(font(&FAINT), HPos::Left)))?;
        let class = match curve.growth {
            Some(growth) => growth.to_string(),
            None if curve.drawable().next().is_none() => "zero at every size".into(),
            None => "too few sizes to tell".into(),
        };
        area.draw(&Text::new(class, (108, y), anchored(font(&INK), HPos::Left)))?;
    }
    Ok(())
}

/// Sizes that are far enough apart to be written.
fn marked(sizes: Vec<f64>) -> Vec<f64> {
    let mut marked: Vec<f64> = Vec::new();
    for size in sizes {
        if marked.last().is_none_or(|last| size / last > 1.3) {
            marked.push(size);
        }
    }
    marked
}

fn span(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |span, value| match span {
        None => Some((value, value)),
        Some((low, high)) => Some((value.min(low), value.max(high))),
    })
}
