//! The report and the board in a real browser, as files and served.

mod browser;
mod checkout;
mod report_fixture;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use browser::{Browser, Look, chromium};
#[cfg(target_os = "linux")]
use checkout::processes::assert_nothing_is_left;
use checkout::processes::signal;
use report_fixture::{EVIL, Room, json_of, text, verdicts};
use serde_json::json;

/// `lab report --watch` and the address that it says. It is ended with the value.
struct Served(Child, String);

impl Served {
    fn start(room: &Room) -> Self {
        let mut child = room.command(&["report", "--watch"]).stdout(Stdio::piped()).spawn().expect("lab runs");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        let url = line.split_whitespace().next().expect("an address").to_string();
        assert!(url.starts_with("http://127.0.0.1:"), "{line}");
        Served(child, url)
    }

    fn address(&self) -> &str {
        self.1.trim_start_matches("http://").trim_end_matches('/')
    }

    fn get(&self, path: &str, host: Option<&str>) -> String {
        let address = self.address();
        let mut stream = TcpStream::connect(address).expect("it listens");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", host.unwrap_or(address)).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        answer
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_served_page_follows_what_is_on_disk_and_answers_nobody_else() {
    let room = Room::new();
    let served = Served::start(&room);
    let page = served.get("/", None);
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("Nothing has been run yet"), "{page}");
    let before = served.get("/stamp", None);
    assert_eq!(before, served.get("/stamp", None));
    room.keep("runs/verify-1-7.json", &json_of(&verdicts()[0]));
    assert_ne!(before, served.get("/stamp", None));
    assert!(served.get("/", Some("evil.example:80")).starts_with("HTTP/1.1 403"));
    assert!(served.get("/etc/passwd", None).starts_with("HTTP/1.1 404"));
    // A browser that says nothing keeps nobody waiting.
    let _silent = TcpStream::connect(served.address()).expect("it listens");
    assert!(served.get("/", None).starts_with("HTTP/1.1 200"));
    let mut served = served;
    signal(served.0.id(), "INT");
    assert_eq!(served.0.wait().expect("ended").code(), Some(130));
    #[cfg(target_os = "linux")]
    assert_nothing_is_left(&room.state(), "after Ctrl-C");
}

/// Everything that only a browser can tell. One test: a browser takes a second to start.
#[test]
fn pages_are_right_in_a_browser() {
    let must = std::env::var_os("LAB_CI").is_some();
    let axe = std::env::var_os("LAB_AXE").map(|path| std::fs::read_to_string(path).expect("LAB_AXE names axe.min.js"));
    let Some(program) = chromium() else {
        assert!(!must, "LAB_CI is set and there is no chromium");
        return println!("skipped: chromium is not installed (Debian: apt-get install chromium)");
    };
    assert!(!must || axe.is_some(), "LAB_CI is set and LAB_AXE does not name axe.min.js of the npm package axe-core");
    if axe.is_none() {
        println!("contrast and names are not checked: LAB_AXE does not name axe.min.js of the npm package axe-core");
    }
    let pages = tempfile::tempdir().expect("a temporary folder");
    let page = |name: &str| pages.path().join(name);
    let room = Room::worked_in();
    assert_eq!(room.lab(&["report", "--name", EVIL, "--out", text(&page("report.html"))]).code, 0);
    assert_eq!(room.lab(&["board", text(&room.handed_over()), "--out", text(&page("board.html"))]).code, 0);
    drop(room);
    let room = Room::all_worked_in();
    assert_eq!(room.lab(&["report", "--out", text(&page("four.html"))]).code, 0);
    drop(room);
    let room = Room::new();
    assert_eq!(room.lab(&["report", "--out", text(&page("empty.html"))]).code, 0);
    let mut browser = Browser::start(program);
    for (name, charts) in [("report", 5), ("four", 20), ("board", 0), ("empty", 0)] {
        for width in [400, 1280, 1920] {
            for is_dark in [false, true] {
                let look = Look { width, is_dark };
                browser.open(&page(&format!("{name}.html")), look);
                let what = format!("{name} at {look:?}");
                stays_on_the_page(&mut browser, &what);
                if (name, width) == ("four", 1280) {
                    a_lab_takes_two_screens_at_most(&mut browser);
                }
                screenshot(&mut browser, name, look);
                browser.evaluate(UNFOLD);
                stays_on_the_page(&mut browser, &what);
                every_cell_is_seen(&mut browser, width, &what);
                no_section_is_empty(&mut browser, &what);
                flamegraphs_do_not_glare(&mut browser, is_dark, &what);
                has_charts(&mut browser, charts, &what);
                if let Some(axe) = &axe {
                    axe_finds_nothing(&mut browser, axe, &what);
                }
                screenshot(&mut browser, &format!("{name}-unfolded"), look);
            }
        }
    }
    browser.open(&page("report.html"), Look { width: 1280, is_dark: true });
    what_is_folded_away_is_drawn_right_when_it_is_unfolded(&mut browser);
    evil_is_text(&mut browser);
    every_control_is_reached_by_keyboard(&mut browser);
    a_flamegraph_zooms(&mut browser);
    a_flamegraph_is_walked_by_keyboard(&mut browser);
    a_flamegraph_is_searched(&mut browser);
    paper_shows_everything(&mut browser);
    assert_eq!(browser.errors(), [""; 0]);
    a_served_page_loads_itself_again(&mut browser, &room);
}

/// Everything that is folded away, unfolded.
const UNFOLD: &str = "document.querySelectorAll('details').forEach(details => { details.open = true; })";

fn screenshot(browser: &mut Browser, name: &str, look: Look) {
    if let Some(folder) = std::env::var_os("LAB_SCREENSHOTS") {
        let theme = if look.is_dark { "dark" } else { "light" };
        browser.screenshot(&Path::new(&folder).join(format!("{name}-{}-{theme}.png", look.width)), look);
    }
}

/// A screen is 800 pixels high.
fn a_lab_takes_two_screens_at_most(browser: &mut Browser) {
    let height = browser.evaluate("document.documentElement.scrollHeight").as_u64().expect("a height");
    let labs = browser.evaluate("document.querySelectorAll('section.lab').length").as_u64().unwrap_or_default();
    assert!(labs >= 4, "{labs} labs");
    assert!(height <= labs * 2 * 800, "{height} px are {:.1} screens for {labs} labs", height as f64 / 800.0);
}

/// No cell is cut off. Only tables of many figures scroll on a telephone, and show by a shadow that they do.
fn every_cell_is_seen(browser: &mut Browser, width: u32, what: &str) {
    let cut = browser.evaluate(
        "[...document.querySelectorAll('td, th')].filter(cell => cell.checkVisibility() && !(innerWidth <= 640 && cell.closest('.cards thead')))
            .filter(cell => { const box = cell.getBoundingClientRect(), scroll = cell.closest('.scroll'), frame = scroll.getBoundingClientRect();
                const isIn = box.width > 0 && box.left >= frame.left - 1 && box.right <= frame.right + 1 && frame.right <= innerWidth + 1
                    && cell.scrollWidth <= cell.clientWidth + 1;
                const hasShadow = scroll.matches('.figures') && getComputedStyle(scroll).backgroundImage.split('gradient').length === 5;
                return !isIn && !(innerWidth <= 640 && hasShadow); })
            .map(cell => cell.closest('.scroll').getAttribute('aria-label') + ': ' + cell.innerText)",
    );
    assert_eq!(cut, json!([]), "{what}");
    if width <= 640 {
        // On a card every figure says what it is.
        let unnamed = browser.evaluate(
            "[...document.querySelectorAll('.cards td:not(:first-child)')]
                .filter(cell => getComputedStyle(cell, '::before').content !== JSON.stringify(cell.dataset.label)).length",
        );
        assert_eq!(unnamed, json!(0), "{what}");
    }
}

/// Behind each heading there is something to be seen, and no mark of Markdown is left in a sentence.
fn no_section_is_empty(browser: &mut Browser, what: &str) {
    let empty = browser.evaluate(
        "[...document.querySelectorAll('.fold > .inside, section')].filter(part => part.innerText.trim().length < 2).length",
    );
    assert_eq!(empty, json!(0), "{what}");
    let bare = browser.evaluate(
        "[...document.querySelectorAll('h3')].filter(h => !h.closest('summary'))
            .filter(h => !h.nextElementSibling || /^H[1-3]$/.test(h.nextElementSibling.tagName)).map(h => h.innerText)",
    );
    assert_eq!(bare, json!([]), "{what}");
    let marks = browser.evaluate(
        "[...document.querySelectorAll('p, td, th, dt, dd, li, h2, h3, h4, figcaption')].filter(e => e.innerText.includes('`') && !e.querySelector('pre'))
            .map(e => e.innerText)",
    );
    assert_eq!(marks, json!([]), "{what}");
}

/// In the dark no frame and no background is bright, and the words on them are; by day it is the other way round.
fn flamegraphs_do_not_glare(browser: &mut Browser, is_dark: bool, what: &str) {
    let wrong = browser.evaluate(&format!(
        "(() => {{
            const light = colour => {{ const [r, g, b] = colour.match(/[0-9.]+/g).map(Number); return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255; }};
            const isDark = {is_dark};
            return [...document.querySelectorAll('iframe')].flatMap(frame => {{
                const inside = frame.contentDocument, style = e => frame.contentWindow.getComputedStyle(e);
                const texts = [...inside.querySelectorAll('text')].map(e => light(style(e).fill));
                const rects = [...inside.querySelectorAll('#frames rect')];
                // A filter turns the colours of a differential picture over.
                const bright = rects.filter(e => style(e).filter === 'none' && light(style(e).fill) > 0.35);
                const isWrong = isDark ? texts.some(l => l < 0.7) || bright.length > 0 || light(style(inside.querySelector('body > svg > rect')).fill) > 0.2
                    : texts.some(l => l > 0.3) || rects.some(e => style(e).filter !== 'none');
                return rects.length > 0 && isWrong ? [frame.title] : [];
            }});
        }})()"
    ));
    assert_eq!(wrong, json!([]), "{what}");
}

/// A flamegraph that had no width while it was folded away fits its names once it has one.
fn what_is_folded_away_is_drawn_right_when_it_is_unfolded(browser: &mut Browser) {
    browser.evaluate(UNFOLD);
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let shown = browser.evaluate(
            "[...document.querySelector('iframe').contentDocument.querySelectorAll('#frames > g')]
                .filter(g => g.querySelector('title').textContent.startsWith('manifest')).map(g => g.querySelector('text').textContent)[0]",
        );
        if shown.as_str().is_some_and(|name| name.starts_with("manifest")) {
            return;
        }
        assert!(Instant::now() < until, "the name of a wide frame is {shown}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn a_served_page_loads_itself_again(browser: &mut Browser, room: &Room) {
    let served = Served::start(room);
    browser.go_to(&served.1);
    room.keep("runs/verify-1-7.json", &json_of(&verdicts()[0]));
    let until = Instant::now() + Duration::from_secs(60);
    while browser.evaluate("document.body?.innerText.includes('NOT YET')") != json!(true) {
        assert!(Instant::now() < until, "the page is still the old one; {:?}", browser.errors());
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn stays_on_the_page(browser: &mut Browser, what: &str) {
    assert_eq!(browser.errors(), [""; 0], "{what}");
    let requests = browser.requests();
    assert!(matches!(&requests[..], [only] if only.starts_with("file://")), "{what}: {requests:?}");
    let overflow = browser.evaluate("document.documentElement.scrollWidth - innerWidth").as_i64();
    assert!(overflow <= Some(0), "{what}: {overflow:?} px wider than the window");
}

fn has_charts(browser: &mut Browser, at_least: u64, what: &str) {
    let charts = browser.evaluate(
        "[...document.querySelectorAll('figure.chart')].map(f => ({
            title: f.querySelector('.title').innerText, facts: f.querySelector('figcaption').innerText,
            says: f.querySelector('svg').getAttribute('aria-label'), role: f.querySelector('svg').getAttribute('role'),
            marks: f.querySelectorAll('svg rect, svg circle, svg polygon, svg polyline').length,
            width: f.querySelector('svg').checkVisibility() ? f.querySelector('svg').getBBox().width : 100,
        }))",
    );
    let charts = charts.as_array().expect("a list");
    assert!(charts.len() as u64 >= at_least, "{what}: {} charts", charts.len());
    for chart in charts {
        let is_said = |key: &str| chart[key].as_str().is_some_and(|text| text.len() > 3);
        assert!(is_said("title") && is_said("facts") && is_said("says") && chart["role"] == "img", "{what}: {chart}");
        assert!(chart["marks"].as_u64() > Some(1) && chart["width"].as_f64() > Some(50.0), "{what}: {chart}");
    }
}

fn axe_finds_nothing(browser: &mut Browser, axe: &str, what: &str) {
    browser.evaluate(&format!("{axe};0"));
    let found = browser.evaluate(
        "axe.run(document, { iframes: false }).then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html).slice(0, 3).join(' | ')))",
    );
    assert_eq!(found, json!([]), "{what}");
}

fn evil_is_text(browser: &mut Browser) {
    assert_eq!(browser.evaluate("document.scripts.length"), 0);
    let shown = browser.evaluate("document.body.innerText.split(\"<script>alert('gotcha')</script>\").length - 1");
    assert!(shown.as_u64() >= Some(6), "shown {shown} times");
}

fn every_control_is_reached_by_keyboard(browser: &mut Browser) {
    const ALL: &str =
        "[...document.querySelectorAll('a, summary, iframe, [tabindex]')].filter(e => e.checkVisibility())";
    let all = browser.evaluate(&format!("{ALL}.length")).as_u64().expect("a number");
    // A flamegraph has up to three stops inside: its search, its frames, and the way back from a zoom.
    for _ in 0..=4 * all {
        browser.press("Tab");
        browser.evaluate("document.activeElement.reached = true; 0");
    }
    let missed = browser.evaluate(&format!("{ALL}.filter(e => !e.reached).map(e => e.outerHTML.slice(0, 80))"));
    assert_eq!(missed, json!([]));
    assert!(all > 8, "{all} controls");
}

/// The document of the first flamegraph.
const INSIDE: &str = "document.querySelector('iframe').contentDocument";

fn a_flamegraph_zooms(browser: &mut Browser) {
    let frames = browser.evaluate(&format!("{INSIDE}.querySelectorAll('#frames g').length")).as_u64();
    assert!(frames >= Some(6), "{frames:?} frames");
    let zoomed = browser.evaluate(&format!(
        "(() => {{ const d = {INSIDE}; const g = [...d.querySelectorAll('#frames g')].find(g => g.textContent.includes('realloc'));
            const width = () => g.querySelector('rect').getBoundingClientRect().width;
            const before = width();
            g.querySelector('rect').dispatchEvent(new MouseEvent('click', {{ bubbles: true }}));
            return [before, width(), d.documentElement.clientWidth]; }})()"
    ));
    let [before, after, all] = [0, 1, 2].map(|i| zoomed[i].as_f64().expect("a width"));
    assert!(after > 3.0 * before && after > 0.9 * all, "{zoomed}");
}

fn a_flamegraph_is_walked_by_keyboard(browser: &mut Browser) {
    let here = format!("{INSIDE}.activeElement.querySelector('title').textContent");
    browser.evaluate(&format!("{INSIDE}.querySelector('#frames [tabindex=\"0\"]').focus()"));
    browser.press("Escape");
    for (key, frame) in
        [("ArrowUp", "main"), ("ArrowUp", "manifest"), ("ArrowLeft", "drop"), ("ArrowRight", "manifest")]
    {
        browser.press(key);
        let found = browser.evaluate(&here);
        assert!(found.as_str().is_some_and(|found| found.starts_with(frame)), "{key}: {found}, not {frame}");
    }
    browser.press("ArrowUp");
    browser.press("Enter");
    let wide = format!("{INSIDE}.activeElement.querySelector('rect').getAttribute('width')");
    assert_eq!(browser.evaluate(&wide).as_str().map(|width| &width[..3]), Some("100"));
    browser.press("Escape");
    assert_eq!(browser.evaluate(&wide).as_str().map(|width| &width[..2]), Some("80"));
}

fn a_flamegraph_is_searched(browser: &mut Browser) {
    browser.answer_with = "realloc";
    browser.evaluate(&format!("{INSIDE}.getElementById('search').focus()"));
    browser.press("Enter");
    let matched = browser.evaluate(&format!("{INSIDE}.getElementById('matched').textContent"));
    assert_eq!(matched, "Matched: 15.0%");
}

/// What is folded away or scrolls on a screen is there on paper, on white; each picture is as wide as the page at most.
fn paper_shows_everything(browser: &mut Browser) {
    browser.print();
    let lost = browser.evaluate(
        "(() => { const all = [...document.querySelectorAll('details > *, iframe, table, pre')];
            return [getComputedStyle(document.body).backgroundColor, all.length > 20,
                all.filter(e => !e.checkVisibility({ contentVisibilityAuto: true }) || e.getBoundingClientRect().width > 720 ||
                    e.scrollHeight > e.clientHeight + 1 && e.matches('pre')).map(e => e.outerHTML.slice(0, 80))]; })()",
    );
    assert_eq!(lost, json!(["rgb(255, 255, 255)", true, []]));
}
