//! What the shop's search box answers, and what people ask it. The judge uses its own copy of this file.

use std::{cell::Cell, collections::HashMap, sync::LazyLock};

use lab_harness::kernel::Kernel;
use lab_harness::probe::allocations::{Allocations, live_bytes};
use lab_harness::results::{Counts, gate::counted};
use orderflow::random::{SplitMix64, Zipf};
use orderflow::{product, products};

/// The first ten products that have all words of a text, by their numbers; zeros where there are fewer.
pub type Hits = [u32; 10];

/// The words of all products' names, each with the numbers of those that have it, ascending. It is there before the first request.
static WORDS: LazyLock<HashMap<String, Vec<u32>>> = LazyLock::new(|| {
    let mut all: HashMap<String, Vec<u32>> = HashMap::new();
    for product in products() {
        words(&product.name).for_each(|word| all.entry(word).or_default().push(product.id));
    }
    all
});

/// Finds products, and counts how often it does.
pub struct Index {
    searches: Cell<u64>,
}

impl Index {
    /// The products for a text. Words end at spaces and commas, case does not matter, nor does a word that no product has.
    pub fn find(&self, text: &str) -> Hits {
        self.searches.set(self.searches.get() + 1);
        found(text)
    }
}

/// What is asked, one request after the other, and how many requests went into these texts: in one piece there are fewer.
pub struct Requests {
    texts: Vec<(String, Asked)>,
    size: u64,
}

/// How often a text is asked for. The twenty that are asked for most at their time are hot.
#[derive(Clone, Copy, PartialEq)]
enum Asked {
    Hot,
    Often,
    Once,
}

/// What was answered, and what that took.
#[derive(Default)]
pub struct Served {
    answers: Vec<Hits>,
    /// The most that the search box held after any request, in each quarter of them. In the last one it may have kept a very long text.
    held: [u64; 4],
    searches: u64,
    hot: [u64; 2], // requests for what is hot, and searches for it
}

impl Served {
    /// A search box of its own for these requests.
    pub fn of<S>(requests: &Requests, new: fn() -> S, answer: fn(&mut S, &Index, &str) -> Hits) -> Served {
        let index = Index { searches: Cell::new(0) };
        let mut served = Served { answers: Vec::with_capacity(requests.texts.len()), ..Served::default() };
        let (before, in_place) = (live_bytes(), size_of::<S>() as u64);
        let mut search_box = new();
        for (i, (text, asked)) in requests.texts.iter().enumerate() {
            let searches = index.searches.get();
            served.answers.push(answer(&mut search_box, &index, text));
            let quarter = 4 * i / requests.texts.len();
            served.held[quarter] = served.held[quarter].max((live_bytes() + in_place).saturating_sub(before));
            if *asked == Asked::Hot {
                served.hot[0] += 1;
                served.hot[1] += index.searches.get() - searches;
            }
        }
        Served { searches: index.searches.get(), ..served }
    }
}

impl PartialEq for Served {
    fn eq(&self, other: &Self) -> bool {
        self.answers == other.answers
    }
}

impl std::fmt::Debug for Served {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.answers.fmt(f)
    }
}

/// The contract of `SearchBox`: each request gets what [`Index::find`] says. What a search box holds stays below 1 MiB, however many
/// requests there were and however long their texts; and what many people ask for is not searched for each time.
pub struct Searches;

impl Kernel for Searches {
    type Input = Requests;
    type Output = Served;

    const UNIT: &'static str = "requests";
    const REPRODUCE: &'static [usize] = &[20_000, 40_000, 80_000, 160_000];
    const SLO_COUNT: Option<(&'static str, f64)> = Some(("live_bytes", 1_048_576.0));
    const SHOWN: &'static [(&'static str, &'static str, &'static str)] =
        &[("searches", "searches", ""), ("live_bytes", "live", "B")];
    const COUNTED: &'static [usize] = &[10_000, 20_000, 40_000, 80_000];
    const TIMED: usize = 10_000;
    const PAIRED: usize = 40;
    const HEAP_SIZES: &'static [usize] = &[10_000, 20_000, 40_000];

    /// Seven of ten requests are for 2,000 products, by Zipf's law; at half time others of them become hot. In the rest somebody has typed a
    /// number or two names that nobody else types, and every fiftieth of those was pasted with all that stood around it.
    fn input(seed: u64, size: usize) -> Requests {
        LazyLock::force(&WORDS);
        let (mut random, popular) = (SplitMix64::new(seed), Zipf::new(2_000, 1.1));
        let mut text = |i: usize| {
            let rank = popular.pick(&mut random) as u32;
            let name = product((rank + if i < size / 2 { 0 } else { 1_000 }) % 2_000 + 1).name;
            if random.below(10) < 7 {
                return (name, if rank < 20 { Asked::Hot } else { Asked::Often });
            }
            let names = [(); 2].map(|()| product(random.below(5_000) as u32 + 1).name).join(" ");
            let number = format!("{:x} #", random.next_u64() >> 32);
            let text = if random.below(2) == 0 { names } else { name.replace('#', &number) };
            let around = if random.below(50) == 0 { " I am still waiting for it.".repeat(600) } else { String::new() };
            (text + &around, Asked::Once)
        };
        Requests { texts: (0..size).map(&mut text).collect(), size: size as u64 }
    }

    /// First what is asked for often, then nothing but what is hot, and then the rest, put together to sixteen texts.
    fn stretched(Requests { texts, size }: Requests) -> Requests {
        let of = |kind| texts.iter().filter(move |(_, asked)| *asked == kind).cloned();
        let once: Vec<String> = of(Asked::Once).map(|(text, _)| text).collect();
        let long = once.chunks(once.len().div_ceil(16).max(1)).map(|some| (some.join(" "), Asked::Once));
        Requests { texts: of(Asked::Often).chain(of(Asked::Hot)).chain(long).collect(), size }
    }

    fn adversarial(_seed: u64) -> Vec<(&'static str, Requests)> {
        let texts = |texts: &[&str]| texts.iter().map(|text| text.to_string()).collect::<Vec<_>>();
        let long = |end: &str| "parcel ".repeat(20_000) + end;
        let cases: [(&str, Vec<String>); 6] = [
            ("no requests", vec![]),
            ("nothing to look for", texts(&["", " ", ",", "  , ", "", "parcel"])),
            ("words, spaces and commas", texts(&["oak mug", "mug oak", "OAK", " oak  mug ", "oak,mug", "oakmug"])),
            ("other scripts", texts(&["明 oak", "OAK 明", "o\u{a0}k", "İ oak", "ﬁ"])),
            ("long texts with the same beginning", ["oak", "wool", "oak", "#7"].map(long).into()),
            ("a text that comes back after many others", (0..=9_000).map(|i| format!("oak {}", i % 9_000)).collect()),
        ];
        cases.map(|(name, texts)| (name, requests(texts))).into()
    }

    fn extent(requests: &Requests) -> u64 {
        requests.size
    }

    fn expected(requests: &Requests) -> Served {
        Served { answers: requests.texts.iter().map(|(text, _)| found(text)).collect(), ..Served::default() }
    }

    fn smaller(of: &Requests) -> Vec<Requests> {
        let texts: Vec<String> = of.texts.iter().map(|(text, _)| text.clone()).collect();
        let halves = texts.chunks(texts.len().div_ceil(2).max(1)).filter(|half| half.len() < texts.len());
        let without_one = (0..texts.len().min(30)).map(|i| [&texts[..i], &texts[i + 1..]].concat());
        halves.map(<[_]>::to_vec).chain(without_one).map(requests).collect()
    }

    fn show(requests: &Requests) -> String {
        let texts = Vec::from_iter(requests.texts.iter().map(|(text, _)| text.chars().take(60).collect::<String>()));
        format!("{}, their first 60 characters: {texts:?}", counted(texts.len() as u64, Self::UNIT))
    }

    fn counts(Served { answers, held, searches, hot }: &Served, _: &Allocations) -> Counts {
        let left = held[2].saturating_sub(held[0]) as f64 / (answers.len() / 2).max(1) as f64;
        Counts::from([
            ("live_bytes".into(), held.iter().copied().max().unwrap_or(0) as f64),
            ("bytes_left_per_request".into(), left),
            ("searches".into(), *searches as f64),
            ("searches_per_hot_request".into(), hot[1] as f64 / hot[0].max(1) as f64),
        ])
    }
}

fn requests(texts: Vec<String>) -> Requests {
    Requests { size: texts.len() as u64, texts: texts.into_iter().map(|text| (text, Asked::Often)).collect() }
}

/// The slow and obvious way: every product that has the rarest word is held against all the others.
fn found(text: &str) -> Hits {
    let lists: Vec<&Vec<u32>> = words(text).filter_map(|word| WORDS.get(&word)).collect();
    let rarest = lists.iter().min_by_key(|list| list.len()).into_iter().copied().flatten();
    let has_all = |product: &&u32| lists.iter().all(|list| list.binary_search(product).is_ok());
    let mut hits = Hits::default();
    hits.iter_mut().zip(rarest.filter(has_all)).for_each(|(hit, product)| *hit = *product);
    hits
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split([' ', ',']).filter(|word| !word.is_empty()).map(str::to_lowercase)
}
