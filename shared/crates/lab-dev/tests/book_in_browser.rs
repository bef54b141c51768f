//! The book as a reader sees it: drawn by mdBook, opened in a browser.

#[path = "../../lab-cli/tests/browser/mod.rs"]
mod browser;
#[path = "../../lab-cli/tests/checkout/mod.rs"]
mod checkout;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use browser::{Browser, Look, chromium};
use checkout::{ran, repository};
use serde_json::json;

/// The pages in a folder, or why there are none on this machine.
fn drawn(into: &Path) -> Result<Vec<PathBuf>, String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab-dev"));
    command.args(["book", "--out"]).arg(into).current_dir(repository()).stdin(Stdio::null());
    let book = ran(command.output().expect("lab-dev runs"));
    if book.stderr.contains("mdBook is not installed") {
        return Err(book.stderr);
    }
    assert_eq!(book.code, 0, "{}{}", book.stdout, book.stderr);
    let summary = std::fs::read_to_string(repository().join("shared/book/src/SUMMARY.md")).expect("the summary");
    let links = summary.lines().filter_map(|line| line.split_once("](")?.1.split_once(".md)"));
    Ok(links.map(|(page, _)| into.join(format!("{page}.html"))).collect())
}

#[test]
fn every_page_of_the_book_is_whole() {
    let must = std::env::var_os("LAB_CI").is_some();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (pages, program) = match (drawn(folder.path()), chromium()) {
        (Ok(pages), Some(program)) => (pages, program),
        (Err(why), _) => {
            assert!(!must, "LAB_CI is set: {why}");
            return println!("skipped: {why}");
        }
        (_, None) => {
            assert!(!must, "LAB_CI is set and there is no chromium");
            return println!("skipped: chromium is not installed (Debian: apt-get install chromium)");
        }
    };
    assert!(pages.len() >= 12, "{pages:?}");
    let mut browser = Browser::start(program);
    for page in &pages {
        for (width, is_dark) in [(400, false), (1280, false), (1280, true)] {
            let look = Look { width, is_dark };
            let what = format!("{} at {look:?}", page.display());
            browser.open(page, look);
            assert_eq!(browser.errors(), [""; 0], "{what}");
            let is_here = |url: &String| url.starts_with("file://") || url.starts_with("data:");
            let away: Vec<String> = browser.requests().into_iter().filter(|url| !is_here(url)).collect();
            assert_eq!(away, [""; 0], "{what}: it must be readable without a network");
            let overflow = browser.evaluate("document.documentElement.scrollWidth - innerWidth").as_i64();
            assert!(overflow <= Some(0), "{what}: {overflow:?} px wider than the window");
            let lost = browser
                .evaluate("[...document.images].filter(image => image.naturalWidth === 0).map(image => image.src)");
            assert_eq!(lost, json!([]), "{what}");
            let words = browser.evaluate("document.querySelector('main').innerText.length").as_u64();
            assert!(words > Some(500), "{what}: {words:?} characters");
            if let Some(pictures) = std::env::var_os("LAB_SCREENSHOTS") {
                let name = page.file_stem().expect("a name").to_string_lossy();
                browser.screenshot(&Path::new(&pictures).join(format!("book-{name}-{width}-{is_dark}.png")), look);
            }
        }
        for link in links(&mut browser) {
            leads_somewhere(page, &link);
        }
    }
}

/// Where the text of the page that is open leads.
fn links(browser: &mut Browser) -> Vec<String> {
    let found =
        browser.evaluate("[...document.querySelectorAll('main a[href]')].map(link => link.getAttribute('href'))");
    found.as_array().expect("a list").iter().map(|link| link.as_str().expect("text").to_string()).collect()
}

/// A page and a place in it that are there. What lies on other machines is not asked for.
fn leads_somewhere(page: &Path, link: &str) {
    if link.starts_with("https://") {
        return;
    }
    let (path, place) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() { page.to_path_buf() } else { page.with_file_name(path) };
    let text = std::fs::read_to_string(&target).unwrap_or_else(|error| panic!("{}: {link}: {error}", page.display()));
    assert!(place.is_empty() || text.contains(&format!("id=\"{place}\"")), "{}: nothing is at {link}", page.display());
}
