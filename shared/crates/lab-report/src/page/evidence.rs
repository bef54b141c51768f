//! Profiles: where the time goes, and who asks for memory.

use lab_results::gate::figure as number;
use lab_results::{HeapSite, Record};
use maud::{Markup, html};

use crate::document::scrolling;
use crate::flamegraph::frame;
use crate::sources::{Lab, Program, Verb};
use crate::words::facts_of_run;

/// So many sites of each heap profile.
const SITES: usize = 8;

/// All profiles of a lab.
pub fn evidence(lab: &Lab) -> Markup {
    let has = |verb| lab.programs(verb).next().is_some();
    html! {
        @if has(Verb::Profile) {
            h3 { "Where the time goes" }
            @for program in lab.programs(Verb::Profile) { (flamegraph(lab, program)) }
        }
        @if has(Verb::Heap) {
            h3 { "Who asks for memory" }
            div class="pair" { @for program in lab.programs(Verb::Heap) { (heap(program)) } }
        }
    }
}

fn facts(program: &Program) -> String {
    program.run.as_ref().map_or("drawn before its seed and machine were kept".into(), facts_of_run)
}

fn flamegraph(lab: &Lab, program: &Program) -> Markup {
    let records = program.run.iter().flat_map(|run| &run.records);
    let profile = records.into_iter().find_map(|record| match record {
        Record::Profile { samples, top, .. } => Some((*samples, top)),
        _ => None,
    });
    let title = format!("Flamegraph of {}, {}", lab.name, program.subject);
    html! {
        h4 { (program.subject) }
        figure {
            @match &program.svg {
                Some(svg) => (frame(&title, svg)),
                None => p class="faint" { "The picture is no longer on disk." },
            }
            figcaption {
                "Share of CPU time, the wider the more; click a frame to zoom in."
                @if let Some((samples, _)) = profile { " " (number(samples as f64)) " samples." }
                " " (facts(program))
            }
        }
        @if let Some((_, top)) = profile {
            (scrolling("Frames with the largest shares", &html! {
                table {
                    thead { tr { th class="num" { "share [%]" } th { "frame" } } }
                    tbody { @for (name, share) in top {
                        tr { td class="num" { (format!("{:.0}", share * 100.0)) } td { code { (name) } } }
                    } }
                }
            }))
        }
    }
}

fn heap(program: &Program) -> Markup {
    let records = program.run.iter().flat_map(|run| &run.records);
    html! {
        @for record in records {
            @if let Record::Heap { total_bytes, total_blocks, peak_bytes, sites, .. } = record {
                div {
                    h4 { (program.subject) }
                    p {
                        b { (number(*total_bytes as f64)) } " bytes in " b { (number(*total_blocks as f64)) }
                        " blocks requested; at most " b { (number(*peak_bytes as f64)) } " bytes at once."
                    }
                    (allocation_sites(program, sites))
                    p class="facts" { (facts(program)) }
                }
            }
        }
    }
}

fn allocation_sites(program: &Program, sites: &[HeapSite]) -> Markup {
    scrolling(
        &format!("Allocation sites, {}", program.subject),
        &html! {
            table {
                thead { tr { th class="num" { "bytes" } th class="num" { "blocks" } th { "site" } } }
                tbody { @for site in sites.iter().take(SITES) {
                    tr {
                        td class="num" { (number(site.bytes as f64)) }
                        td class="num" { (number(site.blocks as f64)) }
                        td { @for (i, name) in site.frames.iter().enumerate() {
                            div class=(if i == 0 { "" } else { "faint" }) { code { (name) } }
                        } }
                    }
                } }
            }
        },
    )
}
