//! `lab serve`: a service for somebody to curl and to load by hand, until they stop it.

mod examples;

use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::json;

use crate::args::Serving;
use crate::verbs::reproduce;
use lab_core::cargo;
use lab_core::catalogue::{self, Kind, Lab};
use lab_core::child::{self, Sees};
use lab_core::database;
use lab_core::error::Usage;
use lab_core::programs;
use lab_core::runner::{Call, Session};
use lab_core::say;
use lab_core::terminal::{COMMAND, HEADING, QUIET, paint, print_line, spinner};
use lab_core::workspace::Workspace;

/// What the stalling service is called on the command line.
pub const STALL: &str = "stall";

/// A service that has not said where it listens after this long hangs, and so does one that has not ended this long after it was told
/// to. A shop of its own has many orders to write first, and its database to remove in the end.
const LIMIT: Duration = Duration::from_secs(60);

/// A service to run.
struct Subject {
    package: String,
    /// What the build compiles that takes long.
    needs: Vec<&'static str>,
    arguments: Vec<String>,
    environment: Vec<(&'static str, String)>,
    /// What customers do, by the names of the files in shared/stack/scenarios.
    scenarios: Vec<String>,
}

/// Serves a lab as it is now, or its solution.
pub fn lab(workspace: &Workspace, lab: &Lab, on: &Serving) -> Result<u8> {
    if lab.meta.kind != Kind::Service {
        return Err(Usage(no_service(workspace, lab)?).into());
    }
    let package = if on.solution { catalogue::solution(workspace, lab)?.name } else { lab.name.clone() };
    let subject = Subject {
        package,
        needs: programs::needs(lab),
        arguments: vec!["--seed".into(), on.seed.unwrap_or(7).to_string()],
        environment: vec![("DB", database::chosen()?)],
        scenarios: vec![lab.slug.clone()],
    };
    serve(workspace, &subject, on)
}

/// Serves the book's stalling service.
pub fn stall(workspace: &Workspace, on: &Serving) -> Result<u8> {
    if on.solution || on.seed.is_some() {
        return Err(
            Usage("the stalling service has no solution and no seed: it stalls for 2 s in every 10 s".into()).into()
        );
    }
    let subject = Subject {
        package: programs::STALLING.into(),
        needs: vec!["service"],
        arguments: Vec::new(),
        environment: Vec::new(),
        scenarios: vec!["fast".into(), STALL.into()],
    };
    serve(workspace, &subject, on)
}

fn no_service(workspace: &Workspace, lab: &Lab) -> Result<String> {
    let services: Vec<String> = catalogue::labs(workspace)?
        .iter()
        .filter(|lab| lab.meta.kind == Kind::Service)
        .map(|lab| format!("{} ({})", lab.nn(), lab.slug))
        .collect();
    Ok(format!(
        "{} is not a service. Services are {}, and `{STALL}`, the service of the book's page on load tests",
        lab.name,
        services.join(", ")
    ))
}

fn serve(workspace: &Workspace, subject: &Subject, on: &Serving) -> Result<u8> {
    // Known before minutes of building; the service itself asks again.
    is_free(on.port)?;
    let package = &subject.package;
    let build = programs::plain(workspace, package, &subject.needs);
    let program = cargo::build(workspace, &build)?.executable(package)?;
    let mut arguments = vec!["serve".to_string(), "--port".into(), on.port.to_string()];
    arguments.extend(subject.arguments.iter().cloned());
    let call = Call {
        arguments,
        environment: subject.environment.clone(),
        limit: LIMIT,
        pass_on: !on.json,
        sees: Sees::Everything,
        ..Call::default()
    };
    let bar = spinner(format!("Starting {package}"));
    let mut session = Session::with_input(&program, &call)?;
    let Some(address) = session.address() else {
        bar.finish_and_clear();
        session.finish()?.finished()?;
        bail!("{package} ended before it listened");
    };
    let examples = subject.scenarios.iter().map(|name| examples::of(workspace, name, &address));
    let examples = examples.collect::<Result<Vec<_>>>()?;
    bar.finish_and_clear();
    // Whoever has read the address may stop the service.
    child::stop_at_next_signal();
    say_where(subject, &address, &examples, on.json);
    session.follow_until(child::is_asked_to_stop);
    let records = session.finish()?.finished()?;
    if !on.json {
        // The terminal may have shown the key that was pressed.
        say!();
        records.iter().for_each(reproduce::show);
        say!("Stopped: nothing is left running.");
    }
    Ok(0)
}

fn say_where(subject: &Subject, address: &str, examples: &[examples::Examples], json: bool) {
    let url = format!("http://{address}");
    if json {
        let scenarios = &subject.scenarios;
        return print_line(&json!({ "service": subject.package, "url": url, "scenarios": scenarios }).to_string());
    }
    say!("{} listens on {url} until Ctrl-C.", paint(HEADING, &subject.package));
    say!();
    for line in examples.iter().flat_map(|examples| &examples.curl) {
        say!("  {}", paint(COMMAND, line));
    }
    say!();
    say!("Send load from a second terminal:");
    for (name, examples) in subject.scenarios.iter().zip(examples) {
        say!("  {}", paint(COMMAND, format!("cargo lab load --target {url} --scenario {name}")));
        say!("  {}", paint(QUIET, &examples.about));
    }
    say!();
}

fn is_free(port: u16) -> Result<()> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map(drop).with_context(|| {
        format!("Cannot listen on 127.0.0.1:{port}: choose another --port, or leave it out for a free one")
    })
}
