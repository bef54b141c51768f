//! Which lab somebody means.

use super::Lab;

/// A lab's number and slug, from its name.
pub(super) fn split_name(name: &str) -> Option<(u32, &str)> {
    let (number, slug) = name.strip_prefix("lab-")?.split_once('-')?;
    (number.len() == 2).then_some((number.parse().ok()?, slug))
}

/// Whether a name is meant by a number, a slug or the whole name: for labs whose manifests cannot be read, too.
pub(super) fn is_meant(name: &str, wanted: &str) -> bool {
    let word = bare(wanted);
    let number = word.parse::<u32>().ok();
    split_name(name)
        .is_some_and(|(own, slug)| number == Some(own) || slug == word || format!("{own:02}-{slug}") == word)
}

/// What may be typed in front of a lab's number: `lab-`, and the folder's path as a shell completes it.
fn bare(wanted: &str) -> String {
    let word = wanted.trim().trim_end_matches('/').to_lowercase();
    let word = word.rsplit('/').next().unwrap_or_default();
    word.strip_prefix("lab-").unwrap_or(word).to_string()
}

/// Whether a lab, by its number and slug, is meant.
type Means<'a> = &'a dyn Fn(u32, &str) -> bool;

/// Which of the labs, by number and slug, a word means: the whole number or name; else the beginning of one; else the beginning of a
/// word in one; else any part of one.
pub(super) fn meant(labs: &[(u32, &str)], wanted: &str) -> Vec<usize> {
    let word = bare(wanted);
    if word.is_empty() {
        return Vec::new();
    }
    let number = word.parse::<u32>().ok();
    let those =
        |means: Means| -> Vec<usize> { (0..labs.len()).filter(|&index| means(labs[index].0, labs[index].1)).collect() };
    let whole = those(&|of, slug| Some(of) == number || slug == word || format!("{of:02}-{slug}") == word);
    if !whole.is_empty() || number.is_some() {
        return whole;
    }
    let parts: [Means; 3] = [
        &|of, slug| slug.starts_with(&word) || format!("{of:02}-{slug}").starts_with(&word),
        &|_, slug| slug.contains(&format!("-{word}")),
        // A letter or two in the middle of a word are a slip, and not a name.
        &|_, slug| word.chars().count() > 2 && slug.contains(&word),
    ];
    parts.iter().map(|means| those(means)).find(|found| !found.is_empty()).unwrap_or_default()
}

pub(super) fn unknown(labs: &[Lab], wanted: &str) -> String {
    let nearest = match bare(wanted).parse::<u32>().ok() {
        Some(number) => labs.iter().min_by_key(|lab| lab.number.abs_diff(number)),
        None => labs.iter().min_by(|a, b| distance(wanted, a).total_cmp(&distance(wanted, b))),
    };
    match nearest {
        None => "there is no lab in labs/: is this a complete checkout?".into(),
        Some(lab) => format!(
            "there is no lab `{wanted}`; the nearest is {:02} ({}). `make list` shows all",
            lab.number, lab.slug
        ),
    }
}

fn distance(wanted: &str, lab: &Lab) -> f64 {
    1.0 - strsim::jaro_winkler(wanted, &lab.slug).max(strsim::jaro_winkler(wanted, &lab.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_a_number_and_a_slug() {
        assert_eq!(split_name("lab-04-n-plus-one"), Some((4, "n-plus-one")));
        assert_eq!(split_name("lab-4-n-plus-one"), None);
        assert_eq!(split_name("solution-04-n-plus-one"), None);
    }

    #[test]
    fn a_lab_is_meant_by_any_part_of_its_name_that_no_other_has() {
        let labs = [(1, "string-building"), (2, "pool-exhaustion"), (3, "blocked-runtime"), (12, "blocked-pool")];
        for (wanted, index) in [
            ("1", 0),
            ("01", 0),
            ("LAB-01", 0),
            ("string", 0),
            ("build", 0),
            ("ring", 0),
            ("01-string-building", 0),
            ("01-s", 0),
            ("labs/lab-01-string-building/", 0),
            ("lab-02-pool", 1),
            ("pool", 1),
            ("runtime", 2),
            ("blocked-r", 2),
            ("12", 3),
        ] {
            assert_eq!(meant(&labs, wanted), [index], "{wanted}");
        }
        assert_eq!(meant(&labs, "blocked"), [2, 3]);
        for nobody in ["", "-", "4", "2x", "sting", "x", "oo"] {
            assert_eq!(meant(&labs, nobody), [0; 0], "{nobody}");
        }
    }

    #[test]
    fn a_lab_is_meant_by_its_folder_too() {
        let name = "lab-01-string-building";
        for wanted in [
            "1",
            "01",
            "lab-1",
            "LAB-01",
            "string-building",
            name,
            "labs/lab-01-string-building/",
            "01-string-building",
        ] {
            assert!(is_meant(name, wanted), "{wanted}");
        }
        assert!(!is_meant(name, "11") && !is_meant(name, "string"));
    }
}
