//! `lab-report`: reads what a page is of as JSON, and writes the page. `lab` runs it, and says what went wrong.

use std::error::Error;
use std::io::{Read, Write};

use lab_report::Page;

fn main() -> Result<(), Box<dyn Error>> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let page: Page = serde_json::from_str(&text).map_err(|error| format!("This is no page that I know: {error}"))?;
    Ok(std::io::stdout().write_all(page.html().as_bytes())?)
}
