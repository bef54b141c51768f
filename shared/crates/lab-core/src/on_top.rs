//! What stands out of a lab's own code in folded stacks.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::Lab;

/// The function of the lab's or its solution's that most samples are in or below, and their share; the harness's drivers, the contract and
/// the crate's root, which only call what is learned from, do not count. Of functions that are always seen together it is the outermost.
pub fn on_top(folded: &str, lab: &Lab) -> Option<(String, f64)> {
    let crates = [&lab.name, &lab.solution_name()].map(|package| format!("{}::", package.replace('-', "_")));
    let counts = |name: &str| {
        let within = crates.iter().find_map(|of| name.strip_prefix(of));
        within.is_some_and(|name| name.contains("::") && !name.starts_with("contract::"))
    };
    let mut total = 0;
    let mut functions: BTreeMap<&str, (u64, usize)> = BTreeMap::new();
    for (stack, samples) in folded.lines().filter_map(|line| line.rsplit_once(' ')) {
        let Ok(samples) = samples.parse::<u64>() else { continue };
        total += samples;
        let mut seen = BTreeSet::new();
        for (depth, name) in stack.split(';').map(without_closures).enumerate().filter(|(_, name)| counts(name)) {
            // One that calls itself, or its closure, is in a sample once.
            if seen.insert(name) {
                let (in_or_below, depth_min) = functions.entry(name).or_insert((0, depth));
                *in_or_below += samples;
                *depth_min = depth.min(*depth_min);
            }
        }
    }
    let (name, (samples, _)) =
        functions.into_iter().max_by_key(|&(_, (samples, depth))| (samples, std::cmp::Reverse(depth)))?;
    Some((name.into(), samples as f64 / total as f64))
}

/// A closure, and the state machine of an async function, is a part of its function.
fn without_closures(name: &str) -> &str {
    name.split_once("::{").map_or(name, |(function, _)| function)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue;

    #[test]
    fn drivers_do_not_count_and_closures_are_their_functions() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
        let folder = root.join("labs/lab-02-pool-exhaustion");
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).expect("reads");
        let lab = catalogue::declared(&folder, &manifest).expect("is declared");
        let folded = "\
            lab_02_pool_exhaustion::contract::server::pay;lab_02_pool_exhaustion::checkout::pay::{{closure}};memcpy 60\n\
            lab_02_pool_exhaustion::contract::server::pay;lab_02_pool_exhaustion::checkout::pay::{{closure}};\
            lab_02_pool_exhaustion::checkout::pay::{{closure}}::{{closure}};lab_02_pool_exhaustion::checkout::load 20\n\
            lab_02_pool_exhaustion::contract::server::pay 20\n";
        let below_root = folded.replace(
            "lab_02_pool_exhaustion::contract::",
            "lab_02_pool_exhaustion::serve;lab_02_pool_exhaustion::contract::",
        );
        assert_eq!(on_top(&below_root, &lab), on_top(folded, &lab));
        assert_eq!(on_top(folded, &lab), Some(("lab_02_pool_exhaustion::checkout::pay".into(), 0.8)));
        assert_eq!(on_top("memcpy 3\n", &lab), None);
        let always_together = "lab_02_pool_exhaustion::checkout::pay;lab_02_pool_exhaustion::checkout::a 3\n";
        assert_eq!(on_top(always_together, &lab), Some(("lab_02_pool_exhaustion::checkout::pay".into(), 1.0)));
    }
}
