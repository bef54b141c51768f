//! Markdown from a lab's README. Markup that somebody wrote into it shows as text, and no link leads out of the web or into a script.

use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd};

/// What a table stands in.
const TABLE: &str = "<div class=\"scroll figures\" tabindex=\"0\" role=\"group\" aria-label=\"A table\">";

/// The text below a heading of the second level, up to the next one; nothing where there is no such heading.
pub fn section<'a>(readme: &'a str, heading: &str) -> Option<&'a str> {
    let start = readme.find(&format!("\n## {heading}\n"))? + 1;
    let text = readme[start..].split_once('\n')?.1;
    Some(text.split("\n## ").next().unwrap_or(text).trim())
}

/// A sentence whose `code` is marked as in Markdown. Everything else in it is text.
pub fn inline(text: &str) -> Markup {
    let parts: Vec<&str> = text.split('`').collect();
    // A mark without its other half is a letter like any other.
    let closed = if parts.len() % 2 == 1 { parts.len() } else { parts.len() - 1 };
    html! {
        @for (i, part) in parts.iter().enumerate() {
            @if i >= closed { "`" (part) } @else if i % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// Markdown as HTML.
pub fn markdown(text: &str) -> Markup {
    let mut dropped = Vec::new();
    let mut parsed = Parser::new_ext(text, Options::ENABLE_TABLES).peekable();
    let in_order = std::iter::from_fn(|| {
        let event = parsed.next()?;
        // A letter's head: what it is from, to and about stands in a line each.
        let is_head = event == Event::SoftBreak && matches!(parsed.peek(), Some(Event::Start(Tag::Strong)));
        Some(if is_head { Event::HardBreak } else { event })
    });
    let events = in_order.filter_map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        Event::Start(Tag::HtmlBlock) => Some(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::HtmlBlock) => Some(Event::End(TagEnd::Paragraph)),
        // A link into the repository leads nowhere from a page that was handed over; a picture would leave the page.
        Event::Start(Tag::Link { ref dest_url, .. }) => {
            dropped.push(!is_web(dest_url));
            dropped.last().is_some_and(|is_dropped| !is_dropped).then_some(event)
        }
        Event::End(TagEnd::Link) => (!dropped.pop().unwrap_or(false)).then_some(event),
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => None,
        // The page's own headings are above these.
        Event::Start(Tag::Heading { .. }) => Some(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::Heading(_)) => Some(Event::End(TagEnd::Paragraph)),
        other => Some(other),
    });
    // As the page's own tables: a wide one scrolls by itself.
    let events = events.flat_map(|event| match event {
        Event::Start(Tag::Table(_)) => [Some(Event::Html(TABLE.into())), Some(event)],
        Event::End(TagEnd::Table) => [Some(event), Some(Event::Html("</div>".into()))],
        other => [Some(other), None],
    });
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, events.flatten());
    PreEscaped(html)
}

fn is_web(url: &CowStr<'_>) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_text_is_text() {
        let html = markdown(
            "a <script>alert(1)</script> b\n\n<div onclick=x>\n\n[x](javascript:alert(1)) ![y](http://h/i.png)",
        );
        assert!(!html.0.contains("<script") && !html.0.contains("<div") && !html.0.contains("<img"), "{}", html.0);
        assert!(html.0.contains("&lt;script&gt;") && !html.0.contains("javascript:"), "{}", html.0);
    }

    #[test]
    fn a_table_scrolls_by_itself() {
        let html = markdown("| a | b |\n|---|---|\n| 1 | 2 |\n");
        assert!(html.0.starts_with(&format!("{TABLE}<table>")) && html.0.ends_with("</table>\n</div>"), "{}", html.0);
    }

    #[test]
    fn links_to_the_web_stay_and_links_into_the_repository_lose_their_target() {
        let html = markdown("[the book](../../book.md) and [the source](https://example.com/)");
        assert_eq!(html.0, "<p>the book and <a href=\"https://example.com/\">the source</a></p>\n");
    }

    #[test]
    fn code_in_a_sentence_is_code_and_nothing_else_is_markup() {
        assert_eq!(inline("run `make <b>`, twice").0, "run <code>make &lt;b&gt;</code>, twice");
        assert_eq!(inline("it`s `a` mark").0, "it<code>s </code>a` mark");
        assert_eq!(inline("<i>").0, "&lt;i&gt;");
    }

    #[test]
    fn a_section_ends_where_the_next_begins() {
        let readme = "# Lab\n\n## The ticket\n\n> late\n\n## SLO at stake\n\n100 ms\n";
        assert_eq!(section(readme, "The ticket"), Some("> late"));
        assert_eq!(section(readme, "SLO at stake"), Some("100 ms"));
        assert_eq!(section(readme, "Hints"), None);
    }
}
