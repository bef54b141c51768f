//! Nobody is turned away. `sign_in` has no answer for "come back later": `Denied` tells a customer that the password is wrong.

use std::any::Any;
use std::fmt;
use std::future::poll_fn;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use anyhow::Result;
use lab_harness::Run;
use lab_harness::results::Record;
use orderflow_accounts::{Accounts, CORES, Cost, Credentials, Denied, Session, SignIn, SigningIn, credentials};
use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinError, unconstrained};

/// People at once, each with a hash that costs a fraction of a millisecond: more than any plausible limit of a queue.
const AT_ONCE: usize = 500;
/// People who wait while an hour passes; each hash costs what it costs today.
const PATIENT: usize = 6;
/// How long they wait by the machine's clock as well, which nobody can move: longer than anybody would let a customer wait.
const MEANWHILE: Duration = Duration::from_secs(3);
/// After so long somebody hangs up: time enough to get as far as the hash, whatever comes before it, and less than a hash takes.
const HUNG_UP: Duration = Duration::from_millis(2);
/// The panic of `block_in_place` on a runtime with one thread.
const BLOCKS_IN_PLACE: &str = "can call blocking only when running on the multi-threaded runtime";

/// What a sign-in is answered with.
pub(super) type Answer = Result<Session, Denied>;

/// What is typed, and what is the right answer to it.
pub(super) type Asked = (Credentials, Answer);

/// What somebody types who knows a customer's right credentials: these, a wrong password, and an address that is nobody's.
pub(super) const KINDS: [fn(&Accounts, &Credentials) -> Asked; 3] = [right, wrong, stranger];

fn right(accounts: &Accounts, typed: &Credentials) -> Asked {
    (typed.clone(), Ok(Session { customer: accounts.find(&typed.email).customer }))
}

fn wrong(_: &Accounts, typed: &Credentials) -> Asked {
    (Credentials { password: format!("{}x", typed.password), ..typed.clone() }, Err(Denied))
}

fn stranger(_: &Accounts, typed: &Credentials) -> Asked {
    (Credentials { email: format!("not.{}", typed.email), ..typed.clone() }, Err(Denied))
}

/// So many people, of all kinds alike.
pub(super) fn people(accounts: &Accounts, known: &[Credentials], count: usize) -> Vec<Asked> {
    let all = known.iter().flat_map(|typed| KINDS.map(|kind| kind(accounts, typed)));
    all.collect::<Vec<_>>().into_iter().cycle().take(count).collect()
}

/// A wrong answer on its way out of a count.
#[derive(Debug)]
pub(super) struct Wrong(pub(super) Record);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a wrong answer where something else was to be counted")
    }
}

impl std::error::Error for Wrong {}

/// Holds the answer to a right password against the account.
pub(super) fn hold(case: &str, accounts: &Accounts, typed: &Credentials, answer: Answer) -> Result<()> {
    hold_against(case, typed, Ok(Session { customer: accounts.find(&typed.email).customer }), answer)
}

/// Holds an answer against the right one.
pub(super) fn hold_against(case: &str, typed: &Credentials, expected: Answer, answer: Answer) -> Result<()> {
    if answer == expected {
        return Ok(());
    }
    let input = format!("sign_in(accounts, {:?} with the password {:?})", typed.email, shortened(&typed.password));
    let (expected, got) = (format!("{expected:?}"), format!("{answer:?}"));
    Err(Wrong(Record::Wrong { case: case.into(), input, expected, got }).into())
}

fn shortened(password: &str) -> String {
    let most = 40;
    if password.chars().count() <= most {
        password.into()
    } else {
        password.chars().take(most).chain("...".chars()).collect()
    }
}

/// A crowd comes within one moment; every one of them is signed in. They are all begun before the first can be through, so that whoever
/// counts those in front finds the whole crowd.
pub(super) fn all_are_answered(part: SignIn, run: &Run, pod: &Runtime) -> Result<()> {
    let accounts = Arc::new(Accounts::new(credentials(run.seed), |_| Cost::Trial { kib: 256 }));
    let known = credentials(run.seed);
    let crowd: Vec<_> = known.iter().cycle().take(AT_ONCE).collect();
    let answers = pod.block_on(pod.spawn(unconstrained(at_once(begin(part, &accounts, &crowd)))))?;
    let case = format!("{AT_ONCE} people sign in at once, with passwords that are quick to check");
    crowd.into_iter().zip(answers).try_for_each(|(typed, answer)| hold(&case, &accounts, typed, answer))
}

/// An hour passes on the runtime's clock while some sign in: whoever looks at that clock to give up does it now, whatever the limit. Then
/// some seconds pass by the machine's own clock, for those who are still in the queue.
pub(super) fn nobody_gives_up(part: SignIn, run: &Run) -> Result<()> {
    // Customers whom nobody has seen yet: whoever remembers passwords does not know these, and learns none that is counted later.
    let accounts = Arc::new(Accounts::of_seed(run.seed + 1));
    let known = credentials(run.seed + 1);
    let patient: Vec<_> = known.iter().take(PATIENT).collect();
    let signing_in = begin(part, &accounts, &patient);
    // Time can be moved on a runtime with one thread only.
    let clock = Builder::new_current_thread().enable_time().start_paused(true).max_blocking_threads(CORES).build()?;
    let answers = clock.block_on(clock.spawn(async {
        let mut all = Box::pin(unconstrained(at_once(signing_in)));
        if let Poll::Ready(answers) = poll_once(&mut all).await {
            return answers;
        }
        tokio::time::advance(Duration::from_secs(3_600)).await;
        // Whoever gives up by that clock does it before their hash is through.
        if let Poll::Ready(answers) = poll_once(&mut all).await {
            return answers;
        }
        std::thread::sleep(MEANWHILE);
        all.await
    }));
    let answers = match answers.map_err(JoinError::into_panic) {
        Ok(answers) => answers,
        // Such a runtime does not have it: it says nothing about patience.
        Err(panic) if words(&*panic).contains(BLOCKS_IN_PLACE) => return Ok(()),
        Err(panic) => resume_unwind(panic),
    };
    let case = format!("an hour passes while {PATIENT} people wait to be signed in");
    patient.into_iter().zip(answers).try_for_each(|(typed, answer)| hold(&case, &accounts, typed, answer))
}

async fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    poll_fn(|context| Poll::Ready(Pin::new(&mut *future).poll(context))).await
}

/// Asks for an answer, and hangs up before any hash can be through.
pub(super) async fn hang_up(signing_in: SigningIn) {
    let _ = tokio::time::timeout(HUNG_UP, signing_in).await;
}

/// What a panic says.
fn words(panic: &(dyn Any + Send)) -> &str {
    let words = panic.downcast_ref::<String>().map(String::as_str);
    words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default()
}

fn begin(part: SignIn, accounts: &Arc<Accounts>, crowd: &[&Credentials]) -> Vec<SigningIn> {
    crowd.iter().map(|typed| (part.sign_in)(Arc::clone(accounts), (*typed).clone())).collect()
}

/// All answers, in order; the first of them is asked for again only when each was asked for once.
async fn at_once(signing_in: Vec<SigningIn>) -> Vec<Answer> {
    let mut answers: Vec<Option<Answer>> = signing_in.iter().map(|_| None).collect();
    let mut waiting: Vec<(usize, SigningIn)> = signing_in.into_iter().enumerate().collect();
    poll_fn(|context| {
        waiting.retain_mut(|(place, signing_in)| match signing_in.as_mut().poll(context) {
            Poll::Ready(answer) => {
                answers[*place] = Some(answer);
                false
            }
            Poll::Pending => true,
        });
        if waiting.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    answers.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::time::Instant;

    use argon2::{Argon2, PasswordVerifier};
    use lab_harness::service;
    use tokio::sync::Semaphore;
    use tokio::task::{block_in_place, spawn_blocking};
    use tokio::time::timeout;

    use super::*;

    fn run() -> Run {
        Run { seed: 7, smoke: false, subject: None, port: 0, out: std::env::temp_dir(), seconds: 0.0 }
    }

    async fn honest(accounts: Arc<Accounts>, typed: Credentials) -> Answer {
        let verify = move || {
            let account = accounts.find(&typed.email);
            let opens = Argon2::default().verify_password(typed.password.as_bytes(), account.password_hash.as_str());
            opens.map(|()| Session { customer: account.customer }).map_err(|_| Denied)
        };
        spawn_blocking(verify).await.expect("the hash does not panic")
    }

    fn wrong(found: Result<()>) -> Option<String> {
        let Record::Wrong { case, .. } = found.err()?.downcast::<Wrong>().expect("a wrong answer").0 else {
            return None;
        };
        Some(case)
    }

    fn gives_up(part: SignIn) -> bool {
        wrong(nobody_gives_up(part, &run())).is_some_and(|case| case.contains("an hour passes"))
    }

    #[test]
    fn whoever_answers_everybody_passes() {
        let honest = SignIn { sign_in: |accounts, typed| Box::pin(honest(accounts, typed)) };
        all_are_answered(honest, &run(), &service::runtime(CORES).unwrap()).unwrap();
        nobody_gives_up(honest, &run()).unwrap();
    }

    #[test]
    fn a_queue_with_an_end_turns_people_away_however_long_it_is() {
        static IN_FRONT: AtomicUsize = AtomicUsize::new(0);
        async fn refuses(accounts: Arc<Accounts>, typed: Credentials) -> Answer {
            let in_front = IN_FRONT.fetch_add(1, SeqCst);
            let answer = if in_front < 256 { honest(accounts, typed).await } else { Err(Denied) };
            IN_FRONT.fetch_sub(1, SeqCst);
            answer
        }
        let refuses = SignIn { sign_in: |accounts, typed| Box::pin(refuses(accounts, typed)) };
        let pod = service::runtime(CORES).unwrap();
        assert!(wrong(all_are_answered(refuses, &run(), &pod)).is_some_and(|case| case.contains("500 people")));
    }

    #[test]
    fn a_limit_of_time_turns_people_away_however_long_it_is() {
        async fn impatient(accounts: Arc<Accounts>, typed: Credentials) -> Answer {
            timeout(Duration::from_secs(600), honest(accounts, typed)).await.unwrap_or(Err(Denied))
        }
        assert!(gives_up(SignIn { sign_in: |accounts, typed| Box::pin(impatient(accounts, typed)) }));
    }

    #[test]
    fn a_limit_by_the_machines_clock_turns_people_away() {
        static FREE_CORES: Semaphore = Semaphore::const_new(CORES);
        async fn impatient(accounts: Arc<Accounts>, typed: Credentials) -> Answer {
            let since = Instant::now();
            let _core = FREE_CORES.acquire().await.expect("nobody closes the semaphore");
            if since.elapsed() > Duration::from_secs(2) { Err(Denied) } else { honest(accounts, typed).await }
        }
        assert!(gives_up(SignIn { sign_in: |accounts, typed| Box::pin(impatient(accounts, typed)) }));
    }

    #[test]
    #[should_panic(expected = "two seconds")]
    fn a_limit_that_panics_is_a_panic() {
        async fn panics(accounts: Arc<Accounts>, typed: Credentials) -> Answer {
            timeout(Duration::from_secs(2), honest(accounts, typed)).await.expect("nobody waits two seconds")
        }
        let _ = nobody_gives_up(SignIn { sign_in: |accounts, typed| Box::pin(panics(accounts, typed)) }, &run());
    }

    #[test]
    fn whoever_blocks_in_place_or_has_a_task_do_it_has_not_given_up() {
        async fn blocks(accounts: Arc<Accounts>, typed: Credentials) -> Answer {
            block_in_place(|| Ok(Session { customer: accounts.find(&typed.email).customer }))
        }
        async fn has_a_task(accounts: Arc<Accounts>, typed: Credentials) -> Answer {
            tokio::spawn(blocks(accounts, typed)).await.expect("a session")
        }
        nobody_gives_up(SignIn { sign_in: |accounts, typed| Box::pin(blocks(accounts, typed)) }, &run()).unwrap();
        nobody_gives_up(SignIn { sign_in: |accounts, typed| Box::pin(has_a_task(accounts, typed)) }, &run()).unwrap();
    }
}
