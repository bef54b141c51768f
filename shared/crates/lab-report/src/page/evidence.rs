//! What the tools found: where the time goes, what changed, who asks for memory, which task holds its thread.

use lab_results::{ProgramRun, Record};
use maud::{Markup, html};

use super::said::said;
use crate::document::fold;
use crate::flamegraph::frame;
use crate::sources::{Lab, Picture, Program};
use crate::words::{database_badge, facts_of_run};

/// A verb of a tool, what is told with it, and how its pictures are read.
struct Tool {
    verb: &'static str,
    heading: &'static str,
    reading: &'static str,
}

/// In this order. The runs of other verbs follow, under the verb's own name.
const TOOLS: [Tool; 6] = [
    Tool { verb: "profile", heading: "Where the time goes", reading: "Width: share of the CPU time." },
    Tool {
        verb: "flamediff",
        heading: "What changed",
        reading: "Red takes more of the time than before, blue less; the deeper the colour, the more it changed.",
    },
    Tool { verb: "offcpu", heading: "Where it waits", reading: "Width: share of the time off the CPU." },
    Tool { verb: "heap", heading: "Who asks for memory", reading: "Width: share of what was asked for." },
    Tool { verb: "live-heap", heading: "Who holds memory", reading: "Width: share of the live bytes at the peak." },
    Tool { verb: "console", heading: "Tasks", reading: "" },
];

/// All that tools found in a lab.
pub fn evidence(lab: &Lab) -> Markup {
    let is_known = |verb: &str| verb == "reproduce" || TOOLS.iter().any(|tool| tool.verb == verb);
    let mut others: Vec<&str> =
        lab.programs.iter().map(|program| program.verb.as_str()).filter(|verb| !is_known(verb)).collect();
    others.sort_unstable();
    others.dedup();
    html! {
        @for tool in TOOLS { (section(lab, tool.verb, tool.heading, tool.reading)) }
        @for verb in others { (section(lab, verb, verb, "")) }
    }
}

fn section(lab: &Lab, verb: &str, heading: &str, reading: &str) -> Markup {
    let programs: Vec<&Program> = lab.programs(verb).collect();
    if programs.is_empty() {
        return html! {};
    }
    let is_heap = verb.ends_with("heap");
    let inside = html! {
        // What is short stands beside each other, before and after.
        div class=(if is_heap { "pair" } else { "" }) {
            @for program in &programs { div {
                h4 { (of(program)) (database_badge(program.run.as_ref().and_then(|run| run.database.as_deref()))) }
                @if !is_heap { (pictures(lab, program, reading)) }
                @if let Some(run) = &program.run { (words_of(program, run)) }
            } }
        }
        @if is_heap {
            @for program in programs.iter().filter(|program| !program.pictures.is_empty()) {
                h4 { (of(program)) }
                (pictures(lab, program, reading))
            }
        }
    };
    let subjects: Vec<String> = programs.iter().map(|program| of(program)).collect();
    fold(&html! { (heading) }, &subjects.join(", "), &inside)
}

/// What a run said. Nothing must not look like something that was forgotten.
fn words_of(program: &Program, run: &ProgramRun) -> Markup {
    let words = said(run);
    html! {
        (words)
        @if words.0.trim().is_empty() && program.pictures.is_empty() {
            p class="faint" { "This run found nothing that can be shown. " (facts_of_run(run)) }
        }
    }
}

/// Whose it is; of a difference, between whom.
fn of(program: &Program) -> String {
    let between = program.run.iter().flat_map(|run| &run.records).find_map(|record| match record {
        Record::FlameDiff { before, after, .. } => Some(format!("from {before} to {after}")),
        _ => None,
    });
    between.unwrap_or_else(|| program.subject.clone())
}

fn pictures(lab: &Lab, program: &Program, reading: &str) -> Markup {
    let facts = program
        .run
        .as_ref()
        .map_or("drawn by an older version, which kept neither seed nor machine".into(), facts_of_run);
    let mut records = program.run.iter().flat_map(|run| &run.records);
    let has_profile = records.any(|record| matches!(record, Record::Profile { .. }));
    html! {
        @if program.pictures.is_empty() && has_profile { p class="facts" { "The picture is no longer on disk. " (facts) } }
        @for picture in &program.pictures {
            figure {
                (frame(&title(lab, program, picture), &picture.svg, program.verb == "flamediff"))
                figcaption {
                    div { (reading) " Click a frame to zoom in; by keyboard: arrows, Enter, Escape." }
                    div { (facts) }
                }
            }
        }
    }
}

/// What a picture is called where it cannot be seen.
fn title(lab: &Lab, program: &Program, picture: &Picture) -> String {
    format!("{} of {}, {} {}", picture.file.trim_end_matches(".svg"), lab.name, program.verb, of(program))
}
