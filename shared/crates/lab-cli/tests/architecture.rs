//! Who may depend on whom, over Cargo's own view of the workspace.

mod checkout;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use checkout::repository;
use serde_json::Value;

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(repository()).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Declared dependencies of each package of the workspace, without those of tests only.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let metadata: Value =
        serde_json::from_str(&cargo(&["metadata", "--no-deps", "--format-version", "1"])).expect("JSON");
    let name = |value: &Value| value["name"].as_str().expect("a name").to_string();
    let packages = metadata["packages"].as_array().expect("packages");
    packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().expect("dependencies");
            (name(package), dependencies.iter().filter(|d| d["kind"] != "dev").map(name).collect())
        })
        .collect()
}

fn is_lab(name: &str) -> bool {
    name.strip_prefix("lab-").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

#[test]
fn directions_are_kept() {
    let all = dependencies();
    let mut broken = Vec::new();
    for (package, dependencies) in &all {
        let ours: Vec<&str> = dependencies.iter().filter(|d| all.contains_key(*d)).map(String::as_str).collect();
        let allowed = |dependency: &str| match package.as_str() {
            solution if solution.starts_with("solution-") => {
                dependency == solution.replacen("solution-", "lab-", 1)
                    || !(is_lab(dependency) || dependency.starts_with("solution-"))
            }
            lab if is_lab(lab) => !is_lab(dependency) && !dependency.starts_with("solution-"),
            "lab-cli" => ["lab-core", "lab-results", "lab-report"].contains(&dependency),
            "lab-dev" => ["lab-core", "lab-results"].contains(&dependency),
            "lab-core" => dependency == "lab-results",
            "lab-report" => dependency == "lab-results",
            "lab-results" | "orderflow" => false,
            "lab-probe" => false,
            "lab-flame" => dependency == "lab-results",
            "orderflow-accounts" | "orderflow-payments" | "orderflow-store" => dependency == "orderflow",
            "orderflow-shop" => ["orderflow", "orderflow-payments", "orderflow-store"].contains(&dependency),
            "lab-load" => ["lab-probe", "lab-results", "orderflow"].contains(&dependency),
            "lab-harness" => ["lab-flame", "lab-probe", "lab-results", "lab-load", "orderflow", "orderflow-store"]
                .contains(&dependency),
            "lab-service" => dependency == "lab-harness",
            "lab-exam" => ["lab-harness", "orderflow"].contains(&dependency),
            // The book's page on allocators is about what these labs do.
            "allocators" => {
                dependency == "lab-harness" || ["-01-", "-06-", "-09-"].iter().any(|number| dependency.contains(number))
            }
            // The book's story is measured as labs are.
            "gradual-slowdown" => ["lab-harness", "orderflow", "orderflow-store"].contains(&dependency),
            // Its service is started, told its port and stopped as a lab's is.
            "load-test-that-lied" => dependency == "lab-harness",
            _ => !is_lab(dependency) && !dependency.starts_with("solution-") && dependency != "lab-harness",
        };
        broken.extend(ours.iter().filter(|d| !allowed(d)).map(|d| format!("{package} -> {d}")));
    }
    assert!(broken.is_empty(), "{broken:?}");
}

#[test]
fn pure_crates_name_nothing_that_touches_the_world() {
    for name in ["orderflow", "lab-results", "lab-report"] {
        for path in sources(&repository().join("shared/crates").join(name).join("src")) {
            let text = std::fs::read_to_string(&path).expect("read");
            for word in
                ["std::fs", "std::net", "std::time::Instant", "SystemTime", "std::process", "std::env", "async fn"]
            {
                assert!(!text.contains(word), "{} names {word}", path.display());
            }
        }
    }
}

/// All files below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("listed").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

#[test]
fn the_first_lab_compiles_nothing_heavy() {
    let tree = cargo(&["tree", "--package", "lab-01-string-building", "--edges", "normal,build", "--prefix", "none"]);
    for line in tree.lines() {
        let name = line.split(' ').next().unwrap_or_default();
        for heavy in ["sqlx", "axum", "tokio", "hyper", "criterion", "pprof", "opentelemetry", "clap", "dhat", "tikv"] {
            assert!(!name.starts_with(heavy), "lab 01 compiles {name}");
        }
    }
}

/// `lab` is compiled before anybody's first lab. What draws is a program of its own, built when somebody wants to see it.
#[test]
fn the_lab_program_compiles_nothing_that_draws() {
    let tree = cargo(&["tree", "--package", "lab-cli", "--edges", "normal,build", "--prefix", "none"]);
    for line in tree.lines() {
        let name = line.split(' ').next().unwrap_or_default();
        for heavy in ["maud", "plotters", "pulldown-cmark", "inferno", "tokio", "hyper"] {
            assert!(!name.starts_with(heavy), "lab compiles {name}");
        }
    }
}

/// Whether a package is compiled together with this dependency.
fn has(package: &str, dependency: &str) -> bool {
    cargo(&["tree", "--package", package, "--edges", "normal,build", "--prefix", "none"])
        .lines()
        .any(|line| line.starts_with(&format!("{dependency} ")))
}

/// A lab about its runtime must not compile a database; nor may who runs the service compile what measures it.
#[test]
fn the_account_service_stands_on_no_database_and_no_lab() {
    assert!(has("orderflow-accounts", "axum"), "the tree names what it is compiled with");
    for foreign in ["sqlx", "orderflow-store", "lab-harness", "lab-probe", "lab-load"] {
        assert!(!has("orderflow-accounts", foreign), "orderflow-accounts compiles {foreign}");
    }
    for path in sources(&repository().join("shared/crates/orderflow-accounts/src")) {
        let text = std::fs::read_to_string(&path).expect("read");
        for word in ["lab_", "lab-", "solution_", "solution-"] {
            assert!(!text.contains(word), "{} names {word}", path.display());
        }
    }
}

/// The kit of all service labs must not make one of them pay for what another one serves with.
#[test]
fn the_kit_of_the_service_labs_brings_no_database_and_no_web_framework() {
    assert!(has("lab-service", "hyper"), "the tree names what it is compiled with");
    for foreign in ["sqlx", "axum", "orderflow-store", "orderflow-shop", "orderflow-accounts"] {
        assert!(!has("lab-service", foreign), "lab-service compiles {foreign}");
    }
}

#[test]
fn a_lab_pays_only_for_what_it_needs() {
    for package in dependencies().keys().filter(|name| is_lab(name)) {
        let manifest =
            std::fs::read_to_string(repository().join("labs").join(package).join("Cargo.toml")).expect("read");
        assert_eq!(has(package, "sqlx"), manifest.contains("\"database\""), "{package} and sqlx");
        let is = |kind: &str| manifest.contains(&format!("kind = \"{kind}\""));
        assert_eq!(has(package, "axum"), is("service"), "{package} and axum");
        let has_tasks = is("service") || is("virtual") || manifest.contains("\"database\"");
        assert_eq!(has(package, "tokio"), has_tasks, "{package} and tokio");
    }
}

/// Where time is virtual nobody listens on a socket, and nothing is stored.
#[test]
fn virtual_time_brings_tokio_and_nothing_that_stands_on_it() {
    let tree = cargo(&["tree", "--package", "lab-harness", "--features", "virtual-time", "--edges", "normal,build"]);
    assert!(tree.contains("tokio v"), "{tree}");
    for heavy in ["sqlx", "axum", "hyper", "lab-load", "orderflow-store"] {
        assert!(!tree.contains(&format!("{heavy} v")), "virtual time compiles {heavy}");
    }
}

/// A running shop asks its payment gateway in a process that has no database.
#[test]
fn payments_know_no_database() {
    let tree = cargo(&["tree", "--package", "orderflow-payments", "--edges", "normal,build", "--prefix", "none"]);
    assert!(tree.lines().any(|line| line.starts_with("hyper ")) && !tree.contains("sqlx"), "{tree}");
}

/// Other people's crates in a build, each with the features that it is compiled with. Those that procedural macros stand on come in a
/// tree with all others.
fn features(build: &[&str], edges: &str) -> BTreeSet<(String, String)> {
    cargo(&[&["tree", "--prefix", "none", "--format", "{p}|{f}", "--edges", edges], build].concat())
        .lines()
        .filter_map(|line| line.trim_end_matches(" (*)").split_once('|'))
        .filter(|(package, _)| !package.contains(" (/"))
        .map(|(package, features)| (package.trim_end_matches(" (proc-macro)").to_string(), features.to_string()))
        .collect()
}

/// A lab, its profilers, its bench, the programs beside it and the whole workspace's tests must not want another feature of a crate than
/// the others do: Cargo would compile it once more, and all that stands on it. What is missing goes into the list of whoever stands lowest.
#[test]
fn everybodys_crates_are_compiled_once() {
    let mut builds: Vec<(Vec<&str>, &str)> = vec![
        (vec!["--workspace"], ",dev"),
        (vec!["--package", "lab-cli"], ""),
        (vec!["--package", "lab-dev"], ""),
        (vec!["--package", "lab-report"], ""),
        (vec!["--package", "lab-flame", "--features", "program"], ""),
        (vec!["--package", "lab-load", "--features", "program"], ""),
    ];
    let labs: Vec<String> = dependencies().into_keys().filter(|name| is_lab(name)).collect();
    for lab in &labs {
        builds.push((vec!["--package", lab], ""));
        // The bench.
        builds.push((vec!["--package", lab], ",dev"));
        let manifest = repository().join("labs").join(lab).join("Cargo.toml");
        let manifest = std::fs::read_to_string(manifest).expect("read");
        // `console` and `tasks` have flags of their own, and so all crates anew.
        let is_declared = |feature: &&str| manifest.contains(&format!("\n{feature} = ["));
        for feature in ["profile", "heap", "jemalloc"].into_iter().filter(is_declared) {
            builds.push((vec!["--package", lab, "--features", feature], ""));
        }
    }
    // Per crate the features that it is linked with, and those that it has in any tree, each with the first build that asks for them.
    let (mut linked, mut all) = (BTreeMap::new(), BTreeMap::new());
    for (build, dev) in &builds {
        for (found, edges) in [(&mut linked, "normal,no-proc-macro"), (&mut all, "normal,build")] {
            for (package, features) in features(build, &format!("{edges}{dev}")) {
                let seen: &mut BTreeMap<String, String> = found.entry(package).or_default();
                seen.entry(features).or_insert_with(|| build.join(" "));
            }
        }
    }
    assert!(linked.len() > 200 && all.len() > linked.len(), "{} and {}", linked.len(), all.len());
    for (package, seen) in &mut all {
        // The load generator alone writes histograms, and labs need not compile what that takes.
        if package.starts_with("hdrhistogram ") {
            continue;
        }
        let linked = linked.get(package);
        assert!(
            linked.is_none_or(|linked| linked.len() == 1),
            "{package} is linked with different features: {linked:#?}"
        );
        // What macros stand on is compiled for the compiler, apart from what is linked.
        seen.retain(|features, _| linked.is_none_or(|linked| !linked.contains_key(features)));
        assert!(seen.len() <= 1, "{package} is compiled with different features: {linked:#?}, {seen:#?}");
    }
}

/// Licences that we may ship programs under. A new one is a decision, not an accident.
/// CDDL-1.0 is inferno's: it binds changes of inferno's own files, of which we make none.
const LICENCES: [&str; 6] = ["Apache-2.0", "BSD-3-Clause", "CDDL-1.0", "MIT", "Unicode-3.0", "Zlib"];

#[test]
fn every_dependency_has_a_licence_that_we_accept() {
    let metadata: Value =
        serde_json::from_str(&cargo(&["metadata", "--format-version", "1", "--locked", "--all-features"]))
            .expect("JSON");
    for package in metadata["packages"].as_array().expect("packages") {
        let name = package["name"].as_str().expect("a name");
        let licence = package["license"].as_str().unwrap_or_else(|| panic!("{name} declares no licence"));
        // Before SPDX had operators, people wrote a slash.
        let expression = spdx::Expression::parse(&licence.replace('/', " OR "));
        let expression = expression.unwrap_or_else(|error| panic!("{name}: {licence}: {error}"));
        let is_accepted =
            expression.evaluate(|requirement| requirement.license.id().is_some_and(|id| LICENCES.contains(&id.name)));
        assert!(is_accepted, "{name} is licensed as {licence}");
    }
}
