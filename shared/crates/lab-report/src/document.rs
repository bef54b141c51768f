//! What every page is made of: its policy, its style, and tables that fit a narrow screen.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::flamegraph::{START, hash};

const STYLE: &str = include_str!("style.css");

/// A whole page. `scripts` are the hashes of the flamegraphs' scripts: nothing else runs, and nothing is fetched.
pub fn document(title: &str, scripts: &[String], body: &Markup) -> String {
    let scripts = match scripts {
        [] => "'none'".to_string(),
        hashes => format!("'unsafe-hashes' {} {}", hash(START), hashes.join(" ")),
    };
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src {scripts}; base-uri 'none'; form-action 'none'"
    );
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

/// A table that scrolls by itself where it is wider than the page; by keyboard, too.
pub fn scrolling(label: &str, table: &Markup) -> Markup {
    html! { div class="scroll" tabindex="0" role="region" aria-label=(label) { (table) } }
}
