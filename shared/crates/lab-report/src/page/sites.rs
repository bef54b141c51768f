//! Who asks for memory.

use lab_results::HeapSite;
use lab_results::gate::figure as number;
use maud::{Markup, html};

use crate::tables::{Column, table};

/// So many sites of each heap profile.
const SITES: usize = 8;

/// The sites of a heap profile, by bytes and by blocks.
pub fn allocation_sites(subject: &str, sites: &[HeapSite]) -> Markup {
    let by = |figure: fn(&HeapSite) -> u64| {
        let mut sorted: Vec<&HeapSite> = sites.iter().collect();
        sorted.sort_by_key(|site| std::cmp::Reverse(figure(site)));
        sorted.truncate(SITES);
        sorted
    };
    let (by_bytes, by_blocks) = (by(|site| site.bytes), by(|site| site.blocks));
    html! {
        @if by_bytes == by_blocks {
            (table_of_sites(subject, "by bytes and by blocks", &by_bytes))
        } @else {
            (table_of_sites(subject, "by bytes", &by_bytes))
            (table_of_sites(subject, "by blocks", &by_blocks))
        }
    }
}

fn table_of_sites(subject: &str, order: &str, sites: &[&HeapSite]) -> Markup {
    let rows = sites.iter().map(|site| {
        let frames = html! { @for (i, name) in site.frames.iter().enumerate() {
            div class=(if i == 0 { "" } else { "faint" }) { code { (name) } }
        } };
        vec![number(site.bytes as f64).into(), number(site.blocks as f64).into(), frames.into()]
    });
    table(
        &format!("Allocation sites of {subject}, {order}"),
        Some(&format!("Allocation sites, {order}")),
        &[Column::numbers("bytes"), Column::numbers("blocks"), Column::words("site")],
        rows.collect(),
    )
}
