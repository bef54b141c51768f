//! The one screen, as text: from what is known to the lines that fit. Nothing here reads a clock or touches a terminal.

mod verdict;

use std::time::Instant;

use anstyle::Style;

use super::verification::{Ending, Phase};
use crate::verbs::hint::Hint;
use lab_core::catalogue::Lab;
use lab_core::fullscreen::{Line, Size, wrapped};
use lab_core::terminal::{BAD, COMMAND, HEADING, QUIET, WARN};

pub use verdict::headline;

/// All that is shown.
#[derive(Debug, Clone)]
pub struct View {
    title: String,
    symptom: String,
    edited: String,
    reset: String,
    gated: Vec<String>,
    /// What the lab demands of original / yours, where it looks at time.
    faster: Option<f64>,
    /// When the sources were saved last; nothing before the first save that was seen.
    pub saved: Option<Instant>,
    /// What is going on.
    pub doing: Doing,
    /// What the last phase found, and which it was.
    pub result: Option<(Ending, Phase)>,
    /// Whether that was before the last save.
    pub is_stale: bool,
    /// A hint in place of the result.
    pub hint: Option<Hint>,
    /// An answer to the last key.
    pub notice: String,
    scrolled: usize,
}

/// What is going on.
#[derive(Debug, Clone)]
pub enum Doing {
    /// Nothing: the next save is waited for.
    Resting,
    /// A stage of a verification, since when.
    Verifying(String, Instant),
    /// The edited file is not there.
    Missing,
}

impl View {
    /// Before anything was verified.
    pub fn new(lab: &Lab) -> Self {
        View {
            title: format!("lab {} {}", lab.nn(), lab.slug),
            symptom: lab.symptom.clone(),
            edited: lab.meta.edit.clone(),
            reset: format!("make reset-{}", lab.nn()),
            faster: lab.meta.faster,
            gated: lab.meta.gates.iter().map(|gate| gate.count.clone()).collect(),
            saved: None,
            doing: Doing::Resting,
            result: None,
            is_stale: false,
            hint: None,
            notice: String::new(),
            scrolled: 0,
        }
    }

    /// The sources were saved: what is shown is of the version before.
    pub fn saved(&mut self, now: Instant) {
        (self.saved, self.is_stale, self.scrolled) = (Some(now), true, 0);
        self.notice.clear();
    }

    /// A verification begins a stage. One that goes on under another name (`Building: ...`) is still the same.
    pub fn begin(&mut self, stage: String, now: Instant) {
        let word = |stage: &str| stage.split([':', ' ']).next().unwrap_or_default().to_string();
        let since = match &self.doing {
            Doing::Verifying(before, since) if word(before) == word(&stage) => *since,
            _ => now,
        };
        self.doing = Doing::Verifying(stage, since);
    }

    /// A phase ended.
    pub fn found(&mut self, found: Ending, phase: Phase) {
        (self.doing, self.result, self.is_stale) = (Doing::Resting, Some((found, phase)), false);
    }

    /// Shows a hint in place of the result, or the result again.
    pub fn show(&mut self, hint: Option<Hint>) {
        (self.hint, self.scrolled) = (hint, 0);
    }

    /// Scrolls what does not fit by so many lines.
    pub fn scroll(&mut self, lines: isize, now: Instant, size: Size) {
        let room = room(size, &self.head(now, size.columns), &self.foot(0, 0, size.columns));
        let most = self.body(size.columns).len().saturating_sub(room);
        self.scrolled = self.scrolled.min(most).saturating_add_signed(lines).min(most);
    }

    /// The lines of the screen, no more and no wider than it is.
    pub fn lines(&self, now: Instant, size: Size) -> Vec<Line> {
        let head = self.head(now, size.columns);
        let (mut body, room) = (self.body(size.columns), room(size, &head, &self.foot(0, 0, size.columns)));
        let scrolled = self.scrolled.min(body.len().saturating_sub(room));
        let below = body.len().saturating_sub(scrolled + room);
        body = body.into_iter().skip(scrolled).take(room).collect();
        if self.is_stale && self.hint.is_none() {
            body = body.into_iter().map(Line::quiet).collect();
        }
        body.resize(room, Line::default());
        let lines = [head, body, self.foot(scrolled, below, size.columns)].concat();
        lines.into_iter().map(|line| line.within(size.columns)).take(size.rows).collect()
    }

    fn head(&self, now: Instant, columns: usize) -> Vec<Line> {
        let saved = match self.saved.map(|saved| now.saturating_duration_since(saved).as_secs()) {
            None => "not saved yet".into(),
            Some(seconds @ 0..60) => format!("saved {seconds} s ago"),
            Some(seconds) => format!("saved {} min ago", seconds / 60),
        };
        let title = Line::of(HEADING, &self.title).and(QUIET, format!("  {}, {saved}", self.edited));
        let symptom = wrapped(&self.symptom, columns).into_iter().map(|line| Line::of(QUIET, line));
        let state = self.state(now).wrapped(columns);
        [vec![title], symptom.collect(), vec![Line::default()], state, vec![Line::default()]].concat()
    }

    fn state(&self, now: Instant) -> Line {
        let (style, word, summary) = match &self.result {
            None => (Style::new(), "", String::new()),
            Some((found, phase)) => verdict::state(found, *phase),
        };
        match &self.doing {
            Doing::Missing => {
                let what = format!("  {} is not there. Put it back, or: ", self.edited);
                Line::of(BAD, "GONE").and(Style::new(), what).and(COMMAND, &self.reset)
            }
            Doing::Resting => Line::of(style, word).and(Style::new(), format!("  {summary}")),
            Doing::Verifying(stage, since) => {
                let stage = format!("{} s  {stage}", now.saturating_duration_since(*since).as_secs());
                match word {
                    "" => Line::plain(stage),
                    before if self.is_stale => Line::plain(stage).and(QUIET, format!("  (before: {before})")),
                    word => Line::of(style, word).and(Style::new(), format!("  {stage}")),
                }
            }
        }
    }

    fn body(&self, columns: usize) -> Vec<Line> {
        match (&self.hint, &self.result) {
            (Some(hint), _) => verdict::hint(hint, columns),
            (None, Some((found, _))) => verdict::found(found, &self.gated, self.faster, columns),
            (None, None) => Vec::new(),
        }
    }

    fn foot(&self, above: usize, below: usize, columns: usize) -> Vec<Line> {
        let more = match (above, below) {
            (0, 0) => String::new(),
            (0, below) => format!("{below} more below (arrow keys)"),
            (above, below) => format!("{above} above, {below} more below"),
        };
        let mut lines = match self.notice.is_empty() {
            true => vec![Line::of(QUIET, more)],
            false => wrapped(&self.notice, columns).into_iter().map(|line| Line::of(WARN, line)).collect(),
        };
        let keys: &[(&str, &str)] = match self.hint {
            Some(_) => &[("h", "next hint"), ("esc", "back"), ("q", "quit")],
            None => &[("h", "hint"), ("a", "diagnosis"), ("v", "verify again"), ("d", "diff"), ("q", "quit")],
        };
        let keys = keys
            .iter()
            .fold(Line::default(), |line, (key, what)| line.and(COMMAND, key).and(Style::new(), format!(" {what}   ")));
        lines.push(keys);
        lines
    }
}

/// Rows between head and foot.
fn room(size: Size, head: &[Line], foot: &[Line]) -> usize {
    size.rows.saturating_sub(head.len() + foot.len())
}

#[cfg(test)]
mod tests;
