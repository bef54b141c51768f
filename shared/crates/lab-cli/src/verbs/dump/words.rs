//! What of gdb's words is worth a reader's time, and what to know about what is not to be seen.

use super::view::Thread;

/// Numbers, texts, and how many share or fill something; no addresses, and no shells around what is not shown.
pub(super) fn worth_a_look(value: &mut String) -> bool {
    if let Some((counted, _)) = value.split_once(") = ") {
        *value = format!("{counted})");
    }
    !value.starts_with("0x") && !value.contains("{...}") && !value.contains("optimized out") && !value.contains("0x")
}

/// What cannot be seen, where it matters.
pub(super) fn notes(threads: &[Thread]) -> Vec<String> {
    let frames = || threads.iter().flat_map(|thread| &thread.frames);
    let mut notes = Vec::new();
    if !frames().any(|frame| frame.own) {
        let why = "No frame names a source file of the program's own: it was stripped, or built without debug information. Build it \
                   with `debug = 2`: CARGO_PROFILE_RELEASE_DEBUG=2 cargo build --release.";
        notes.push(why.to_string());
    } else if !frames().any(|frame| frame.own && !frame.locals.is_empty())
        && threads.iter().all(|thread| thread.holds.is_empty())
    {
        let why = "No local variable can be seen, so nobody knows who holds what: `cargo build --release` keeps lines only. Build \
                   with `debug = 2`: CARGO_PROFILE_RELEASE_DEBUG=2 cargo build --release.";
        notes.push(why.to_string());
    }
    let is_held = |lock: &str| threads.iter().any(|thread| thread.holds.iter().any(|hold| hold.lock == lock));
    let waited_for = || threads.iter().filter_map(|thread| thread.waits.as_ref());
    if waited_for().any(|wait| wait.lock.as_deref().is_none_or(|lock| !is_held(lock))) {
        let why = "If no holder is named, the debugger cannot find its guard: it is in a future on the heap, in a structure behind \
                   a pointer, or in a variable that the compiler optimised away. A lock of std's knows no owner.";
        notes.push(why.to_string());
    }
    if frames().any(|frame| frame.function.as_deref().is_some_and(|function| function.starts_with("tokio::"))) {
        let why = "This view does not show tasks that no thread polls right now, and what they hold (connections of a pool, locks of tokio's): \
                   they are on the heap, not on a stack. `cargo lab console` shows tasks.";
        notes.push(why.to_string());
    }
    notes
}

/// A type without paths and allocators: `Vec<i64>`.
pub(super) fn short_type(data: &str) -> String {
    let data = data.trim_start_matches("struct ").replace(", alloc::alloc::Global", "");
    let mut short = String::new();
    for (at, part) in data.split("::").enumerate() {
        if at > 0 {
            // The word before `::` was a module.
            short.truncate(short.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |end| end + 1));
        }
        short.push_str(part);
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_lose_their_paths_and_allocators() {
        for (data, expected) in [
            ("struct alloc::vec::Vec<i64, alloc::alloc::Global>", "Vec<i64>"),
            (
                "alloc::collections::btree::map::BTreeMap<u64, alloc::string::String, alloc::alloc::Global>",
                "BTreeMap<u64, String>",
            ),
            ("f64 [3]", "f64 [3]"),
        ] {
            assert_eq!(short_type(data), expected);
        }
    }

    #[test]
    fn what_says_nothing_is_left_out() {
        for (value, expected) in [
            ("7", Some("7")),
            ("Arc(strong=121, weak=0) = {value = {...}}", Some("Arc(strong=121, weak=0)")),
            ("0x7ffe98225b40", None),
            ("{pointer = 0x7f33e008fb80}", None),
            ("{__0 = {inner = {...}}}", None),
            ("{secs = <optimized out>}", None),
        ] {
            let mut shown = value.to_string();
            assert_eq!(worth_a_look(&mut shown).then_some(shown.as_str()), expected, "{value}");
        }
    }
}
