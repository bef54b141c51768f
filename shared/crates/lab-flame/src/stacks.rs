//! Stacks, and how often each was seen.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context, Result};

/// Frames that run a lab rather than being one.
const RUNNERS: [&str; 7] = [
    "criterion::",
    "lab_harness::bench",
    "lab_harness::kernel",
    "lab_harness::profile",
    "lab_harness::program",
    "lab_harness::service",
    "lab_harness::store",
];
/// Frames between a thread's start and its task.
const LEADING_TO_TASKS: [&str; 4] = ["alloc::", "core::", "std::", "tokio::"];
/// Frames that only hand a call on.
const ADAPTERS: [&str; 3] = ["core::iter::adapters::", "core::ops::function::", "core::slice::iter::"];

/// Stacks as `outermost;...;innermost`, and how much each counts: samples, microseconds, bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stacks(BTreeMap<String, u64>);

impl Stacks {
    /// Adds to the count of a stack.
    pub fn add(&mut self, frames: &[&str], count: u64) {
        *self.0.entry(frames.join(";")).or_default() += count;
    }

    /// Reads folded stacks, as their [`Display`](fmt::Display) writes them.
    pub fn parse(folded: &str) -> Result<Stacks> {
        let mut stacks = Stacks::default();
        for (number, line) in folded.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
            let parsed = line.rsplit_once(' ').and_then(|(stack, count)| Some((stack, count.parse::<u64>().ok()?)));
            let (stack, count) =
                parsed.with_context(|| format!("line {} is not a folded stack and its count", number + 1))?;
            *stacks.0.entry(stack.into()).or_default() += count;
        }
        Ok(stacks)
    }

    /// The same stacks with other names of frames.
    pub fn renamed(&self, rename: impl Fn(&str) -> String) -> Stacks {
        let mut renamed = Stacks::default();
        for (stack, count) in &self.0 {
            let frames: Vec<String> = stack.split(';').map(&rename).collect();
            *renamed.0.entry(frames.join(";")).or_default() += count;
        }
        renamed
    }

    /// The sum of all counts.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Each stack, outermost frame first, with its count.
    pub fn iter(&self) -> impl Iterator<Item = (Vec<&str>, u64)> {
        self.0.iter().map(|(stack, &count)| (stack.split(';').collect(), count))
    }
}

impl fmt::Display for Stacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(stack, count)| writeln!(f, "{stack} {count}"))
    }
}

/// What is left of a stack, outermost frame first, below `main`, the harness, Criterion and tokio's scheduler, and without the adapters
/// between an iterator's caller and its closures. Nothing else is left out, and never the frame that was running.
pub fn without_the_runner(names: &[String]) -> Vec<&str> {
    let runner = |name: &String| {
        name.ends_with("__rust_begin_short_backtrace") || RUNNERS.iter().any(|runner| name.starts_with(runner))
    };
    let mut first = names.iter().rposition(runner).map_or(0, |at| at + 1);
    // A task stands on some twenty frames of tokio's scheduler. They go where something else follows; tokio's own work stays.
    let leads_to_a_task = |name: &&String| LEADING_TO_TASKS.iter().any(|leading| name.starts_with(leading));
    let leading = names[first..].iter().take_while(leads_to_a_task).count();
    if first + leading < names.len() {
        let scheduler = names[first..first + leading].iter().rposition(|name| name.starts_with("tokio::runtime::"));
        first += scheduler.map_or(0, |at| at + 1);
    }
    let Some((running, callers)) = names[first..].split_last() else { return vec!["[runner]"] };
    let adapter = |name: &str| ADAPTERS.iter().any(|adapter| name.starts_with(adapter));
    callers.iter().map(String::as_str).filter(|name| !adapter(name)).chain([running.as_str()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(frames: &str) -> Vec<String> {
        frames.split(';').map(String::from).collect()
    }

    #[test]
    fn a_stack_begins_below_the_runner() {
        let names = stack(
            "_start;std::sys::backtrace::__rust_begin_short_backtrace;lab_01::main;lab_harness::kernel::KernelProgram::work;\
             lab_01::manifest;core::iter::adapters::map::Map::fold;core::ops::function::impls::call_mut;memcpy",
        );
        assert_eq!(without_the_runner(&names), ["lab_01::manifest", "memcpy"]);
        let names = stack(
            "x::__rust_begin_short_backtrace;tokio::runtime::task::poll;core::pin::poll;lab_03::quotes::price;tokio::time::sleep",
        );
        assert_eq!(without_the_runner(&names), ["core::pin::poll", "lab_03::quotes::price", "tokio::time::sleep"]);
        assert_eq!(without_the_runner(&stack("main;lab_harness::program::dispatch")), ["[runner]"]);
        assert_eq!(without_the_runner(&stack("std::x;tokio::runtime::park")), ["std::x", "tokio::runtime::park"]);
        assert_eq!(
            without_the_runner(&stack("f;core::iter::adapters::map::Map::next")),
            stack("f;core::iter::adapters::map::Map::next")
        );
    }

    #[test]
    fn folded_stacks_come_back() {
        let mut stacks = Stacks::default();
        stacks.add(&["main", "f", "g h"], 3);
        stacks.add(&["main", "f"], 1);
        stacks.add(&["main", "f", "g h"], 4);
        assert_eq!(stacks.to_string(), "main;f 1\nmain;f;g h 7\n");
        assert_eq!(Stacks::parse(&stacks.to_string()).expect("parses"), stacks);
        assert_eq!(stacks.total(), 8);
        let error = Stacks::parse("main;f 1\nmain;g\n").expect_err("has no count");
        assert!(error.to_string().contains("line 2"), "{error}");
    }
}
