//! Texts with places for data: `/orders/{order}`, `{account.email}`; `{{` and `}}` are braces.

use std::sync::Arc;

use anyhow::{Result, bail, ensure};

use super::data::{Data, Rows};

/// A text whose places are bound to their rows, each of them written as it goes into the text.
#[derive(Debug, Clone, Default)]
pub(super) struct Template(Vec<Part>);

#[derive(Debug, Clone)]
enum Part {
    Text(String),
    Place { list: usize, rows: Arc<[String]> },
}

impl Template {
    /// Adds a text. `escape` writes a row, `literally` what stands between the places.
    pub fn push(
        &mut self,
        text: &str,
        data: &Data,
        escape: fn(&str) -> String,
        literally: fn(&str) -> String,
    ) -> Result<()> {
        for token in tokens(text)? {
            match token {
                Token::Text(text) => self.push_text(&literally(&text)),
                Token::Place(place) => {
                    let Rows { list, rows } = data.rows(place, escape)?;
                    self.0.push(Part::Place { list, rows });
                }
            }
        }
        Ok(())
    }

    /// Adds a text without places.
    pub fn push_text(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(Part::Text(last)) => last.push_str(text),
            _ => self.0.push(Part::Text(text.to_owned())),
        }
    }

    /// The lists that have a place in it.
    pub fn lists(&self) -> impl Iterator<Item = usize> {
        self.0.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Place { list, .. } => Some(*list),
        })
    }

    /// The text with one row of each list; `chosen` has the row's number for every list.
    pub fn fill(&self, chosen: &[usize]) -> String {
        let mut text = String::new();
        for part in &self.0 {
            text.push_str(match part {
                Part::Text(text) => text,
                Part::Place { list, rows } => &rows[chosen[*list]],
            });
        }
        text
    }
}

#[derive(Debug, PartialEq)]
enum Token<'a> {
    Text(String),
    Place(&'a str),
}

fn tokens(text: &str) -> Result<Vec<Token<'_>>> {
    let mut tokens = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        plain.push_str(&rest[..at]);
        let (brace, after) = rest[at..].split_at(1);
        if let Some(after) = after.strip_prefix(brace) {
            plain.push_str(brace);
            rest = after;
            continue;
        }
        let place = after.split_once('}').filter(|_| brace == "{");
        let Some((place, after)) = place else {
            bail!("`{text}` has a `{brace}` without its other half: write `{brace}{brace}` where a brace is meant");
        };
        let is_name = |key: &str| !key.is_empty() && !key.contains(|c: char| c == '{' || c.is_whitespace());
        ensure!(
            place.split('.').all(is_name),
            "`{{{place}}}` in `{text}` is no place such as {{order}} or {{account.email}}"
        );
        tokens.extend((!plain.is_empty()).then(|| Token::Text(std::mem::take(&mut plain))));
        tokens.push(Token::Place(place));
        rest = after;
    }
    plain.push_str(rest);
    tokens.extend((!plain.is_empty()).then_some(Token::Text(plain)));
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Token<'_> {
        Token::Text(text.into())
    }

    #[test]
    fn places_and_braces() {
        assert_eq!(tokens("").unwrap(), []);
        assert_eq!(tokens("/fast").unwrap(), [text("/fast")]);
        assert_eq!(
            tokens("/o/{order}?by={account.email}&").unwrap(),
            [text("/o/"), Token::Place("order"), text("?by="), Token::Place("account.email"), text("&")]
        );
        assert_eq!(tokens("{{order}} {{{order}}}").unwrap(), [text("{order} {"), Token::Place("order"), text("}")]);
    }

    #[test]
    fn a_brace_alone_is_a_mistake() {
        for broken in ["/a{", "/a}", "/{}", "/{a.}", "/{a b}", "/{a{b}"] {
            assert!(tokens(broken).is_err(), "{broken}");
        }
    }
}
