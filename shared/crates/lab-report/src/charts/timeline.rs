//! Attempts over time: what each ended in, and where hints were read.

use lab_results::Outcome;
use maud::Markup;
use plotters::element::{Circle, Cross, PathElement, Text};
use plotters::style::Color;
use plotters::style::text_anchor::HPos;

use super::{Area, BAD, Drawn, FAINT, INK, RULE, WIDTH, YOURS, anchored, font, svg};
use crate::attempts::Attempt;
use crate::words::date;

const LEFT_PX: i32 = 128;
const ROW_PX: i32 = 24;
const TOP_PX: i32 = 22;

/// From the worst to the best.
const ROWS: [Outcome; 6] = [
    Outcome::Solved,
    Outcome::CountsPass,
    Outcome::Inconclusive,
    Outcome::NotYet,
    Outcome::WrongAnswer,
    Outcome::Invalid,
];

/// Draws the attempts by the time since the first of them.
pub fn timeline(title: &str, attempts: &[Attempt]) -> Option<Markup> {
    let (first, last) = (attempts.first()?.at, attempts.last()?.at);
    let rows: Vec<Outcome> = ROWS.into_iter().filter(|row| attempts.iter().any(|a| a.outcome == *row)).collect();
    let says: Vec<String> = attempts
        .iter()
        .map(|attempt| format!("{} {} with {} hints", date(attempt.at), attempt.outcome.as_str(), attempt.hints_used))
        .collect();
    let says = format!("{title}. {}", says.join("; "));
    let height = TOP_PX + ROW_PX * rows.len() as i32 + 26;
    let room = f64::from(WIDTH as i32 - LEFT_PX - 16);
    let span = last.saturating_sub(first).max(1) as f64;
    let x = |at: u64| LEFT_PX + 4 + (at.saturating_sub(first) as f64 / span * room).round() as i32;
    Some(svg(height as u32, &says, |area| {
        let bottom = TOP_PX + ROW_PX * rows.len() as i32;
        for (i, row) in rows.iter().enumerate() {
            let y = TOP_PX + ROW_PX * i as i32 + ROW_PX / 2;
            area.draw(&Text::new(row.as_str(), (0, y), anchored(font(&FAINT), HPos::Left)))?;
            area.draw(&PathElement::new([(LEFT_PX, y), (WIDTH as i32, y)], RULE))?;
            for attempt in attempts.iter().filter(|attempt| attempt.outcome == *row) {
                let at = (x(attempt.at), y);
                match row {
                    Outcome::Solved => area.draw(&Circle::new(at, 6, YOURS.filled()))?,
                    Outcome::CountsPass | Outcome::NotYet => area.draw(&Circle::new(at, 5, YOURS.stroke_width(2)))?,
                    Outcome::Inconclusive => area.draw(&Circle::new(at, 4, FAINT.filled()))?,
                    Outcome::WrongAnswer | Outcome::Invalid => area.draw(&Cross::new(at, 5, BAD.stroke_width(2)))?,
                }
            }
        }
        hints(area, attempts, x, bottom)?;
        let ends = [("first", LEFT_PX, HPos::Left), ("", WIDTH as i32, HPos::Right)];
        let length = format!("{} later", lasting(last.saturating_sub(first)));
        for (word, at, side) in ends {
            let word = if word.is_empty() { &length } else { word };
            area.draw(&Text::new(word, (at, bottom + 14), anchored(font(&FAINT), side)))?;
        }
        area.present()
    }))
}

/// Where more hints had been read than at the attempt before.
fn hints(area: &Area<'_>, attempts: &[Attempt], x: impl Fn(u64) -> i32, bottom: i32) -> Drawn {
    let mut marks: Vec<(i32, String)> = Vec::new();
    let mut read = 0;
    for attempt in attempts.iter() {
        if attempt.hints_used <= read {
            continue;
        }
        read = attempt.hints_used;
        let at = x(attempt.at);
        match marks.last_mut() {
            // There is no room for another word.
            Some((before, words)) if at - *before < 60 => *words = format!("{words}, {read}"),
            _ => marks.push((at, format!("hint {read}"))),
        }
    }
    for (at, words) in marks {
        area.draw(&PathElement::new([(at, TOP_PX - 4), (at, bottom)], RULE))?;
        let (side, at) = if at > WIDTH as i32 - 80 { (HPos::Right, at + 4) } else { (HPos::Left, at - 4) };
        area.draw(&Text::new(words, (at, 9), anchored(font(&INK), side)))?;
    }
    Ok(())
}

/// `40 s`, `12 min`, `3 h`, `2 days`
fn lasting(seconds: u64) -> String {
    match seconds {
        0..=99 => format!("{seconds} s"),
        100..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
