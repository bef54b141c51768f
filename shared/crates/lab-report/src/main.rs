//! `lab-report`: reads what a page is of as JSON, and writes the page. `lab` runs it.

use std::io::{Read, Write};
use std::process::ExitCode;

use lab_report::Page;

fn main() -> ExitCode {
    match draw() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn draw() -> Result<(), Box<dyn std::error::Error>> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let page: Page = serde_json::from_str(&text).map_err(|error| format!("This is no page that I know: {error}"))?;
    std::io::stdout().write_all(page.html().as_bytes())?;
    Ok(())
}
