//! What is typed, in a folder of its own.

use std::net::SocketAddr;
use std::process::{Command, Output, Stdio};

use lab_results::load::LoadReport;
use tempfile::TempDir;

/// A folder with a scenario `shop`: GET /a as step `a`.
pub struct Folder(TempDir);

/// What the program did.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Folder {
    pub fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("shop.json", &shop(r#"[{"step":"a","method":"GET","path":"/a"}]"#, ""));
        folder
    }

    pub fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.0.path().join(name), text).unwrap();
        self.path(name)
    }

    pub fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.path().join(name)).unwrap()
    }

    /// `lab-load` with these words, anywhere outside of a checkout.
    pub fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lab-load"));
        command
            .env_remove("COLUMNS")
            .env_remove("CLICOLOR_FORCE")
            .args(words.split_whitespace())
            .current_dir(self.0.path())
            .env_remove("LAB_ROOT")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn run(&self, words: &str) -> Ran {
        ran(self.command(words).output().unwrap())
    }

    /// Sends `shop` to a service.
    pub fn load(&self, target: SocketAddr, words: &str) -> Ran {
        self.run(&to(target, words))
    }
}

/// The words that send `./shop.json` to a service.
pub fn to(target: SocketAddr, words: &str) -> String {
    format!("--target http://{target} --scenario ./shop.json {words}")
}

/// The text of a scenario of one flow.
pub fn shop(requests: &str, more: &str) -> String {
    format!(r#"{{"name":"shop","about":"a test","flows":[{{"name":"f","requests":{requests}}}]{more}}}"#)
}

pub fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Ran {
    /// The document on standard output, which has nothing else on it.
    pub fn document(&self) -> LoadReport {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Ended with this code, and said this.
    #[track_caller]
    pub fn says(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:?}");
        for words in words {
            assert!(self.stdout.contains(words) || self.stderr.contains(words), "`{words}` is not in {self:?}");
        }
    }
}
