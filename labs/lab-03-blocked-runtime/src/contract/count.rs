//! Deterministic counts of sign-ins, taken in this process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::Result;
use argon2::{Argon2, PasswordVerifier};
use lab_harness::probe::polls::PollTimes;
use lab_harness::probe::{allocations, process_cpu_time, thread_cpu_time};
use lab_harness::results::{Counts, Record, stats};
use lab_harness::{Run, emit, service};
use tokio::runtime::Runtime;
use tokio::task::yield_now;

use super::accounts::credentials;
use super::{Accounts, CORES, Credentials, SignIn};

/// Customers who sign in at the same time.
const AT_ONCE: usize = 32;
/// Sign-ins whose polls are timed.
const POLLED: usize = 3;
/// Turns that the other task wants.
const TURNS: u64 = 1_000;

/// Counts what the gates are declared on.
pub(super) fn count(sign_in: &SignIn, run: &Run) -> Result<()> {
    let accounts = Arc::new(Accounts::of_seed(run.seed));
    let known = credentials(run.seed);
    let at_once = if run.smoke { AT_ONCE / 4 } else { AT_ONCE };
    emit(&Record::Case { name: format!("{at_once} sign-ins at once") });
    let pod = service::runtime(CORES)?;
    // The first sign-in may set up what all later ones share.
    pod.block_on(sign_in(Arc::clone(&accounts), known[3].clone())).ok();
    let polls = polls_of(sign_in, &accounts, &known, &pod)?;
    let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
    let counts = Counts::from([
        ("polls_per_sign_in".into(), polls.polls() as f64 / POLLED as f64),
        ("poll_cpu_ms_mean".into(), ms(polls.busy()) / polls.polls() as f64),
        ("poll_cpu_ms_max".into(), ms(polls.longest())),
        ("turns_of_others".into(), turns_of_others(sign_in, &accounts, &known)? as f64),
        ("peak_mib".into(), peak_bytes(sign_in, &accounts, &known, at_once, &pod) as f64 / f64::from(1 << 20)),
        ("hashes_per_sign_in".into(), hashes_per_sign_in(sign_in, &accounts, &known, &pod)),
    ]);
    emit(&Record::Counts { size: at_once as u64, counts });
    Ok(())
}

/// The polls of some sign-ins, one after the other.
fn polls_of(
    sign_in: &SignIn,
    accounts: &Arc<Accounts>,
    known: &[Credentials],
    pod: &Runtime,
) -> Result<Arc<PollTimes>> {
    let polls = Arc::new(PollTimes::new());
    for typed in known.iter().take(POLLED).cloned() {
        let (signing_in, polls) = (sign_in(Arc::clone(accounts), typed), Arc::clone(&polls));
        let _answer = pod.block_on(pod.spawn(async move { polls.time(signing_in).await }))?;
    }
    Ok(polls)
}

/// How many turns another task gets on a runtime with a single worker while one customer signs in. On a busy machine the
/// worker may be off its core just then, so the best of five sign-ins counts; a blocked worker gives none in any of them.
fn turns_of_others(sign_in: &SignIn, accounts: &Arc<Accounts>, known: &[Credentials]) -> Result<u64> {
    let single = service::runtime(1)?;
    let mut best = 0;
    for typed in known.iter().take(5) {
        let signing_in = sign_in(Arc::clone(accounts), typed.clone());
        best = best.max(single.block_on(single.spawn(turns_beside(signing_in)))?);
        if best == TURNS {
            break;
        }
    }
    Ok(best)
}

async fn turns_beside<T>(work: impl Future<Output = T> + Send) -> u64 {
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
    let _done = work.await;
    working.store(false, Relaxed);
    other.abort();
    turns.load(Relaxed)
}

/// Most bytes held at once while this many customers sign in.
fn peak_bytes(sign_in: &SignIn, accounts: &Arc<Accounts>, known: &[Credentials], at_once: usize, pod: &Runtime) -> u64 {
    let (_, allocated) = allocations::count(|| {
        pod.block_on(async {
            let signing_in = |typed: &Credentials| tokio::spawn(sign_in(Arc::clone(accounts), typed.clone()));
            let all: Vec<_> = known.iter().cycle().take(at_once).map(signing_in).collect();
            for answer in all {
                // A panic was reported by the runtime already; whether answers are right is not asked here.
                let _ = answer.await;
            }
        });
    });
    allocated.peak_bytes
}

/// The CPU time of a sign-in as a multiple of one hash's: with the right password, with a wrong one, for an unknown address; each
/// three times over, and the cheapest of them. Whoever remembers passwords, or gives away which addresses exist, is far below one.
fn hashes_per_sign_in(sign_in: &SignIn, accounts: &Arc<Accounts>, known: &[Credentials], pod: &Runtime) -> f64 {
    let right = known[4].clone();
    let wrong = Credentials { password: format!("{}x", right.password), ..right.clone() };
    let unknown = Credentials { email: "nobody@example.com".into(), ..right.clone() };
    let hashes = |typed: &Credentials| {
        let hash = accounts.find(&typed.email).password_hash;
        let (mut one_hash, mut signing_in) = (f64::INFINITY, Vec::new());
        for _ in 0..3 {
            let before = thread_cpu_time();
            let _opens = Argon2::default().verify_password(typed.password.as_bytes(), hash.as_str());
            one_hash = one_hash.min((thread_cpu_time() - before).as_secs_f64());
            let before = process_cpu_time();
            let _answer = pod.block_on(sign_in(Arc::clone(accounts), typed.clone()));
            signing_in.push((process_cpu_time() - before).as_secs_f64());
        }
        stats::median(&signing_in).unwrap_or(0.0) / one_hash
    };
    [&right, &wrong, &unknown].map(hashes).into_iter().fold(f64::INFINITY, f64::min)
}

/// Cheap tasks beside a sign-in on a runtime with a single worker, for benches.
#[derive(Debug)]
pub struct Bystanders {
    single: Runtime,
    accounts: Arc<Accounts>,
    typed: Credentials,
}

impl Bystanders {
    /// All accounts of a seed.
    pub fn new(seed: u64) -> Result<Bystanders> {
        let typed = credentials(seed).swap_remove(3);
        Ok(Bystanders { single: service::runtime(1)?, accounts: Arc::new(Accounts::of_seed(seed)), typed })
    }

    /// How long fifty of them take when somebody has just begun to sign in.
    pub fn wait(&self, sign_in: &SignIn) -> Duration {
        let signing_in = sign_in(Arc::clone(&self.accounts), self.typed.clone());
        self.single.block_on(async {
            let signing_in = tokio::spawn(signing_in);
            let started = Instant::now();
            let cheap: Vec<_> = (0..50).map(|_| tokio::spawn(yield_now())).collect();
            for task in cheap {
                let _ = task.await;
            }
            let waited = started.elapsed();
            // One sign-in at a time.
            let _answer = signing_in.await;
            waited
        })
    }
}
