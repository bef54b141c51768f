//! A generator as a child process: what it said, how it ended, what it cost.

use std::fs::File;
use std::io::{Read, Seek};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use lab_core::child::{Running, describe};

/// How often a child is looked at; rarely, because looking takes the processor from it.
const LOOK: Duration = Duration::from_millis(50);

/// A child that has ended.
#[derive(Debug)]
pub struct Ended {
    /// How.
    pub status: ExitStatus,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
    /// CPU time of its process and of those that it has waited for, user and system, where the platform tells.
    pub cpu: Option<Duration>,
    /// Most memory that its process held, in MiB, as last seen while it ran; where the platform tells.
    pub peak_rss_mib: Option<f64>,
}

impl Ended {
    /// Its last words with what became of it, for an error.
    pub fn words(&self) -> String {
        let words = if self.stderr.trim().is_empty() { &self.stdout } else { &self.stderr };
        let last: Vec<&str> = words.trim().lines().rev().take(12).collect();
        format!("{}:\n{}", describe(self.status), last.into_iter().rev().collect::<Vec<_>>().join("\n"))
    }
}

/// Starts a child whose output goes to files, so that nobody has to read along.
pub fn start(command: &mut Command) -> Result<Started> {
    let output = || tempfile::tempfile().context("Cannot write to the folder of temporary files");
    let (stdout, stderr) = (output()?, output()?);
    command.stdin(Stdio::null()).stdout(stdout.try_clone()?).stderr(stderr.try_clone()?);
    let name = command.get_program().to_string_lossy().into_owned();
    Ok(Started { running: Running::start(command)?, stdout, stderr, name })
}

/// A child that runs.
pub struct Started {
    running: Running,
    stdout: File,
    stderr: File,
    name: String,
}

impl Started {
    /// Waits for its end. One that takes longer than `limit` is ended, and an error.
    pub fn finish(self, limit: Duration) -> Result<Ended> {
        let pid = Pid::from_child(&self.running.child);
        let until = Instant::now() + limit;
        let mut peak_rss_mib = None;
        while !has_ended(pid)? {
            if Instant::now() > until {
                self.running.kill()?;
                bail!("{} had not ended after {:.0} s and was ended", self.name, limit.as_secs_f64());
            }
            peak_rss_mib = peak_rss(pid).or(peak_rss_mib);
            std::thread::sleep(LOOK);
        }
        // Once it has been waited for, nobody knows any more what it used.
        let cpu = cpu_time(pid);
        let status = self.running.wait()?;
        Ok(Ended { status, stdout: text(self.stdout)?, stderr: text(self.stderr)?, cpu, peak_rss_mib })
    }
}

fn has_ended(pid: Pid) -> Result<bool> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    Ok(waitid(WaitId::Pid(pid), options).context("Failed to wait for a child process")?.is_some())
}

fn text(mut file: File) -> Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(target_os = "linux")]
fn peak_rss(pid: Pid) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}

#[cfg(target_os = "linux")]
fn cpu_time(pid: Pid) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    let ticks = ticks_of(&stat)?;
    Some(Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
}

/// User and system time of a process and of the children it has waited for, in ticks, from its line in `/proc`: proc(5), fields 14 to 17.
#[cfg(target_os = "linux")]
fn ticks_of(stat: &str) -> Option<u64> {
    // The second field is the program's name, which may hold blanks and parentheses.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    fields.get(11..15)?.iter().map(|field| field.parse::<u64>().ok()).sum()
}

#[cfg(not(target_os = "linux"))]
fn peak_rss(_: Pid) -> Option<f64> {
    None
}

#[cfg(not(target_os = "linux"))]
fn cpu_time(_: Pid) -> Option<Duration> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_found_behind_any_name() {
        let stat = "4711 (a b) c) R 1 4711 4711 0 -1 4194304 100 0 0 0 30 4 2 1 20 0 1 0 100 1 1 0";
        assert_eq!(ticks_of(stat), Some(37));
        assert_eq!(ticks_of("4711 (x) R 1"), None);
    }

    #[test]
    fn a_childs_words_code_and_cost_are_known_at_its_end() {
        let ended = start(Command::new("ls").arg("/no/such/folder"))
            .and_then(|ls| ls.finish(Duration::from_secs(30)))
            .expect("ls runs");
        assert!(!ended.status.success() && ended.words().contains("/no/such/folder"), "{}", ended.words());
        assert!(ended.cpu.is_some());
    }

    #[test]
    fn a_child_that_hangs_is_ended() {
        let error = start(Command::new("sleep").arg("60"))
            .expect("it starts")
            .finish(Duration::from_millis(10))
            .expect_err("it is ended");
        assert!(error.to_string().contains("sleep had not ended"), "{error}");
    }
}
