//! Flamegraphs inside a page: each in a frame of its own, with its own script, which the page's policy knows by its hash.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

/// What inferno's script does to remember the zoom in the address. A frame inside a page has no address that it could change.
const REMEMBER: &str = "history.replaceState(null, null, parse_params(params));";

/// How inferno's script is told to lay out the frames for the width of their window, once. Ours scale with the page, and with paper.
const FIT: (&str, &str) = ("var fluiddrawing = true;", "var fluiddrawing = false;");

/// What a picture of inferno's lacks for whoever has no mouse.
pub const KEYS: &str = include_str!("flamegraph.js");

/// The picture fills its frame, which has its shape; what can be pressed is seen.
const STYLE: &str = "html,body{margin:0;height:100%}body>svg{display:block;width:100%;height:100%}\
    body #search,body #unzoom{opacity:1;text-decoration:underline}body .hide{display:none}\
    :focus{outline:none}:focus-visible rect{stroke:#000;stroke-width:2}text:focus-visible{outline:2px solid #000}";

/// The same by night: inferno draws for white paper, and its yellows and reds are the brightest things on a dark page. Frames get three
/// shades of brown by turns, so that neighbours can still be told apart. A differential picture keeps its meaning: its colours are turned
/// over, so that what is white becomes black and red stays red. What a search has found keeps the colour that inferno gives it.
const DARK: &str = "@media (prefers-color-scheme:dark){html{color-scheme:dark}body>svg{background:#1d2024}\
    body>svg>rect{fill:#1d2024}body text{fill:#e8e9ea}\
    .plain #frames rect{fill:#5a3a1e}.plain #frames g:nth-child(3n) rect{fill:#6b4520}.plain #frames g:nth-child(3n+1) rect{fill:#4c3323}\
    .changes #frames rect{filter:invert(1) hue-rotate(180deg) brightness(.75)}\
    body #frames rect[fill='rgb(230,0,230)']{fill:#8a2a8a!important;filter:none}\
    body #frames>*:hover{stroke:#e8e9ea}:focus-visible rect{stroke:#fff}text:focus-visible{outline-color:#fff}}";

/// inferno's start, as an attribute. Chromium and Firefox give the event to SVG as `evt`.
pub const START: &str = "init(evt)";

/// A frame with the flamegraph in it. Without scripts it is a still picture.
pub fn frame(title: &str, svg: &str, shows_changes: bool) -> Markup {
    let svg = embedded(svg);
    let pixels = |name: &str, or: u32| attribute(&svg, name).and_then(|length| length.parse().ok()).unwrap_or(or);
    let shape = format!("aspect-ratio: {} / {}", pixels("width", 1_200), pixels("height", 550));
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { (title) } style { (PreEscaped(STYLE)) (PreEscaped(DARK)) } }
            body class=(if shows_changes { "changes" } else { "plain" }) {
                (PreEscaped(&svg))
                // Nothing of it is there to be pressed in any other picture.
                @if script(&svg).is_some() { script { (PreEscaped(KEYS)) } }
            }
        }
    };
    html! {
        div class="scroll flamegraph" tabindex="0" role="group" aria-label=(title) { iframe title=(title) style=(shape) srcdoc=(document.0) {} }
    }
}

/// The hash of a flamegraph's script, as a content security policy names it.
pub fn script_hash(svg: &str) -> Option<String> {
    Some(hash(&script(&embedded(svg))?))
}

/// A hash as a content security policy names it.
pub fn hash(text: &str) -> String {
    format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)))
}

/// The picture without the prologue of a file of its own.
fn embedded(svg: &str) -> String {
    let start = svg.find("<svg").unwrap_or(0);
    svg[start..].replace(REMEMBER, "void parse_params(params);").replace(FIT.0, FIT.1).replace("\r\n", "\n")
}

/// The text of the script element, as a browser hashes it.
fn script(svg: &str) -> Option<String> {
    let (_, rest) = svg.split_once("<script type=\"text/ecmascript\">")?;
    let (script, _) = rest.split_once("</script>")?;
    Some(script.replace("<![CDATA[", "").replace("]]>", ""))
}

/// An attribute of the outermost element.
fn attribute<'a>(svg: &'a str, name: &str) -> Option<&'a str> {
    let head = svg.split_once('>')?.0;
    head.split_once(&format!(" {name}=\""))?.1.split_once('"').map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SVG: &str = "<?xml version=\"1.0\"?><!DOCTYPE svg><svg width=\"1200\" height=\"77\" onload=\"init(evt)\"><script type=\
                       \"text/ecmascript\"><![CDATA[a();]]><![CDATA[history.replaceState(null, null, parse_params(params));]]></script></svg>";

    #[test]
    fn a_frame_has_the_shape_of_its_picture_and_is_closed_against_the_page() {
        let html = frame("CPU \"time\"", SVG, false).0;
        assert!(html.contains("aspect-ratio: 1200 / 77") && html.contains("title=\"CPU &quot;time&quot;\""), "{html}");
        assert!(!html.contains("<svg") && html.contains("&lt;svg") && !html.contains("replaceState"), "{html}");
    }

    #[test]
    fn the_hash_is_that_of_the_text_that_runs() {
        assert_eq!(script_hash(SVG), Some(hash("a();void parse_params(params);")));
        assert_eq!(script_hash("<svg></svg>"), None);
    }
}
