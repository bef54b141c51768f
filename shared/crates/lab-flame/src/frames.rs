//! Names of stack frames as people want to read them.

/// A function's path without type arguments, trait and hash: `<A<T> as Trait>::f::<U>` becomes `A::f`.
pub fn plain(name: &str) -> String {
    let name = without_hash(name);
    let path = match name.strip_prefix('<').and_then(|rest| rest.split_at_checked(length_of_group(rest)?)) {
        // Of a qualified path the implementing type says most.
        Some((qualified, rest)) => {
            let closed = |part: &str| length_of_group(&format!("{part}>")) == Some(part.len());
            let trait_at = qualified.match_indices(" as ").map(|(at, _)| at).find(|&at| closed(&qualified[..at]));
            let implementor = trait_at.map_or(qualified, |at| &qualified[..at]);
            let implementor = implementor.trim_start_matches('&').trim_start_matches("mut ").trim_start_matches("dyn ");
            format!("{}{}", without_arguments(implementor), without_arguments(&rest[1..]))
        }
        None => without_arguments(name),
    };
    // A semicolon separates frames in folded stacks.
    path.replace(';', ",")
}

/// Whether a plain path belongs to a lab, a solution or OrderFlow: what a learner can change or should recognise.
pub fn is_ours(path: &str) -> bool {
    let path = path.trim_start_matches(['<', '&', '*', '(', '[']);
    let numbered =
        |prefix| path.strip_prefix(prefix).is_some_and(|rest: &str| rest.starts_with(|c: char| c.is_ascii_digit()));
    numbered("lab_") || numbered("solution_") || path.starts_with("orderflow")
}

/// Length of what stands before the `>` that closes a group opened before `text`.
fn length_of_group(text: &str) -> Option<usize> {
    let mut open = 1;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '<' => open += 1,
            // The arrow of a function's type closes nothing.
            '>' if before != '-' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some(at);
        }
        before = c;
    }
    None
}

fn without_arguments(path: &str) -> String {
    let mut kept = String::new();
    let mut rest = path;
    while let Some(at) = rest.find('<') {
        let Some(length) = length_of_group(&rest[at + 1..]) else { break };
        kept.push_str(rest[..at].trim_end_matches("::"));
        rest = &rest[at + 1 + length + 1..];
    }
    kept + rest
}

fn without_hash(name: &str) -> &str {
    match name.rsplit_once("::h") {
        Some((path, hash)) if hash.len() == 16 && hash.chars().all(|c| c.is_ascii_hexdigit()) => path,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_name_is_the_path_alone() {
        for (name, expected) in [
            ("lab_01::manifest::carrier_manifest", "lab_01::manifest::carrier_manifest"),
            ("lab_01::manifest::carrier_manifest::h0123456789abcdef", "lab_01::manifest::carrier_manifest"),
            ("<alloc::string::String as core::fmt::Write>::write_str", "alloc::string::String::write_str"),
            ("<alloc::vec::Vec<u8>>::reserve", "alloc::vec::Vec::reserve"),
            ("<a::Map<I, fn(u8) -> u8> as b::Iterator<X = c::D>>::fold::<u8, e::{closure#0}>", "a::Map::fold"),
            ("<&mut dyn a::B as c::D>::e", "a::B::e"),
            ("<a::Map<<b::C as d::E>::F> as g::H>::i", "a::Map::i"),
            ("core::iter::fold::<[u8; 4]>::{closure#1}", "core::iter::fold::{closure#1}"),
            ("<[u8; 4] as a::B>::c", "[u8, 4]::c"),
            ("main", "main"),
            ("a < b", "a < b"),
        ] {
            assert_eq!(plain(name), expected);
        }
    }

    #[test]
    fn the_harness_is_not_ours() {
        assert!(is_ours("lab_01_string_building::manifest::carrier_manifest"));
        assert!(is_ours("solution_04_n_plus_one::repository::load"));
        assert!(is_ours("orderflow_store::pool::connect") && is_ours("orderflow::Shop::orders"));
        assert!(!is_ours("lab_harness::kernel::main") && !is_ours("alloc::fmt::format"));
    }
}
