//! What every page is made of: its policy, its style, and tables that fit a narrow screen.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::flamegraph::{KEYS, START, hash};

/// What a served page does every two seconds. Whoever serves it may have gone: then it stays as it is.
const FOLLOW: &str = "setInterval(async () => { try { const answer = await fetch('/stamp'); \
    if (answer.ok && await answer.text() !== document.getElementById('live').dataset.stamp) location.reload(); } catch {} }, 2000);";

const STYLE: &str = include_str!("style.css");

/// A whole page. `scripts` are the hashes of the flamegraphs' scripts: nothing else runs, and nothing is fetched.
pub fn document(title: &str, scripts: &[String], body: &Markup) -> String {
    let scripts = match scripts {
        [] => "'none'".to_string(),
        hashes => format!("'unsafe-hashes' {} {} {}", hash(START), hash(KEYS), hashes.join(" ")),
    };
    with_policy(title, &format!("script-src {scripts}"), body)
}

/// A page that asks where it came from whether it is still the newest, and loads itself again when it is not.
pub fn live_document(title: &str, scripts: &[String], body: &Markup, stamp: &str) -> String {
    let scripts = format!("'unsafe-hashes' {} {} {} {}", hash(START), hash(KEYS), hash(FOLLOW), scripts.join(" "));
    let body = html! {
        div id="live" data-stamp=(stamp) { (body) }
        script { (PreEscaped(FOLLOW)) }
    };
    with_policy(title, &format!("script-src {scripts}; connect-src 'self'"), &body)
}

fn with_policy(title: &str, allowed: &str, body: &Markup) -> String {
    let policy =
        format!("default-src 'none'; style-src 'unsafe-inline'; {allowed}; base-uri 'none'; form-action 'none'");
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content={ "lab-report " (env!("CARGO_PKG_VERSION")) };
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { (body) }
        }
    }
    .into_string()
}

/// What is looked at when somebody asks for it: a heading with a word on what is behind it. On paper it is unfolded.
pub fn fold(heading: &Markup, note: &str, inside: &Markup) -> Markup {
    html! {
        details class="fold" {
            summary { h3 { (heading) } @if !note.is_empty() { span class="faint" { (note) } } }
            div class="inside" { (inside) }
        }
    }
}

/// A table that scrolls by itself where it is wider than the page; by keyboard, too.
pub fn scrolling(label: &str, table: &Markup) -> Markup {
    html! { div class="scroll figures" tabindex="0" role="group" aria-label=(label) { (table) } }
}
