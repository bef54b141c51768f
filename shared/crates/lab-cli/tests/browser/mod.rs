//! Chromium without a window, driven over the pipe that it offers for debugging: no port, no driver program, no WebSocket.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::io::{BufRead, BufReader, PipeWriter, Write, pipe};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use command_fds::{CommandFdExt, FdMapping};
use serde_json::{Value, json};
use tempfile::TempDir;

/// No answer of a browser takes this long on any machine that works.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser with one page.
pub struct Browser {
    child: Child,
    to: PipeWriter,
    from: Receiver<Value>,
    session: Option<String>,
    sent: u64,
    events: Vec<Value>,
    /// What to say when a page asks for something.
    pub answer_with: &'static str,
    _profile: TempDir,
}

/// How a page is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    pub width: u32,
    pub is_dark: bool,
}

/// The name of Chromium's program here; nothing where there is none.
pub fn chromium() -> Option<&'static str> {
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| which::which(name).is_ok())
}

impl Browser {
    /// Starts one that resolves no name: whatever leaves the machine fails, and is seen.
    pub fn start(program: &str) -> Self {
        let profile = tempfile::tempdir().expect("a temporary folder");
        let (its_input, to) = pipe().expect("a pipe");
        let (from, its_output) = pipe().expect("a pipe");
        let mut command = Command::new(program);
        command
            .args([
                "--headless",
                "--remote-debugging-pipe",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
            ])
            .args([
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                "--disable-background-networking",
                "--hide-scrollbars",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if rustix::process::geteuid().is_root() {
            // Chromium refuses to sandbox root; the only page it opens is ours.
            command.arg("--no-sandbox");
        }
        let fds = [(OwnedFd::from(its_input), 3), (OwnedFd::from(its_output), 4)];
        let mappings = fds.into_iter().map(|(parent_fd, child_fd)| FdMapping { parent_fd, child_fd }).collect();
        command.fd_mappings(mappings).expect("no file descriptor twice");
        let child = command.spawn().expect("chromium starts");
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            for message in BufReader::new(from).split(0).map_while(Result::ok) {
                let Ok(message) = serde_json::from_slice(&message) else { continue };
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let mut browser = Browser {
            child,
            to,
            from: receiver,
            session: None,
            sent: 0,
            events: Vec::new(),
            answer_with: "",
            _profile: profile,
        };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }))["targetId"].clone();
        let attached = browser.call("Target.attachToTarget", json!({ "targetId": target, "flatten": true }));
        browser.session = Some(attached["sessionId"].as_str().expect("a session").to_string());
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser
    }

    /// Opens a file and waits until all of it is there.
    pub fn open(&mut self, file: &Path, look: Look) {
        let scheme = if look.is_dark { "dark" } else { "light" };
        self.call(
            "Emulation.setEmulatedMedia",
            json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] }),
        );
        self.resize(look.width, 900);
        // A path may have blanks and more that an address has not.
        let url = format!("file://{}", file.display()).replace('%', "%25").replace(' ', "%20").replace('#', "%23");
        self.go_to(&url);
    }

    /// Opens an address and waits until all of it is there.
    pub fn go_to(&mut self, url: &str) {
        self.events.clear();
        let navigated = self.call("Page.navigate", json!({ "url": url }));
        assert!(navigated["errorText"].is_null(), "{navigated}");
        self.wait_for("Page.loadEventFired");
    }

    fn resize(&mut self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.call("Emulation.setDeviceMetricsOverride", size);
    }

    /// The value of an expression; a promise is waited for.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let asked = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let answer = self.call("Runtime.evaluate", asked);
        assert!(answer["exceptionDetails"].is_null(), "{}", answer["exceptionDetails"]);
        answer["result"]["value"].clone()
    }

    /// Presses a key, by its name in the browser.
    pub fn press(&mut self, key: &str) {
        let code = match key {
            "Tab" => 9,
            "Enter" => 13,
            "Escape" => 27,
            "ArrowLeft" => 37,
            "ArrowUp" => 38,
            "ArrowRight" => 39,
            "ArrowDown" => 40,
            _ => panic!("a key that no test has pressed yet: {key}"),
        };
        for kind in ["keyDown", "keyUp"] {
            let event = json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code });
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    /// From now on the page is as it would be printed, on paper of about the size of a letter.
    pub fn print(&mut self) {
        self.call("Emulation.setEmulatedMedia", json!({ "media": "print" }));
        self.resize(720, 1_000);
    }

    /// Errors on the console, blocked scripts and styles among them.
    pub fn errors(&self) -> Vec<String> {
        let is_error = |event: &&Value| match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => true,
            Some("Runtime.consoleAPICalled") => event["params"]["type"] == "error",
            Some("Log.entryAdded") => event["params"]["entry"]["level"] == "error",
            _ => false,
        };
        self.events.iter().filter(is_error).map(|event| event["params"].to_string()).collect()
    }

    /// Addresses that were asked for since the page was opened.
    pub fn requests(&self) -> Vec<String> {
        let requests = self.events.iter().filter(|event| event["method"] == "Network.requestWillBeSent");
        requests.map(|event| event["params"]["request"]["url"].as_str().unwrap_or_default().to_string()).collect()
    }

    /// Writes a picture of the whole page.
    pub fn screenshot(&mut self, file: &Path, look: Look) {
        let height = self.evaluate("document.documentElement.scrollHeight").as_u64().expect("a height");
        self.resize(look.width, u32::try_from(height.clamp(300, 16_000)).expect("in range"));
        let picture = self.call("Page.captureScreenshot", json!({ "format": "png" }));
        let png = BASE64_STANDARD.decode(picture["data"].as_str().expect("data")).expect("base64");
        std::fs::write(file, png).expect("written");
        self.resize(look.width, 900);
    }

    fn call(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params);
        let answer = self.read_until(method, |message| message["id"] == id);
        assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
        answer["result"].clone()
    }

    fn send(&mut self, method: &str, params: Value) -> u64 {
        self.sent += 1;
        let mut message = json!({ "id": self.sent, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = serde_json::to_vec(&message).expect("JSON");
        bytes.push(0);
        self.to.write_all(&bytes).expect("chromium listens");
        self.sent
    }

    fn wait_for(&mut self, event: &str) {
        if !self.events.iter().any(|seen| seen["method"] == event) {
            self.read_until(event, |message| message["method"] == event);
        }
    }

    fn read_until(&mut self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + PATIENCE;
        loop {
            let message = self.from.recv_timeout(until.saturating_duration_since(Instant::now()));
            let message = message.unwrap_or_else(|_| panic!("chromium says nothing to {what}"));
            if message["method"] == "Page.javascriptDialogOpening" {
                // The page stands still until then; nobody waits for the answer to this.
                self.send("Page.handleJavaScriptDialog", json!({ "accept": true, "promptText": self.answer_with }));
            }
            if message["method"].is_string() {
                self.events.push(message.clone());
            }
            if is_it(&message) {
                return message;
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
