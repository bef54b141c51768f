//! `lab report --watch`: the page on the loopback interface, brought up to date while somebody works.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};

use lab_report::{Page, Report};

use super::pages::Pages;
use super::{Options, collect};
use lab_core::catalogue::Lab;
use lab_core::child::in_background;
use lab_core::pristine::sha256;
use lab_core::say;
use lab_core::terminal::{COMMAND, QUIET, paint};
use lab_core::workspace::Workspace;

/// A browser that says nothing for this long is not asking.
const PATIENCE: Duration = Duration::from_secs(5);
/// More than any browser's head of a request.
const LONGEST_HEAD: u64 = 32 << 10;

/// Serves the page until somebody presses Ctrl-C.
pub fn serve(workspace: &Workspace, labs: &[Lab], options: &Options, pages: &Pages) -> Result<u8> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("Found no free port on the loopback interface")?;
    let address = listener.local_addr()?;
    let url = format!("http://{address}/");
    say!("{}  {}", paint(COMMAND, &url), paint(QUIET, "follows your runs; Ctrl-C ends it"));
    if options.open {
        open::that_detached(&url).with_context(|| format!("Found no program to show it: open {url} yourself"))?;
    }
    for stream in listener.incoming().filter_map(Result::ok) {
        let (workspace, labs, options) = (workspace.clone(), labs.to_vec(), options.clone());
        let (pages, host) = (pages.clone(), address.to_string());
        // A browser opens connections in advance, and one that is silent must not keep the others waiting.
        let answering = in_background("answer", move || {
            // Who does not listen to the answer needs none.
            let _ = answer(stream, &host, |path| match path {
                "/" => page(&pages, newest(&workspace, &labs, &options)?),
                _ => stamp(&newest(&workspace, &labs, &options)?),
            });
        });
        if let Err(error) = answering {
            // The browser asks again.
            lab_core::complain!("{error:#}");
        }
    }
    Ok(0)
}

fn newest(workspace: &Workspace, labs: &[Lab], options: &Options) -> Result<Report> {
    collect::report(workspace, labs, &Options { solution_diff: false, ..options.clone() })
}

/// What tells a report from any other: all that it shows, but when it was made.
fn stamp(report: &Report) -> Result<String> {
    Ok(sha256(&serde_json::to_vec(&Report { at: 0, ..report.clone() })?))
}

fn page(pages: &Pages, report: Report) -> Result<String> {
    let stamp = stamp(&report)?;
    pages.draw(&Page::Live { report, stamp })
}

fn answer(mut stream: TcpStream, host: &str, found: impl FnOnce(&str) -> Result<String>) -> Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let head: Vec<String> = BufReader::new((&stream).take(LONGEST_HEAD))
        .lines()
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .collect();
    let named = head.iter().filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("host"));
    let asked = head.first().map(String::as_str).unwrap_or_default();
    let (status, kind, body) = match asked.split(' ').collect::<Vec<_>>()[..] {
        // A page elsewhere may have its own name resolved to us, to read what is here.
        _ if named.is_none_or(|(_, value)| value.trim() != host) => ("403 Forbidden", "plain", "not this host".into()),
        ["GET", path @ ("/" | "/stamp"), _] => match found(path) {
            Ok(text) => ("200 OK", if path == "/" { "html" } else { "plain" }, text),
            Err(error) => ("500 Internal Server Error", "plain", format!("{error:#}")),
        },
        _ => ("404 Not Found", "plain", "only / is here".into()),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    Ok(())
}
