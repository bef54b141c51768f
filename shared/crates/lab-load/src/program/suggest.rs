//! What somebody may have meant.

/// How alike two words must be (Jaro and Winkler) to be the same word misspelt.
const ALIKE: f64 = 0.8;

/// `: did you mean ..? There is ..`, to be put behind what there is not.
pub fn suggestion(wanted: &str, known: &[impl AsRef<str>]) -> String {
    let likeness = |name: &&str| strsim::jaro_winkler(wanted, name);
    let names: Vec<&str> = known.iter().map(AsRef::as_ref).collect();
    let nearest = names.iter().copied().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let meant = nearest.filter(|name| likeness(name) >= ALIKE);
    let question = meant.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
    let list = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    format!("{question} (there is {list})")
}
