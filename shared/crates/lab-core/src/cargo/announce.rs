//! What a build compiles for the first time, and how long that takes.

use std::path::{Path, PathBuf};

use super::fresh::profile_folders;

/// Something that takes long to compile.
struct Heavy {
    /// The crate that tells whether it is compiled already.
    krate: &'static str,
    /// What needs it; empty for what every build of a lab needs.
    need: &'static str,
    /// What it is.
    what: &'static str,
    /// CPU seconds of rustc and of the C compiler for all crates that come with it.
    cpu_s: f64,
}

const fn heavy(krate: &'static str, need: &'static str, what: &'static str, cpu_s: f64) -> Heavy {
    Heavy { krate, need, what, cpu_s }
}

/// Recorded on 2026-11-29 on linux x86_64, 2 cores, with rustc and cc under `time`, each on top of those above it that it needs.
const HEAVY: &[Heavy] = &[
    heavy("lab_harness", "", "the harness", 50.0),
    heavy("axum", "service", "axum, hyper and tokio", 70.0),
    heavy("sqlx_core", "database", "sqlx and SQLite's C code", 190.0),
    heavy("hyper", "load", "hyper and tokio", 80.0),
    heavy("maud", "pages", "maud, plotters and pulldown-cmark", 30.0),
    heavy("pprof", "profile", "pprof and inferno", 85.0),
    heavy("inferno", "flame", "inferno", 40.0),
    heavy("dhat", "heap", "dhat", 60.0),
    heavy("tikv_jemalloc_sys", "jemalloc", "jemalloc, in C", 150.0),
    heavy("criterion", "bench", "Criterion", 100.0),
    heavy("dial9", "tasks", "dial9 and a tokio with its hooks", 90.0),
    heavy("console_subscriber", "console", "console-subscriber and a tokio with tracing", 150.0),
];

/// What needs no harness: programs of ours that no lab is part of.
const WITHOUT_HARNESS: [&str; 2] = ["load", "pages"];

/// Says of a build that it will not take as long again.
pub(super) const ONCE: &str = "this once";

/// A build's title. When something heavy is compiled for the first time it says what, how long it takes, and that it is this once.
pub fn title(target: &Path, package: &str, needs: &[&str]) -> String {
    let compiled: Vec<String> = built_into(&target.join("release"))
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder.join("deps")).into_iter().flatten())
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .filter(|name| name.ends_with(".rlib"))
        .collect();
    announced(package, needs, |krate| compiled.iter().any(|name| name.starts_with(&format!("lib{krate}-"))))
}

/// Where builds with this profile are: in its own folder, and in that of each target triple. Our own target folders in the target folder
/// hold other builds; their names have no dash, and every triple's has.
pub fn built_into(profile: &Path) -> Vec<PathBuf> {
    let is_triple = |folder: &Path| {
        folder.parent().and_then(Path::file_name).is_some_and(|name| name.to_string_lossy().contains('-'))
    };
    profile_folders(profile).into_iter().filter(|folder| folder == profile || is_triple(folder)).collect()
}

fn announced(package: &str, needs: &[&str], is_compiled: impl Fn(&str) -> bool) -> String {
    let has_harness = !needs.iter().any(|need| WITHOUT_HARNESS.contains(need));
    let is_needed = |heavy: &&Heavy| needs.contains(&heavy.need) || heavy.need.is_empty() && has_harness;
    let first: Vec<&Heavy> = HEAVY.iter().filter(is_needed).filter(|heavy| !is_compiled(heavy.krate)).collect();
    if first.is_empty() {
        return format!("Building {package}");
    }
    let what = first.iter().map(|heavy| heavy.what).collect::<Vec<_>>().join(", ");
    let long = how_long(first.iter().map(|heavy| heavy.cpu_s).sum());
    format!("Building {package}; {ONCE} also {what}: {long} on two quiet cores, longer on busy ones")
}

/// How long two cores take for so many CPU seconds. They are not both busy all the time: some crates wait for others.
pub(super) fn how_long(cpu_s: f64) -> String {
    const CORES_IN_USE: f64 = 1.6;
    match (cpu_s / CORES_IN_USE).ceil() as u64 {
        0..=10 => "some seconds".into(),
        11..=35 => "half a minute".into(),
        36..=70 => "a minute".into(),
        seconds => format!("{} minutes", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compiled_already_is_not_announced() {
        let cold = announced("lab-03 with its console", &["service", "console"], |_| false);
        assert!(cold.contains("axum") && cold.contains("console-subscriber") && cold.contains("minutes"), "{cold}");
        let warm = announced("lab-03", &["service"], |_| true);
        assert_eq!(warm, "Building lab-03");
        assert!(!announced("the pages", &["pages"], |_| false).contains("harness"));
    }

    #[test]
    fn what_is_compiled_for_a_target_triple_is_compiled_and_what_has_flags_of_its_own_is_not() {
        for (built, is_announced) in [("", false), ("x86_64-unknown-linux-gnu", false), ("async", true)] {
            let target = tempfile::tempdir().expect("a temporary folder");
            let profile = target.path().join(built).join("release");
            for folder in ["deps", ".fingerprint"] {
                std::fs::create_dir_all(profile.join(folder)).expect("created");
            }
            std::fs::write(profile.join("deps/liblab_harness-0123456789abcdef.rlib"), "").expect("written");
            assert_eq!(title(target.path(), "lab-01", &[]).contains(ONCE), is_announced, "{built}");
        }
    }

    #[test]
    fn minutes_are_those_of_all_that_is_missing() {
        assert_eq!(
            [0.0, 40.0, 100.0, 113.0, 400.0].map(how_long),
            ["some seconds", "half a minute", "a minute", "2 minutes", "5 minutes"]
        );
    }
}
