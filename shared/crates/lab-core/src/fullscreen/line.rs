//! Lines of styled text that fit, whatever their text is made of.

use anstyle::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::terminal::QUIET;

/// One line, in parts of one style each. No part can do anything to the terminal but be seen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Line(Vec<(Style, String)>);

impl Line {
    /// Text without a style.
    pub fn plain(text: impl AsRef<str>) -> Self {
        Line::of(Style::new(), text)
    }

    /// Text in a style.
    pub fn of(style: Style, text: impl AsRef<str>) -> Self {
        Line::default().and(style, text)
    }

    /// The line with more text.
    #[must_use]
    pub fn and(mut self, style: Style, text: impl AsRef<str>) -> Self {
        self.0.push((style, clean(text.as_ref())));
        self
    }

    /// The line with another line behind it.
    #[must_use]
    pub fn followed_by(mut self, other: Line) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The line as something that no longer counts.
    #[must_use]
    pub fn quiet(self) -> Self {
        Line(self.0.into_iter().map(|(_, text)| (QUIET, text)).collect())
    }

    /// Columns that it takes.
    pub fn width(&self) -> usize {
        self.0.iter().map(|(_, text)| text.width()).sum()
    }

    /// The line in at most so many columns, with an ellipsis where something is left out.
    #[must_use]
    pub fn within(self, columns: usize) -> Self {
        if self.width() <= columns {
            return self;
        }
        let Some(mut room) = columns.checked_sub(1) else { return Line::default() };
        let mut kept = Line::default();
        for (style, text) in self.0 {
            let (part, is_whole) = beginning(&text, room);
            room -= part.width();
            kept.0.push((style, part.to_string()));
            if !is_whole {
                kept.0.push((style, "…".into()));
                break;
            }
        }
        kept
    }

    /// The line in lines of at most so many columns, broken at blanks. Its styles stay where they are.
    #[must_use]
    pub fn wrapped(self, columns: usize) -> Vec<Line> {
        if self.width() <= columns {
            return vec![self];
        }
        let text: String = self.0.iter().map(|(_, text)| text.as_str()).collect();
        let mut styled = self.0.iter().flat_map(|(style, text)| text.chars().map(move |c| (*style, c))).peekable();
        let lines = wrapped(&text, columns).into_iter().map(|line| {
            let mut parts: Vec<(Style, String)> = Vec::new();
            for wanted in line.chars() {
                // Blanks at which the text was broken are in no line.
                let Some((style, c)) = styled.by_ref().find(|(_, c)| *c == wanted) else { break };
                match parts.last_mut() {
                    Some((last, text)) if *last == style => text.push(c),
                    _ => parts.push((style, c.into())),
                }
            }
            Line(parts)
        });
        lines.collect()
    }

    /// The text with its styles as escape sequences, or the text alone.
    pub fn paint(&self, has_colour: bool) -> String {
        let painted = self.0.iter().map(|(style, text)| match has_colour {
            true => format!("{style}{text}{style:#}"),
            false => text.clone(),
        });
        painted.collect()
    }

    /// The text alone.
    /// The line without colours.
    pub fn text(&self) -> String {
        self.paint(false)
    }
}

/// A text without anything that would do something to a terminal: no escape sequences, no control characters, nothing that turns the
/// direction of writing.
pub fn clean(text: &str) -> String {
    let is_turning = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut cleaned = String::new();
    for c in anstream::adapter::strip_str(text).to_string().chars() {
        match c {
            '\t' => cleaned.push_str("    "),
            c if c.is_control() || is_turning(c) => {}
            c => cleaned.push(c),
        }
    }
    cleaned
}

/// A text in lines of at most so many columns: broken at blanks where there are any, within a word where there are none.
pub fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    for line in text.lines().map(clean) {
        let mut rest = line.trim_end();
        while rest.width() > columns {
            let (fits, _) = beginning(rest, columns);
            let is_break = rest[fits.len()..].starts_with(' ');
            let words = if is_break { fits } else { fits.rfind(' ').map_or(fits, |blank| &fits[..blank]) };
            // A single character may be wider than the room.
            let cut = [words, fits].into_iter().find(|part| !part.trim().is_empty()).map_or(0, str::len);
            let cut = if cut == 0 { rest.chars().next().map_or(0, char::len_utf8) } else { cut };
            lines.push(rest[..cut].trim_end().to_string());
            rest = rest[cut..].trim_start();
        }
        if !rest.is_empty() || line.is_empty() {
            lines.push(rest.to_string());
        }
    }
    lines
}

/// The beginning of a text that fits, and whether that is all of it.
fn beginning(text: &str, columns: usize) -> (&str, bool) {
    let mut taken = 0;
    for (at, c) in text.char_indices() {
        taken += c.width().unwrap_or(0);
        if taken > columns {
            return (&text[..at], false);
        }
    }
    (text, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::BAD;

    #[test]
    fn nothing_that_a_text_says_reaches_the_terminal_as_an_order() {
        for (hostile, left) in [
            ("\u{1b}[2Jcleared", "cleared"),
            ("\u{1b}]0;title\u{7}titled", "titled"),
            ("\u{1b}]52;c;c3RlYWw=\u{1b}\\copied", "copied"),
            ("back\u{8}\u{8}\rover\u{7f}", "backover"),
            ("\u{9b}31mred", "31mred"),
            ("safe\u{202e}elif.rs", "safeelif.rs"),
            ("a\tb", "a    b"),
            ("lone \u{1b}", "lone "),
        ] {
            let painted = Line::of(BAD, hostile).within(40).paint(false);
            assert!(!painted.chars().any(char::is_control), "{painted:?}");
            if !hostile.starts_with('\u{9b}') {
                assert_eq!(painted, left);
            }
        }
    }

    #[test]
    fn a_long_line_ends_in_an_ellipsis_and_fits() {
        let line = Line::plain("bytes ").and(BAD, "requested from the allocator");
        assert_eq!(line.clone().within(12).text(), "bytes reque…");
        assert_eq!(line.clone().within(4).text(), "byt…");
        assert_eq!(line.clone().within(34), line);
        assert_eq!(line.within(0).text(), "");
    }

    #[test]
    fn a_line_is_wrapped_without_its_styles_getting_lost() {
        let line =
            Line::of(BAD, "GONE").and(Style::new(), "  it is not there. Put it back, or: ").and(QUIET, "make reset-01");
        let lines = line.clone().wrapped(24);
        let texts: Vec<String> = lines.iter().map(Line::text).collect();
        assert_eq!(texts, ["GONE  it is not there.", "Put it back, or: make", "reset-01"]);
        assert_eq!(lines[2], Line::of(QUIET, "reset-01"));
        assert_eq!(line.clone().wrapped(80), [line]);
    }

    #[test]
    fn wide_characters_take_the_columns_that_they_take() {
        assert_eq!(Line::plain("注文注文").within(6).text(), "注文…");
        assert_eq!(Line::plain("注文注文").within(8).width(), 8);
        assert_eq!(wrapped("注文注文", 5), ["注文", "注文"]);
        assert_eq!(wrapped("注文", 1), ["注", "文"]);
    }

    #[test]
    fn text_is_wrapped_at_blanks_where_it_has_any() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrapped("a  b\n\nc", 10), ["a  b", "", "c"]);
        assert_eq!(wrapped("  indented text", 10), ["  indented", "text"]);
    }
}
