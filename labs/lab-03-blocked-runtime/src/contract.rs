//! What the account service is held against with a `sign_in` in its slot. The judge uses its own copy of this file.

use std::{convert::Infallible, net::SocketAddr, process::ExitCode, sync::Arc, time::Duration};

use anyhow::Result;
use lab_harness::load::{Method, Request};
use lab_harness::service::{self, Figure, late_generator};
use lab_harness::{Run, emit};
use lab_service::{
    Call, Case, Counted, Exchange, Expecting, Flow, InProcess, Purpose, RoutePolls, ServiceLab, Workload,
};
use lab_service::{answered_rightly, cpu_s, drive, json, latencies, note, window};
use orderflow_accounts::{
    Cost, SigningIn, Who, around, credentials, customer_of, decomposed, hash, load_data, mistyped, opens, trimmed,
};

pub use lab_service::Bystanders;
pub use orderflow_accounts::{Account, Accounts, CORES, Credentials, Denied, Session, SignIn};

/// The longest that a sign-in may keep its thread in one poll, in milliseconds of CPU time.
pub const POLL_MS: f64 = 2.0;

/// What customers do, and what they were promised: `shared/stack` has both under this name.
const SCENARIO: &str = "blocked-runtime";
/// Customers in a second; those who come at once count as one.
const PER_S: f64 = 202.0;

/// The `main` of this lab's programs. Its world is a seed: the service keeps everything in its own memory.
pub fn main(part: SignIn) -> ExitCode {
    let lab = ServiceLab {
        world: |run, _| Ok(run.seed),
        environment: |_, _, _| Vec::new(),
        cases: |seed, run| cases(*seed, run.smoke),
        states: |_, _| Ok(Vec::new()),
        flows: |seed, _| flows(*seed),
        // A time is compared with others only if everybody was answered rightly.
        after_load: |_, why, report| if why == Purpose::Time { answered_rightly(report) } else { Ok(()) },
        figures: &[Figure::P99("GET", 0), Figure::P99("sign-in", 1), Figure::CpuPerRequest],
        turn: Duration::from_millis(160), // long enough for one push message's customers
        symptom,
        counts,
        // The answer is dropped: only the cost of the work is looked at.
        work: |part, run| Ok(_ = service::runtime(CORES)?.block_on(one_signs_in(run.seed)(part))),
        serve,
    };
    lab_service::main(&lab, part)
}

/// One customer signs in, again and again.
pub fn one_signs_in(seed: u64) -> impl Fn(SignIn) -> SigningIn {
    let (accounts, typed) = (Arc::new(Accounts::of_seed(seed)), credentials(seed).swap_remove(3));
    move |part| (part.sign_in)(Arc::clone(&accounts), typed.clone())
}

/// The account service, which knows how long its handlers keep their thread.
fn serve(part: SignIn, run: &Run) -> Result<()> {
    let polls = RoutePolls::new(&["GET /orders/{reference}", "POST /sign-in"], POLL_MS);
    let routes = around(orderflow_accounts::routes(part, run.seed), polls.timing());
    polls.serve(CORES, run, async |door| {
        let (listener, stop) = door.open()?;
        Ok(orderflow_accounts::serve(listener, routes, stop.requested()).await?)
    })
}

/// Cases in order, because passwords change on the way. The oracle knows the passwords; the service knows their hashes.
fn cases(seed: u64, smoke: bool) -> Vec<Case<Infallible>> {
    let known = credentials(seed);
    let with = |password: &str| Credentials { password: password.into(), ..known[3].clone() };
    let nobody = |email: &str, password: &str| Credentials { email: email.into(), password: password.into() };
    let (before, changed) = (&known[3].password, with(&format!("{}-changed", known[3].password)));
    let one_by_one = [
        ("an unknown address", denied(&nobody("nobody@example.com", before))),
        ("an empty address and password", denied(&nobody("", ""))),
        ("an empty password", denied(&with(""))),
        ("somebody else's password", denied(&with(&known[4].password))),
        ("a right password without its spaces", denied(&trimmed(&known[1]))),
        ("a right password with its accents written as two characters", denied(&decomposed(&known[0]))),
        ("a right password of 4,000 characters but for its last", denied(&mistyped(&known[2]))),
        ("a password of 100,000 characters", denied(&with(&"é".repeat(100_000)))),
        ("a password with a NUL", denied(&with(&format!("{before}\0")))),
        ("the password is changed", set_password(&changed, Cost::Today)),
        ("the old password after a change", denied(&known[3])),
        ("the new password after a change", right(&changed)),
        ("the password is changed back", set_password(&known[3], Cost::Today)),
        ("the new password after it was changed back", denied(&changed)),
        ("the first password once more", right(&known[3])),
    ];
    let mut cases = vec![Case::exact("every right password", known.iter().map(right))];
    cases.extend(one_by_one.map(|(name, exchange)| Case::exact(name, [exchange])));
    // A hash of 2 ms keeps all of a crowd waiting, and the crowd's hashes take no longer than a few ordinary ones.
    let trial = |known: &Credentials| set_password(known, Cost::Trial { kib: 4 << 10 });
    cases.push(Case::exact("everybody's password is set", known.iter().map(trial)));
    let crowd = if smoke { 30 } else { 120 }; // more than anybody would let wait in a queue
    let third_mistypes = |(i, known): (usize, _)| if i % 3 == 0 { denied(&mistyped(known)) } else { right(known) };
    let sign_ins = known.iter().cycle().take(crowd).enumerate().map(third_mistypes);
    let orders = orderflow_accounts::orders(seed).into_iter().step_by(83);
    let look_ups = orders.map(|order| looks_up(&order.reference).gets_json(200, &order));
    let all = sign_ins.chain(look_ups).chain([looks_up("XX-00000").gets(404)]);
    cases.push(Case::exact(format!("{crowd} people sign in at once while others look orders up"), all));
    cases
}

fn right(typed: &Credentials) -> Exchange {
    signs_in(typed).gets_json(200, &Session { customer: customer_of(&typed.email) })
}

fn denied(typed: &Credentials) -> Exchange {
    signs_in(typed).gets(401)
}

/// The back office hashes the password itself, so that nobody hashes on the service's runtime.
fn set_password(new: &Credentials, cost: Cost) -> Exchange {
    let body = serde_json::json!({ "password_hash": hash(&new.password, cost) });
    let request = Request::post(format!("/accounts/{}/password-hash", new.email), json(&body));
    Request { method: Method::PUT, ..request }.gets(204)
}

fn signs_in(typed: &Credentials) -> Request {
    Request::post("/sign-in", json(typed))
}

fn looks_up(reference: &str) -> Request {
    Request::get(format!("/orders/{reference}"))
}

/// Counts what the gates are declared on.
fn counts(part: SignIn, run: &Run) -> Result<Counted> {
    let [known, theirs] = [0, 1].map(|later| credentials(run.seed + later));
    let quick = Arc::new(Accounts::new(known.clone(), |_| Cost::Trial { kib: 256 }));
    // Those who hang up have accounts of their own: whoever still holds these has a hash to compute.
    let [usual, unseen, apart] = [0, 1, 0].map(|later| Arc::new(Accounts::of_seed(run.seed + later)));
    let ask = |accounts: &Arc<Accounts>, known: &[Credentials], kind: usize, caller: usize| {
        let (who, known, accounts) = (Who::ALL[kind], &known[caller % known.len()], Arc::clone(accounts));
        let (typed, right) = (who.types(known), who.is_answered(&accounts, known));
        let input = format!("sign_in(accounts, {} with {:.40})", typed.email, typed.password);
        Call { input, right, begin: Box::new(move || (part.sign_in)(accounts, typed)) }
    };
    InProcess {
        verb: "sign in",
        work: ["hash", "hashes"],
        workers: CORES,
        at_once: 32,
        unit: "sign-ins at once",
        kinds: Who::ALL.len(),
        quick: &|kind, caller| ask(&quick, &known, kind, caller),
        unseen: &|kind, caller| ask(&unseen, &theirs, kind, caller),
        usual: &|kind, caller| ask(&usual, &known, kind, caller),
        owed: &|kind, caller| {
            let typed = Who::ALL[kind].types(&known[caller]);
            let hash = usual.find(&typed.email).password_hash;
            Box::new(move || _ = opens(&hash, &typed.password))
        },
        // Time enough to get as far as the hash, and less than a hash takes.
        hang_up: (Duration::from_millis(2), &|kind, caller| ask(&apart, &known, kind, caller)),
        goes_on: &|| Arc::strong_count(&apart) > 1,
        denied: [Who::Mistyper as usize, Who::Stranger as usize],
    }
    .count()
}

/// The evening of a sale. Beside the file's customers, who all know their password, one in eight of those who sign in mistypes it.
fn flows(seed: u64) -> Result<Vec<Flow>> {
    let mut flows = Workload::read(SCENARIO)?.flows(load_data(seed), PER_S)?;
    let mistyping = credentials(seed).iter().map(|known| signs_in(&mistyped(known)).expecting(401)).collect();
    let typed = &mut flows[1].requests;
    *typed = [vec![typed.clone(); 7].concat(), mistyping].concat();
    Ok(flows)
}

/// Looking an order up before and during the sale, and signing in; and the load in proportion.
fn symptom(seed: &u64, service: SocketAddr, run: &Run) -> Result<()> {
    let (promised, flows) = (Workload::read(SCENARIO)?, flows(*seed)?);
    let quiet = drive(service, &flows[..1], *seed, window(run, 1.5))?;
    let evening = drive(service, &flows, *seed, window(run, 4.0))?;
    let [look_up, sign_in] = [0, 1].map(|step| (flows[step].step.as_str(), &evening.steps[step]));
    let look_ups = [("nobody signs in", &quiet.steps[0]), ("ten sign in at once", look_up.1)];
    latencies("Looking an order up, before and during a sale", &look_ups, promised.p99_ms(look_up.0)?);
    latencies("Signing in, ten at once twice a second", &[sign_in], promised.p99_ms(sign_in.0)?);
    let (hash_s, sign_ins_per_s) = (cpu_s(|| hash("a password", Cost::Today)), flows[1].requests_per_s());
    note(format!(
        "One password hash takes {:.0} ms of CPU time here, and {sign_ins_per_s:.0} customers a second sign in: that is {:.2} of the \
         service's {CORES} cores. Looking an order up costs next to nothing, so whoever waits for one does not wait for CPU.",
        hash_s * 1e3,
        sign_ins_per_s * hash_s
    ));
    late_generator(&evening).iter().for_each(emit);
    Ok(())
}
