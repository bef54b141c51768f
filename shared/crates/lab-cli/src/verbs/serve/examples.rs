//! Requests to try a service with, taken from what its customers do.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

use lab_core::terminal::quoted;
use lab_core::workspace::Workspace;

/// A service that has not answered after this long has been given up.
const PATIENCE: Duration = Duration::from_secs(10);

/// A scenario, as somebody may try it.
pub struct Examples {
    /// What customers do.
    pub about: String,
    /// A command for each of their requests.
    pub curl: Vec<String>,
}

/// The part of a scenario file that its examples need.
#[derive(Deserialize)]
struct Scenario {
    about: String,
    flows: Vec<Flow>,
    data_from: Option<String>,
    #[serde(default)]
    data: Lists,
}

#[derive(Deserialize)]
struct Flow {
    requests: Vec<Request>,
}

#[derive(Deserialize)]
struct Request {
    method: String,
    path: String,
    body: Option<Value>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

/// Rows by the name of their list.
type Lists = BTreeMap<String, Vec<Value>>;

/// The examples of a scenario, for the service at this address.
pub fn of(workspace: &Workspace, name: &str, address: &str) -> Result<Examples> {
    let path = workspace.root.join("shared/stack/scenarios").join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).with_context(|| format!("Cannot read {}", path.display()))?;
    let problem = || format!("{} is no scenario", path.display());
    let scenario: Scenario = serde_json::from_str(&text).with_context(problem)?;
    let lists = match &scenario.data_from {
        None => scenario.data,
        Some(path) => get(address, path).with_context(|| format!("The service did not answer GET {path}"))?,
    };
    let requests = scenario.flows.iter().flat_map(|flow| &flow.requests);
    let curl = requests.map(|request| curl(address, request, &lists)).collect::<Result<_>>().with_context(problem)?;
    Ok(Examples { about: scenario.about, curl })
}

/// What a service answers. HTTP/1.0, so that the end of the answer is the end of the connection.
fn get(address: &str, path: &str) -> Result<Lists> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    match answer.split_once("\r\n\r\n") {
        Some((head, body)) if head.contains(" 200 ") => Ok(serde_json::from_str(body)?),
        _ => bail!("it said: {}", answer.lines().next().unwrap_or_default()),
    }
}

fn curl(address: &str, request: &Request, lists: &Lists) -> Result<String> {
    let mut words = vec!["curl".to_string()];
    if request.method != "GET" {
        // The answer may have no body to show.
        words.push("-i".into());
    }
    // What it does without being told: GET, and POST where there is a body.
    if request.method != if request.body.is_some() { "POST" } else { "GET" } {
        words.extend(["-X".into(), request.method.clone()]);
    }
    for (name, value) in &request.headers {
        words.extend(["-H".into(), format!("{name}: {value}")]);
    }
    if let Some(body) = &request.body {
        words.extend(["-H".into(), "content-type: application/json".into()]);
        words.extend(["-d".into(), filled_body(body, lists)?.to_string()]);
    }
    words.push(format!("http://{address}{}", filled(&request.path, lists)?));
    Ok(words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "))
}

fn filled_body(body: &Value, lists: &Lists) -> Result<Value> {
    Ok(match body {
        Value::String(text) => filled(text, lists)?.into(),
        Value::Array(values) => values.iter().map(|value| filled_body(value, lists)).collect::<Result<_>>()?,
        Value::Object(fields) => {
            let filled = |(name, value): (&String, &Value)| Ok((name.clone(), filled_body(value, lists)?));
            Value::Object(fields.iter().map(filled).collect::<Result<_>>()?)
        }
        other => other.clone(),
    })
}

/// A text with rows in place of `{order}` and `{account.email}`; doubled braces are braces.
fn filled(text: &str, lists: &Lists) -> Result<String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        filled.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            filled.push_str(brace);
            rest = after;
        } else {
            let (name, after) = rest.split_once('}').with_context(|| format!("a lone {brace} in `{text}`"))?;
            filled.push_str(value(name, lists).with_context(|| format!("there is no row for {{{name}}}"))?);
            rest = after;
        }
    }
    filled.push_str(rest);
    Ok(filled)
}

/// From the last row: load takes rows that can be used up from the front.
fn value<'a>(name: &str, lists: &'a Lists) -> Option<&'a str> {
    match name.split_once('.') {
        None => lists.get(name)?.last()?.as_str(),
        Some((list, field)) => lists.get(list)?.last()?.get(field)?.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lists() -> Lists {
        serde_json::from_value(
            json!({ "order": ["US-1", "US-2"], "account": [{ "email": "a@b.c", "password": "it's {x}" }] }),
        )
        .unwrap()
    }

    fn request(text: Value) -> Request {
        serde_json::from_value(text).unwrap()
    }

    #[test]
    fn a_request_becomes_a_command_with_the_last_row() {
        let look = request(json!({ "method": "GET", "path": "/orders/{order}" }));
        assert_eq!(curl("127.0.0.1:1", &look, &lists()).unwrap(), "curl http://127.0.0.1:1/orders/US-2");
        let pay = request(json!({ "method": "POST", "path": "/orders/{order}/pay" }));
        assert_eq!(curl("h", &pay, &lists()).unwrap(), "curl -i -X POST http://h/orders/US-2/pay");
    }

    #[test]
    fn a_shell_gives_curl_the_body_as_it_is() {
        let body = json!({ "password": "{account.password}", "n": 1, "note": "{{}}" });
        let sign_in = request(json!({ "method": "POST", "path": "/", "body": body }));
        let line = curl("h", &sign_in, &lists()).unwrap().replace("curl ", "printf '%s\\n' ");
        let output = std::process::Command::new("sh").args(["-c", &line]).output().unwrap();
        let words = String::from_utf8(output.stdout).unwrap();
        assert!(words.lines().any(|word| word == r#"{"n":1,"note":"{}","password":"it's {x}"}"#), "{words}");
    }

    #[test]
    fn a_row_that_is_not_there_is_named() {
        let error = |text: &str| format!("{:#}", filled(text, &lists()).unwrap_err());
        assert!(error("/{customer}").contains("{customer}"));
        assert!(error("/{account.name}").contains("{account.name}"));
        assert!(error("/{order").contains("/{order"));
        assert!(error("/}order").contains("/}order"));
    }
}
