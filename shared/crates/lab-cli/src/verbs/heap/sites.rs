//! Frames of allocation sites, as short as a terminal needs them.

/// A frame's function and its place, which is empty where it is not known.
pub fn parts(frame: &str) -> (String, &str) {
    let (function, place) = frame.rsplit_once(" (").unwrap_or((frame, ""));
    (function_name(function), place.trim_end_matches(')'))
}

/// A function without its closures, which belong to it; ours also without the crate, which is another one before and after.
fn function_name(path: &str) -> String {
    let is_numbered = |name: &str| {
        let number = name.strip_prefix("lab_").or_else(|| name.strip_prefix("solution_"));
        number.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let path = match path.split_once("::") {
        Some((krate, rest)) if is_numbered(krate) => rest,
        _ => path,
    };
    let mut name = path;
    while let Some(rest) = name.rsplit_once("::").and_then(|(rest, last)| last.starts_with('{').then_some(rest)) {
        name = rest;
    }
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_function_has_the_same_name_before_and_after() {
        for (frame, function, place) in [
            (
                "lab_01_string_building::manifest::write::{{closure}} (src/manifest.rs:12)",
                "manifest::write",
                "src/manifest.rs:12",
            ),
            (
                "solution_01_string_building::manifest::write (src/manifest.rs:9)",
                "manifest::write",
                "src/manifest.rs:9",
            ),
            ("lab_02::pay::{closure#0}::{closure#1}", "pay", ""),
            ("sqlx_core::row::Row::get (src/row.rs:7)", "sqlx_core::row::Row::get", "src/row.rs:7"),
            ("lab_harness::emit", "lab_harness::emit", ""),
            ("main", "main", ""),
        ] {
            assert_eq!(parts(frame), (function.to_string(), place), "{frame}");
        }
    }
}
