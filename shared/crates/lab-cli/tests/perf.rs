//! `profile --perf` and `offcpu`, with the real perf on lab 01, and clear words where it may not look.

mod checkout;

use std::path::Path;
use std::process::{Command, Stdio};

use checkout::{Ran, ran, repository};
use serde_json::Value;

/// In the repository itself, whose builds are there already, at the smallest size, which has a place of its own. The learner's progress is
/// not touched.
fn lab(arguments: &[&str], path: Option<&Path>) -> Ran {
    let state = tempfile::tempdir().expect("a temporary folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    command.env_remove("COLUMNS").env_remove("CLICOLOR_FORCE");
    command.args(arguments).args(["1", "--smoke"]).current_dir(repository()).env("LAB_STATE", state.path());
    command.stdin(Stdio::null());
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
    let is_ci = std::env::var_os("LAB_CI").is_some();
    let perf = |arguments: &[&str]| Command::new("perf").args(arguments).env("PERF_CONFIG", "/dev/null").output();
    // Ubuntu's perf is a script that may find no perf for this kernel.
    let is_there = perf(&["--version"]).is_ok_and(|output| output.status.success());
    assert!(is_there || !is_ci, "CI installs perf, and there is none that runs (apt-get install linux-perf)");
    if !is_there {
        println!("skipped: there is no perf that runs (apt-get install linux-perf)");
        return false;
    }
    let tried = perf(&["record", "--quiet", "-o", "-", "-e", event, "--", "true"]).expect("perf runs");
    let words = String::from_utf8_lossy(&tried.stderr);
    assert!(tried.status.success() || !is_ci || kernel_forbids(), "perf may record here, and does not: {words}");
    if !tried.status.success() {
        println!("skipped: {event} cannot be recorded: {words}");
    }
    tried.status.success()
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

/// What perf printed once stands for perf, so that this runs on every machine: each figure is known.
#[test]
#[cfg(target_os = "linux")]
fn every_sample_that_perf_prints_is_counted() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().expect("a temporary folder");
    let in_manifest = "\t    55d1f4a3c2b0 lab_01_string_building::manifest::carrier_manifest+0x1f0 (/t/lab-01)\n";
    let in_copy = format!("\t    7f0a4d0c2f00 __memmove_avx_unaligned_erms+0x80 (/lib/libc.so.6)\n{in_manifest}");
    let sample = |at: usize, stack: &str| format!("lab-01 31337/31337 5012.34{at:04}: cpu-clock:ppp: \n{stack}\n");
    let printed: String = (0..5).map(|at| sample(at, if at < 3 { &in_copy } else { in_manifest })).collect();
    std::fs::write(folder.path().join("printed"), printed).expect("written");
    // It prints nothing unless it is given what was recorded.
    let script = "#!/bin/sh\ncase \"$1\" in\nrecord) echo recorded ;;\n\
                  script) [ \"$(cat)\" = recorded ] && cat \"$(dirname \"$0\")/printed\" ;;\nesac\n";
    let perf = folder.path().join("perf");
    std::fs::write(&perf, script).expect("written");
    std::fs::set_permissions(&perf, std::fs::Permissions::from_mode(0o755)).expect("executable");
    let before = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(folder.path().into()).chain(std::env::split_paths(&before)));

    // Where the test beside this one keeps no profile.
    let profile =
        record(&lab(&["profile", "--perf", "--solution", "--json"], Some(path.expect("a PATH").as_ref())), "profile");
    let folded = std::fs::read_to_string(profile["folded"].as_str().expect("a path")).expect("is kept");
    let manifest = "lab_01_string_building::manifest::carrier_manifest";
    assert_eq!(folded, format!("{manifest} 2\n{manifest};__memmove_avx_unaligned_erms 3\n"));
    assert_eq!(profile["samples"], 5, "{profile}");
    assert_eq!(profile["sampler"], "perf, 499 times in a second of CPU time");
}

/// The waiting times of a recorded script, as lab-flame's own test has them in microseconds: here in the record's milliseconds.
#[test]
fn waiting_times_reach_the_record_in_milliseconds() {
    let out = tempfile::tempdir().expect("a temporary folder");
    let switches = repository().join("shared/crates/lab-flame/src/offcpu/switches.txt");
    let mut flame = Command::new(env!("CARGO"));
    flame.args(["run", "--release", "--quiet", "--package", "lab-flame", "--features", "program", "--"]);
    flame.args(["offcpu", "--out"]).arg(out.path()).current_dir(repository());
    flame.stdin(std::fs::File::open(switches).expect("opens"));
    let off_cpu = record(&ran(flame.output().expect("cargo runs")), "offcpu");
    let reasons = serde_json::json!([["sleep", 55.615], ["lock, channel or condition (futex)", 32.402]]);
    assert_eq!(off_cpu["reasons"], reasons, "{off_cpu}");
    let ms = ["blocked_ms", "idle_ms", "preempted_ms"].map(|name| off_cpu[name].as_f64().expect("a number"));
    assert_eq!(ms, [88.017, 7.885, 48.091], "{off_cpu}");
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
    // In the one second some thread left the CPU, if only for the kernel's own work; the program has few threads.
    let all = sum + ms("idle_ms") + ms("preempted_ms");
    assert!(all > 0.0 && all < 60_000.0, "{off_cpu}");
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
