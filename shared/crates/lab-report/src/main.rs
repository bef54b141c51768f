//! `lab-report`: reads what a page is of as JSON, and writes the page. `lab` runs it, and says what went wrong.

use std::error::Error;
use std::io::{ErrorKind, Read, Write};

use lab_report::Page;

fn main() -> Result<(), Box<dyn Error>> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let page: Page = serde_json::from_str(&text).map_err(|error| format!("This is no page that I know: {error}"))?;
    // Through to the end: what is still in a buffer at the exit is lost without a word.
    let mut stdout = std::io::stdout();
    match stdout.write_all(page.html().as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(format!("The page was not written: {error}").into()),
        _ => Ok(()),
    }
}
