//! What follows what: the one table behind every line that begins with "Next:".

use lab_results::progress::HINTS;

use crate::catalogue::{self, Lab, Need};
use crate::kept;
use crate::progress;
use crate::terminal::{COMMAND, paint, print_words};
use crate::workspace::Workspace;

/// How far a learner is with a lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// Nothing is edited: the fault is still to be found.
    Untouched,
    /// Something is edited, and it was not SOLVED yet.
    Edited,
    /// Something is edited, and it was SOLVED at least once.
    Solved,
}

/// A command to type, and what it is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What to type.
    pub command: String,
    /// What for, in a few words.
    pub why: String,
}

/// How far the learner is now. Whoever has put the original back begins again.
pub fn stand(workspace: &Workspace, lab: &Lab) -> Stand {
    match kept::subject(workspace, lab, false) {
        "original" => Stand::Untouched,
        _ if is_solved(workspace, lab) => Stand::Solved,
        _ => Stand::Edited,
    }
}

/// Whether it was SOLVED at least once.
pub fn is_solved(workspace: &Workspace, lab: &Lab) -> bool {
    progress::of(workspace, &lab.name).is_ok_and(|progress| progress.solved)
}

/// What to do after a verb. Nothing follows a verb that the table does not know.
pub fn steps(lab: &Lab, stand: Stand, done: &str) -> Vec<Step> {
    let step = |verb: &str, why: &str| Step { command: command(lab, verb), why: why.into() };
    let judged = step("verify", "judges your change");
    match (stand, done) {
        (Stand::Untouched, "reproduce") => vec![look(lab, None), step("hint", "the first of four")],
        (Stand::Untouched, "bench") => vec![look(lab, None)],
        (Stand::Untouched, done) if looks(lab).iter().any(|(verb, _)| *verb == done) => vec![look(lab, Some(done))],
        (Stand::Untouched, "flamediff") => vec![step("answer", "say what is wrong")],
        (Stand::Edited, "profile") => vec![step("flamediff", "what your change did to this picture"), judged],
        (Stand::Edited, "reproduce" | "bench" | "heap" | "console" | "flamediff" | "answer" | "diff") => vec![judged],
        (Stand::Solved, "profile") => {
            vec![
                step("flamediff", "what your change did to this picture"),
                step("diff", "your change, and the solution's"),
            ]
        }
        (
            Stand::Solved,
            "reproduce" | "bench" | "heap" | "console" | "flamediff" | "answer" | "verify" | "solution",
        ) => {
            vec![step("diff", "your change, and the solution's")]
        }
        _ => Vec::new(),
    }
}

/// The line that says so; nothing where nothing follows.
pub fn line(steps: &[Step]) -> Option<String> {
    let told = steps.iter().map(|step| format!("{} ({})", paint(COMMAND, &step.command), step.why));
    let told = told.collect::<Vec<_>>().join(", ");
    (!told.is_empty()).then(|| format!("Next: {told}"))
}

/// Says what to do after a verb, as far as the learner is now.
pub fn say_after(workspace: &Workspace, lab: &Lab, done: &str) {
    let mut steps = steps(lab, stand(workspace, lab), done);
    if done == "diff" && is_solved(workspace, lab) {
        steps.extend(next_lab(workspace, lab));
    }
    if let Some(line) = line(&steps) {
        print_words(&line);
    }
}

/// The next lab of the list that is not SOLVED; behind the last, the list begins again.
fn next_lab(workspace: &Workspace, lab: &Lab) -> Option<Step> {
    let (labs, _) = catalogue::all(workspace).ok()?;
    let progress = progress::load(workspace).ok()?;
    let is_solved = |lab: &Lab| progress.get(&lab.name).is_some_and(|progress| progress.solved);
    let unsolved = labs.iter().filter(|other| !is_solved(other));
    let next = unsolved.min_by_key(|other| (other.number < lab.number, other.number))?;
    Some(Step { command: command(next, "lab"), why: format!("the next lab: {}", next.slug) })
}

/// Which hint is about a gate that was missed, and the command that opens exactly that one. Whoever wants to be told as little as possible
/// also learns how to read on in order.
pub fn hint_about(lab: &Lab, hint: u8, used: u8) -> String {
    let hint = hint.clamp(1, HINTS);
    let opens = paint(COMMAND, command_with(lab, "hint", &format!("--level {hint}")));
    let in_order = match hint > used + 1 {
        true => format!(". The next one that you have not read: {}", paint(COMMAND, command(lab, "hint"))),
        false => String::new(),
    };
    format!("Hint {hint} is about this gate: {opens}{in_order}")
}

/// A verb on a lab, as one types it.
pub fn command(lab: &Lab, verb: &str) -> String {
    format!("make {verb}-{}", lab.nn())
}

/// The same with options.
pub fn command_with(lab: &Lab, verb: &str, options: &str) -> String {
    let quotes = if options.contains(' ') { "\"" } else { "" };
    format!("{} ARGS={quotes}{options}{quotes}", command(lab, verb))
}

/// The verbs that show a lab's fault, in the order in which its README takes them.
pub fn looks(lab: &Lab) -> Vec<(&'static str, &'static str)> {
    let has = |tool: &str| lab.meta.tools.iter().any(|of_lab| of_lab == tool);
    [
        (has("flamegraph"), ("profile", "where does the time go?")),
        (lab.meta.needs.contains(&Need::Async), ("console", "what keeps the tasks waiting?")),
        (has("dhat"), ("heap", "who asks for memory?")),
    ]
    .into_iter()
    .filter_map(|(is_used, look)| is_used.then_some(look))
    .collect()
}

/// The look after another one, the first after none, the diagnosis after the last.
fn look(lab: &Lab, done: Option<&str>) -> Step {
    let looks = looks(lab);
    let at = done.map_or(0, |done| looks.iter().position(|(verb, _)| *verb == done).map_or(looks.len(), |at| at + 1));
    let (verb, why) = looks.get(at).copied().unwrap_or(("answer", "say what is wrong"));
    Step { command: command(lab, verb), why: why.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lab(name: &str) -> Lab {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../labs").join(name);
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).expect("reads");
        catalogue::declared(&folder, &manifest).expect("is declared")
    }

    fn commands(lab: &Lab, stand: Stand, done: &str) -> Vec<String> {
        steps(lab, stand, done).into_iter().map(|step| step.command).collect()
    }

    #[test]
    fn each_look_leads_to_the_next_and_the_last_to_the_diagnosis() {
        for (name, path) in [
            ("lab-01-string-building", &["reproduce", "profile", "heap", "answer"][..]),
            ("lab-02-pool-exhaustion", &["reproduce", "profile", "console", "answer"]),
            ("lab-03-blocked-runtime", &["reproduce", "profile", "console", "heap", "answer"]),
            ("lab-04-n-plus-one", &["reproduce", "profile", "answer"]),
        ] {
            let lab = lab(name);
            for pair in path.windows(2) {
                let next = commands(&lab, Stand::Untouched, pair[0]);
                assert_eq!(next[0], command(&lab, pair[1]), "{name} after {}", pair[0]);
            }
        }
    }

    #[test]
    fn a_bench_of_an_untouched_lab_leads_to_the_first_look() {
        assert_eq!(commands(&lab("lab-03-blocked-runtime"), Stand::Untouched, "bench"), ["make profile-03"]);
    }

    #[test]
    fn an_edited_lab_leads_to_the_verdict_and_a_solved_one_to_the_solution() {
        let lab = lab("lab-01-string-building");
        for done in ["reproduce", "bench", "profile", "heap", "flamediff", "answer"] {
            assert!(commands(&lab, Stand::Edited, done).contains(&"make verify-01".to_string()), "{done}");
            let solved = commands(&lab, Stand::Solved, done);
            assert!(solved.contains(&"make diff-01".to_string()), "{done}");
            assert!(!solved.contains(&"make verify-01".to_string()), "{done}");
        }
        assert_eq!(commands(&lab, Stand::Solved, "verify"), ["make diff-01"]);
    }

    #[test]
    fn the_command_for_a_gate_opens_its_hint_whatever_was_read() {
        let lab = lab("lab-03-blocked-runtime");
        let said = |hint, used| anstream::adapter::strip_str(&hint_about(&lab, hint, used)).to_string();
        for used in 0..=4 {
            let expected = "Hint 4 is about this gate: make hint-03 ARGS=\"--level 4\"";
            assert!(said(4, used).starts_with(expected), "{}", said(4, used));
            assert_eq!(said(4, used).contains("have not read"), used < 3, "{}", said(4, used));
        }
    }

    #[test]
    fn options_are_written_as_a_shell_takes_them() {
        let lab = lab("lab-03-blocked-runtime");
        assert_eq!(command_with(&lab, "hint", "--level 4"), "make hint-03 ARGS=\"--level 4\"");
        assert_eq!(command_with(&lab, "diff", "--yours"), "make diff-03 ARGS=--yours");
    }
}
