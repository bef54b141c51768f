//! What the quote service is held against with a `quote` in its slot. The judge uses its own copy of this file.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::{convert::Infallible, net::SocketAddr, process::ExitCode, sync::Arc, time::Duration};

use anyhow::Result;
use axum::extract::{Json, State};
use axum::{Router, routing::post};
use lab_harness::Run;
use lab_harness::load::Request;
use lab_harness::results::Counts;
use lab_harness::service::{self, Figure, WORKERS};
use lab_service::{Answering, Case, Comes, Counted, Exchange, Expecting, Flow, Purpose, ServiceLab, Take};
use lab_service::{answered_rightly, case, drive, hold, json, latencies, window};
use orderflow::{PRODUCTS, random::SplitMix64};
use tokio::sync::{mpsc, oneshot};

/// The promise for a quote: 99% of requests within this many milliseconds.
const QUOTE_P99_MS: f64 = 50.0;
/// Articles of a large basket.
const LARGE: usize = 50;

/// The part of the service that says what a basket of articles comes to, in cents.
pub type Quote = fn(Arc<PriceList>, Vec<u32>) -> Answering<i64>;

/// The price list is a task of its own, and answers one question after the other.
#[derive(Debug)]
pub struct PriceList {
    asked: AtomicU64,
    questions: mpsc::Sender<(Vec<u32>, oneshot::Sender<Vec<i64>>)>,
}

impl PriceList {
    /// The list of a seed, on the runtime that this is called on.
    pub fn open(seed: u64) -> Arc<PriceList> {
        let (questions, mut asked) = mpsc::channel::<(Vec<u32>, oneshot::Sender<Vec<i64>>)>(64);
        tokio::spawn(async move {
            while let Some((articles, answer)) = asked.recv().await {
                // Whoever asked may have hung up.
                let _ = answer.send(articles.into_iter().map(|article| price(seed, article)).collect());
            }
        });
        Arc::new(PriceList { asked: AtomicU64::new(0), questions })
    }

    /// The price of each of these articles, in cents: one question, however many they are.
    pub async fn of(&self, articles: &[u32]) -> Vec<i64> {
        self.asked.fetch_add(1, Relaxed);
        let (answer, answered) = oneshot::channel();
        // The list ends only with the runtime, and whoever asks with it.
        let _ = self.questions.send((articles.to_vec(), answer)).await;
        answered.await.unwrap_or_default()
    }
}

/// Another price for each seed: nobody knows it without asking.
fn price(seed: u64, article: u32) -> i64 {
    100 + SplitMix64::new(seed ^ u64::from(article)).below(10_000) as i64
}

/// A basket of so many articles; another one for each number.
pub fn basket(seed: u64, number: u64, articles: usize) -> Vec<u32> {
    let mut random = SplitMix64::new(seed.wrapping_mul(1_000) + number);
    (0..articles).map(|_| 1 + random.below(u64::from(PRODUCTS)) as u32).collect()
}

/// What a basket comes to, by the list itself.
fn expected(seed: u64, basket: &[u32]) -> i64 {
    basket.iter().map(|article| price(seed, *article)).sum()
}

/// The `main` of this lab's programs. Its world is a seed: the service keeps everything in its own memory.
pub fn main(part: Quote) -> ExitCode {
    let lab = ServiceLab {
        world: |run, _| Ok(run.seed),
        environment: |_, _, _| Vec::new(),
        cases: |seed, _| cases(*seed),
        states: |_, _| Ok(Vec::new()),
        flows: |seed, _| Ok(flows(*seed).into()),
        // A time is compared with others only if everybody was answered rightly.
        after_load: |_, why, report| if why == Purpose::Time { answered_rightly(report) } else { Ok(()) },
        figures: &[Figure::P50("large basket", 1), Figure::CpuPerRequest],
        turn: Duration::from_millis(200),
        symptom,
        counts,
        work: |part, run| counts(part, run).map(drop),
        serve,
    };
    lab_service::main(&lab, part)
}

/// The quote service.
fn serve(part: Quote, run: &Run) -> Result<()> {
    service::serve(run, async |door| {
        let routes = Router::new().route("/quotes", post(post_quote)).with_state((part, PriceList::open(run.seed)));
        let (listener, stop) = door.open()?;
        Ok(axum::serve(listener, routes).with_graceful_shutdown(stop.requested()).await?)
    })
}

async fn post_quote(State((part, prices)): State<(Quote, Arc<PriceList>)>, Json(basket): Json<Vec<u32>>) -> Json<i64> {
    Json(part(prices, basket).await)
}

/// The easiest first.
fn cases(seed: u64) -> Vec<Case<Infallible>> {
    let quoted = |basket: Vec<u32>| -> Exchange { quotes(&basket).gets_json(200, &expected(seed, &basket)) };
    let crowd = (0..40).map(|number| quoted(basket(seed, number, number as usize % 20)));
    vec![
        Case::exact("one article", [quoted(vec![7])]),
        Case::exact("an empty basket", [quoted(Vec::new())]),
        Case::exact("the same article three times", [quoted(vec![7, 8, 7, 7])]),
        Case::exact("a large basket", [quoted(basket(seed, 1, LARGE))]),
        Case::exact("40 customers at once", crowd),
    ]
}

fn quotes(basket: &[u32]) -> Request {
    Request::post("/quotes", json(&basket))
}

/// Counts what the gates are declared on.
fn counts(part: Quote, run: &Run) -> Result<Counted> {
    let (name, basket) = ("a large basket, where questions are counted", basket(run.seed, 2, LARGE));
    case(name);
    let asked = service::runtime(WORKERS)?.block_on(async {
        let prices = PriceList::open(run.seed);
        let total = part(Arc::clone(&prices), basket.clone()).await;
        hold(name, &format!("quote(prices, {basket:?})"), &expected(run.seed, &basket), &total)?;
        anyhow::Ok(prices.asked.load(Relaxed))
    })?;
    let counts = Counts::from([("questions".into(), asked as f64)]);
    Ok(Counted { size: LARGE as u64, unit: "articles", counts })
}

/// Customers with one article, and customers with a large basket.
fn flows(seed: u64) -> [Flow; 2] {
    [("one article", 1), ("large basket", LARGE)].map(|(step, articles)| {
        let requests = (0..20).map(|number| quotes(&basket(seed, number, articles)).expecting(200)).collect();
        Flow { step: step.into(), per_s: 100.0, comes: Comes::AtRandom, requests, take: Take::Random }
    })
}

/// Both kinds of baskets side by side.
fn symptom(seed: &u64, service: SocketAddr, run: &Run) -> Result<()> {
    let report = drive(service, &flows(*seed), *seed, window(run, 3.0))?;
    let steps = [("one article", &report.steps[0]), ("50 articles", &report.steps[1])];
    latencies("POST /quotes", &steps, QUOTE_P99_MS);
    Ok(())
}
