//! Deterministic counts of sign-ins, taken in this process. Every answer on the way is read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::Result;
use lab_harness::probe::allocations;
use lab_harness::probe::polls::PollTimes;
use lab_harness::results::{Counts, Record};
use lab_harness::{Run, emit, service};
use orderflow_accounts::{Accounts, CORES, Credentials, SignIn, credentials};
use tokio::runtime::Runtime;
use tokio::task::yield_now;

use super::cost;
use super::crowd::{self, Asked, Wrong};

/// Customers who sign in at the same time.
const AT_ONCE: usize = 32;
/// Sign-ins whose polls are timed.
const POLLED: usize = 3;
/// Turns that the other task wants.
const TURNS: u64 = 1_000;

/// Counts what the gates are declared on; a wrong answer ends it.
pub(super) fn count(part: SignIn, run: &Run) -> Result<()> {
    match counts(part, run) {
        Ok(counts) => emit(&Record::Counts { size: AT_ONCE as u64, unit: "sign-ins at once".into(), counts }),
        Err(error) => emit(&error.downcast::<Wrong>()?.0),
    }
    Ok(())
}

fn counts(part: SignIn, run: &Run) -> Result<Counts> {
    let pod = service::runtime(CORES)?;
    case("many sign in at once");
    crowd::all_are_answered(part, run, &pod)?;
    case("an hour passes while people sign in");
    crowd::nobody_gives_up(part, run)?;

    let accounts = Arc::new(Accounts::of_seed(run.seed));
    let known = credentials(run.seed);
    case("one after the other");
    // The first sign-in may set up what all later ones share.
    pod.block_on((part.sign_in)(Arc::clone(&accounts), known[3].clone())).ok();
    let polls = polls_of(part, &accounts, &known, &pod)?;
    let turns = turns_of_others(part, &accounts, &known)?;
    case(&format!("{AT_ONCE} sign-ins at once"));
    let peak_bytes = peak_bytes(part, &accounts, &known, &pod)?;
    case("what a sign-in costs");
    let hashes = cost::hashes_per_sign_in(part, &accounts, &known, &pod)?;
    case(&format!("{AT_ONCE} people hang up, one after the other"));
    let hung_up_bytes = peak_bytes_of_those_who_hang_up(part, run, &pod)?;
    let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
    Ok(Counts::from([
        ("polls_per_sign_in".into(), polls.polls() as f64 / POLLED as f64),
        ("poll_cpu_ms_mean".into(), ms(polls.busy()) / polls.polls() as f64),
        ("poll_cpu_ms_max".into(), ms(polls.longest())),
        ("turns_of_others".into(), turns as f64),
        ("peak_mib".into(), peak_bytes as f64 / f64::from(1 << 20)),
        ("hung_up_peak_mib".into(), hung_up_bytes as f64 / f64::from(1 << 20)),
        ("denial_time_most_over_least".into(), hashes.denial_time_most_over_least),
        ("hashes_per_sign_in".into(), hashes.cheapest),
        ("hashes_per_sign_in_max".into(), hashes.dearest),
        ("hash_memory_most_over_least".into(), hashes.memory_most_over_least),
    ]))
}

fn case(name: &str) {
    emit(&Record::Case { name: name.into() });
}

/// The polls of some sign-ins, one after the other.
fn polls_of(part: SignIn, accounts: &Arc<Accounts>, known: &[Credentials], pod: &Runtime) -> Result<Arc<PollTimes>> {
    let polls = Arc::new(PollTimes::new());
    for typed in known.iter().take(POLLED) {
        let (signing_in, polls) = ((part.sign_in)(Arc::clone(accounts), typed.clone()), Arc::clone(&polls));
        let answer = pod.block_on(pod.spawn(async move { polls.time(signing_in).await }))?;
        crowd::hold("one customer signs in", accounts, typed, answer)?;
    }
    Ok(polls)
}

/// How many turns another task gets on a runtime with a single worker while one customer signs in. On a busy machine the
/// worker may be off its core just then, so the best of five sign-ins counts; a blocked worker gives none in any of them.
fn turns_of_others(part: SignIn, accounts: &Arc<Accounts>, known: &[Credentials]) -> Result<u64> {
    let single = service::runtime(1)?;
    let mut best = 0;
    for typed in known.iter().take(5) {
        let signing_in = (part.sign_in)(Arc::clone(accounts), typed.clone());
        let (turns, answer) = single.block_on(single.spawn(turns_beside(signing_in)))?;
        crowd::hold("one customer signs in beside a busy task", accounts, typed, answer)?;
        best = best.max(turns);
        if best == TURNS {
            break;
        }
    }
    Ok(best)
}

async fn turns_beside<T>(work: impl Future<Output = T> + Send) -> (u64, T) {
    let turns = Arc::new(AtomicU64::new(0));
    let working = Arc::new(AtomicBool::new(false));
    let other = tokio::spawn({
        let (turns, working) = (Arc::clone(&turns), Arc::clone(&working));
        async move {
            while turns.load(Relaxed) < TURNS {
                yield_now().await;
                if working.load(Relaxed) {
                    turns.fetch_add(1, Relaxed);
                }
            }
        }
    });
    // The other task has begun before the work does.
    yield_now().await;
    working.store(true, Relaxed);
    let done = work.await;
    working.store(false, Relaxed);
    other.abort();
    (turns.load(Relaxed), done)
}

/// Most bytes held at once while this many people sign in, rightly and wrongly.
fn peak_bytes(part: SignIn, accounts: &Arc<Accounts>, known: &[Credentials], pod: &Runtime) -> Result<u64> {
    let people = crowd::people(accounts, known, AT_ONCE);
    let (answers, allocated) = allocations::count(|| {
        pod.block_on(async {
            let signing_in = |(typed, _): &Asked| tokio::spawn((part.sign_in)(Arc::clone(accounts), typed.clone()));
            let all: Vec<_> = people.iter().map(signing_in).collect();
            let mut answers = Vec::with_capacity(all.len());
            for answer in all {
                answers.push(answer.await?);
            }
            anyhow::Ok(answers)
        })
    });
    let case = format!("{AT_ONCE} people sign in at once");
    for ((typed, expected), answer) in people.into_iter().zip(answers?) {
        crowd::hold_against(&case, &typed, expected, answer)?;
    }
    Ok(allocated.peak_bytes)
}

/// Most bytes held at once where people hang up while they wait for their hash, one after the other; the last one stays. A hash that has begun goes on
/// without its customer, so that whoever gives its place away with the customer has all of them at once.
fn peak_bytes_of_those_who_hang_up(part: SignIn, run: &Run, pod: &Runtime) -> Result<u64> {
    // Accounts of their own: whoever still holds them has a hash to compute.
    let accounts = Arc::new(Accounts::of_seed(run.seed));
    let known = credentials(run.seed);
    let (answer, allocated) = allocations::count(|| {
        pod.block_on(async {
            for (typed, _) in crowd::people(&accounts, &known, AT_ONCE) {
                crowd::hang_up((part.sign_in)(Arc::clone(&accounts), typed)).await;
            }
            let answer = (part.sign_in)(Arc::clone(&accounts), known[3].clone()).await;
            let until = Instant::now() + Duration::from_secs(10);
            while Arc::strong_count(&accounts) > 1 && Instant::now() < until {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            answer
        })
    });
    crowd::hold("one customer signs in after others have hung up", &accounts, &known[3], answer)?;
    Ok(allocated.peak_bytes)
}
