//! `profile --perf` and `offcpu`, with the real perf on lab 01, and clear words where it may not look.

mod checkout;

use std::path::Path;
use std::process::{Command, Stdio};

use checkout::{Ran, ran, repository};
use serde_json::Value;

/// In the repository itself, whose builds are there already, at the smallest size, which has a place of its own.
fn lab(arguments: &[&str], path: Option<&Path>) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    command.env_remove("COLUMNS").env_remove("CLICOLOR_FORCE");
    command.args(arguments).args(["1", "--smoke"]).current_dir(repository()).stdin(Stdio::null());
    if let Some(path) = path {
        command.env("PATH", path);
    }
    ran(command.output().expect("lab runs"))
}

/// Whether the kernel keeps perf from us, or has nothing to record with: neither is a choice of ours. Capabilities are bits of `CapEff`:
/// SYS_ADMIN is 21, PERFMON is 38 (capabilities(7)).
fn kernel_forbids() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("CapEff:")).map(str::trim).unwrap_or_default();
    let capabilities = u64::from_str_radix(mask, 16).unwrap_or(0);
    let has_events = Path::new("/proc/sys/kernel/perf_event_paranoid").exists();
    !has_events || capabilities & (1 << 21 | 1 << 38) == 0
}

/// Whether the real perf can record here; says why not. CI installs perf, and where its kernel lets it record it must.
fn can_record(event: &str) -> bool {
    let mut perf = Command::new("perf");
    let tried =
        perf.args(["record", "--quiet", "-o", "-", "-e", event, "--", "true"]).env("PERF_CONFIG", "/dev/null").output();
    let reason = match tried {
        Ok(output) if output.status.success() => return true,
        Ok(output) => {
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(
                std::env::var_os("LAB_CI").is_none() || kernel_forbids(),
                "perf may record here, and does not: {words}"
            );
            words
        }
        Err(error) => {
            assert!(std::env::var_os("LAB_CI").is_none(), "CI installs perf: {error}");
            format!("perf (apt-get install linux-perf): {error}")
        }
    };
    println!("skipped: {event} cannot be recorded: {reason}");
    false
}

fn record(ran: &Ran, kind: &str) -> Value {
    let records = ran.stdout.lines().map(|line| serde_json::from_str::<Value>(line).expect("a record"));
    records.into_iter().find(|record| record["type"] == kind).unwrap_or_else(|| panic!("{}", ran.stderr))
}

#[test]
fn perf_names_the_function_that_uses_the_cpu() {
    if !can_record("cpu-clock") {
        return;
    }
    let profile = record(&lab(&["profile", "--perf", "--keep", "--json"], None), "profile");
    assert!(profile["sampler"].as_str().is_some_and(|sampler| sampler.starts_with("perf")), "{profile}");
    let file = |kept: &str| std::fs::read(profile[kept].as_str().expect("a path")).expect("is kept");
    let folded = String::from_utf8(file("folded")).expect("text");
    let count = |lines: &mut dyn Iterator<Item = &str>| -> u64 {
        lines.map(|line| line.rsplit_once(' ').expect("a stack").1.parse::<u64>().expect("a count")).sum()
    };
    let all = count(&mut folded.lines());
    let named = count(&mut folded.lines().filter(|line| line.contains("::carrier_manifest")));
    assert_eq!(all, profile["samples"].as_u64().expect("a number"));
    assert!(all > 20 && named as f64 >= 0.8 * all as f64, "{named} of {all} samples:\n{folded}");
    assert!(!folded.contains("__rust_begin_short_backtrace"), "the runner is left out:\n{folded}");
    assert!(file("svg").starts_with(b"<?xml") && file("pprof").starts_with(&[0x1f, 0x8b]));

    let perfs_own = Path::new(profile["svg"].as_str().expect("a path")).with_file_name("perf.data");
    assert!(std::fs::metadata(&perfs_own).expect("--keep keeps it").len() > 0);
    std::fs::remove_file(perfs_own).expect("is removed");
}

#[test]
fn a_kernel_that_computes_does_not_wait() {
    if !can_record("sched:sched_switch") {
        return;
    }
    let off_cpu = record(&lab(&["offcpu", "--json"], None), "offcpu");
    let ms = |name: &str| off_cpu[name].as_f64().expect("a number");
    assert!(ms("blocked_ms") < 100.0, "{off_cpu}");
    // What it waited for in the midst of its work is what the reasons add up to; what is left out of both is in neither.
    let reasons = off_cpu["reasons"].as_array().expect("a list").iter();
    let sum: f64 = reasons.map(|reason| reason[1].as_f64().expect("milliseconds")).sum();
    assert!((sum - ms("blocked_ms")).abs() <= 0.01 * ms("blocked_ms") + 0.01, "{off_cpu}");
    assert_eq!(off_cpu["folded"].is_string(), ms("blocked_ms") > 0.0, "{off_cpu}");
}

#[test]
fn without_perf_it_says_how_to_get_it_and_what_else_there_is() {
    let nothing = tempfile::tempdir().expect("a temporary folder");
    let profile = lab(&["profile", "--perf"], Some(nothing.path()));
    assert_eq!(profile.code, 3, "{}", profile.stderr);
    for hint in ["linux-perf", "linux-tools", "dnf install perf", "without --perf"] {
        assert!(profile.stderr.contains(hint) || cfg!(not(target_os = "linux")), "{hint}: {}", profile.stderr);
    }
    let off_cpu = lab(&["offcpu"], Some(nothing.path()));
    assert!(off_cpu.code == 3 && off_cpu.stderr.contains("cargo lab console"), "{}", off_cpu.stderr);
    let keep = lab(&["profile", "--keep"], None);
    assert!(keep.code == 2 && keep.stderr.contains("--perf"), "{}", keep.stderr);
    assert_eq!(lab(&["profile", "--seconds", "121"], None).code, 2);
}
