//! The two panels: throughput and latency, over the same rates.

use plotters::{
    backend::SVGBackend,
    chart::{ChartBuilder, ChartContext, SeriesLabelPosition},
    coord::{
        cartesian::Cartesian2d,
        combinators::IntoLogRange,
        ranged1d::{Ranged, ValueFormatter},
        types::RangedCoordf64,
    },
    element::{
        Circle, Cross, DashedPathElement, DynElement, EmptyElement, IntoDynElement, PathElement, Rectangle, Text,
    },
    series::{DashedLineSeries, LineSeries},
    style::{
        Color, RGBColor,
        text_anchor::{HPos, Pos, VPos},
    },
};

use super::{
    Area, Drawn, FAINT, INK, PAPER, font,
    points::{Xy, decades, drawable, highest, marked, means, points, rightmost},
};
use crate::knee::{Fit, Knee, Step, Verdict, per_s};

const KEPT: RGBColor = RGBColor(31, 95, 168);
const BROKEN: RGBColor = RGBColor(196, 52, 36);
const LAW: RGBColor = RGBColor(122, 62, 157);
const OBJECTIVE: RGBColor = RGBColor(166, 96, 0);

type Chart<'a, 'b, Y> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, Y>>;

/// Answered over offered.
pub(super) fn throughput(area: &Area<'_>, knee: &Knee, fit: &Fit) -> Drawn {
    let answered = |step: &Step| Some(step.answered_per_s);
    let highest = highest(points(knee, answered).map(|(_, y)| y));
    let (right, top) = (rightmost(knee), 1.1 * highest);
    let mut chart = builder(area, 8, 0).build_cartesian_2d(0.0..right, 0.0..top)?;
    mesh(&mut chart, "answered / s", None, 5)?;

    let diagonal = right.min(top);
    chart
        .draw_series(LineSeries::new([(0.0, 0.0), (diagonal, diagonal)], FAINT.mix(0.5)))?
        .label("all that is offered")
        .legend(|(x, y)| PathElement::new([(x, y), (x + 16, y)], FAINT.mix(0.5)));
    edge(&mut chart, knee, (0.0, top), true)?;
    steps(&mut chart, knee, answered)?;
    law(&mut chart, knee, fit, top)?;
    // The legend goes below the curve, unless the throughput falls again and passes there.
    let falls = points(knee, answered).any(|(x, y)| x > right / 2.0 && y < top / 2.0);
    let corner = if falls { SeriesLabelPosition::UpperLeft } else { SeriesLabelPosition::LowerRight };
    let mut legend = chart.configure_series_labels();
    legend.position(corner).background_style(PAPER.mix(0.9)).label_font(font(14, &INK)).draw()
}

/// The 99th percentile over offered.
pub(super) fn latency(area: &Area<'_>, knee: &Knee, objective_ms: Option<f64>) -> Drawn {
    let p99 = |step: &Step| step.p99_ms;
    let objective_ms = objective_ms.filter(|ms| drawable(*ms));
    let (low, high) = decades(points(knee, p99).map(|(_, y)| y).chain(objective_ms));
    let right = rightmost(knee);
    let mut chart = builder(area, 12, 42).build_cartesian_2d(0.0..right, (low..high).log_scale())?;
    mesh(&mut chart, "p99 in ms", Some("offered / s"), 6)?;

    edge(&mut chart, knee, (low, high), false)?;
    if let Some(ms) = objective_ms {
        chart.draw_series(LineSeries::new([(0.0, ms), (right, ms)], OBJECTIVE.stroke_width(2)))?;
        let label = EmptyElement::at((0.0, ms))
            + Text::new(format!("objective {} ms", label(&ms)), (6, -15), font(14, &OBJECTIVE));
        chart.draw_series([label])?;
    }
    steps(&mut chart, knee, p99)
}

fn builder<'a, 'b, 'c>(area: &'a Area<'b>, top: u32, below: u32) -> ChartBuilder<'a, 'c, SVGBackend<'b>> {
    let mut builder = ChartBuilder::on(area);
    builder.margin_top(top).margin_right(20).margin_left(6).x_label_area_size(below).y_label_area_size(64);
    builder
}

fn mesh<Y>(chart: &mut Chart<'_, '_, Y>, y_text: &str, x_text: Option<&str>, y_labels: usize) -> Drawn
where
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let mut mesh = chart.configure_mesh();
    mesh.x_labels(10).y_labels(y_labels).max_light_lines(0).bold_line_style(FAINT.mix(0.2)).axis_style(FAINT);
    mesh.label_style(font(14, &INK)).axis_desc_style(font(15, &INK)).y_desc(y_text);
    mesh.x_label_formatter(&label).y_label_formatter(&label);
    if let Some(x_text) = x_text {
        mesh.x_desc(x_text);
    }
    mesh.draw()
}

/// Without the last digits, which are those of adding up tenths.
fn label(value: &f64) -> String {
    ((value * 1e6).round() / 1e6).to_string()
}

/// The bracket as a band, and the knee as a line.
fn edge<Y>(chart: &mut Chart<'_, '_, Y>, knee: &Knee, (bottom, top): Xy, with_label: bool) -> Drawn
where
    Y: Ranged<ValueType = f64>,
{
    let shown = |rate: &f64| drawable(*rate) && *rate <= rightmost(knee);
    if let (Some(kept), Some(broken)) = (knee.kept_per_s.filter(shown), knee.broken_per_s.filter(shown)) {
        chart.draw_series([Rectangle::new([(kept, bottom), (broken, top)], INK.mix(0.12).filled())])?;
    }
    if let Some(rate) = knee.knee_per_s.filter(shown) {
        chart.draw_series(LineSeries::new([(rate, bottom), (rate, top)], INK.stroke_width(1)))?;
        if with_label {
            // On the side where there is room for it.
            let (side, away_px) = if rate > rightmost(knee) / 2.0 { (HPos::Right, -6) } else { (HPos::Left, 6) };
            let style = font(15, &INK).pos(Pos::new(side, VPos::Top));
            let text = Text::new(format!("knee {}", per_s(rate)), (away_px, 4), style);
            chart.draw_series([EmptyElement::at((rate, top)) + text])?;
        }
    }
    Ok(())
}

/// A line through the means of the valid steps at each rate, and a mark for each step.
fn steps<'a, 'b: 'a, Y>(chart: &mut Chart<'a, 'b, Y>, knee: &Knee, value: impl Fn(&Step) -> Option<f64>) -> Drawn
where
    Y: Ranged<ValueType = f64>,
{
    chart.draw_series(LineSeries::new(means(knee, &value), KEPT.mix(0.5)))?;
    for (verdict, label) in [
        (Verdict::Kept, "objectives kept"),
        (Verdict::Broken, "not kept"),
        (Verdict::Discarded, "discarded: generator too late"),
    ] {
        let mut marks = marked(knee, verdict, &value).map(|at| mark(verdict, at)).peekable();
        if marks.peek().is_some() {
            chart.draw_series(marks)?.label(label).legend(move |(x, y)| mark(verdict, (x + 8, y)));
        }
    }
    Ok(())
}

/// Told apart by their shapes, for whoever does not see the colours.
fn mark<'b, C: Clone + 'static>(verdict: Verdict, at: C) -> DynElement<'static, SVGBackend<'b>, C> {
    match verdict {
        Verdict::Kept => Circle::new(at, 4, KEPT.filled()).into_dyn(),
        Verdict::Broken => Cross::new(at, 4, BROKEN.stroke_width(2)).into_dyn(),
        Verdict::Discarded => Circle::new(at, 4, FAINT.stroke_width(1)).into_dyn(),
    }
}

/// The law's throughput at each step's concurrency, dashed, and its maximum where that is near.
fn law(chart: &mut Chart<'_, '_, RangedCoordf64>, knee: &Knee, fit: &Fit, top: f64) -> Drawn {
    let Some(law) = fit.coefficients.filter(|_| fit.applies) else { return Ok(()) };
    let predicted = means(knee, &|step: &Step| Some(law.throughput_per_s(step.in_flight).min(top)));
    let style = LAW.stroke_width(2);
    let maximum = fit.maximum.map(|maximum| format!(", at most {}", per_s(maximum.per_s))).unwrap_or_default();
    chart
        .draw_series(DashedLineSeries::new(predicted, 7, 5, style))?
        .label(format!("Universal Scalability Law{maximum}"))
        .legend(move |(x, y)| DashedPathElement::new([(x, y), (x + 16, y)], 6, 4, style));
    if let Some(maximum) = fit.maximum.filter(|maximum| maximum.per_s < top) {
        let ends = [(0.0, maximum.per_s), (rightmost(knee), maximum.per_s)];
        chart.draw_series(DashedLineSeries::new(ends, 2, 4, LAW.stroke_width(1)))?;
    }
    Ok(())
}
