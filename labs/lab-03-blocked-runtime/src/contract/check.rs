//! Whether the service answers rightly, over its socket. The oracle knows the passwords; the service knows their hashes.

use anyhow::{Result, bail};
use lab_harness::load::{self, LoadError, Method, Request};
use lab_harness::results::Record;
use lab_harness::service::{Launch, Service};
use lab_harness::{Run, emit};
use orderflow_accounts::{Cost, Credentials, Session, credentials, customer_of, hash, orders};

use super::load::sign_in_request;

/// People who sign in at once: more than anybody would let wait in a queue.
const CROWD: usize = 120;

/// A request, and what it is to be answered with.
struct Exchange {
    request: Request,
    status: u16,
    body: String,
}

/// Plays all cases, up to the first wrong answer.
pub(super) fn check(run: &Run) -> Result<()> {
    let mut cases = 0;
    for seed in run.seed..run.seed + if run.smoke { 1 } else { 2 } {
        let mut service = Launch::new(&Run { seed, ..run.clone() }).start()?;
        for (name, exchanges) in cases_of(seed, run.smoke) {
            emit(&Record::Case { name: name.clone() });
            if let Some(wrong) = first_wrong(&mut service, &name, exchanges)? {
                emit(&wrong);
                return Ok(());
            }
            cases += 1;
        }
        service.stop()?;
    }
    emit(&Record::Checked { cases });
    Ok(())
}

/// Cases in order, because passwords change on the way. The requests of a case are sent at once.
fn cases_of(seed: u64, smoke: bool) -> Vec<(String, Vec<Exchange>)> {
    let known = credentials(seed);
    let with = |password: String| Credentials { password, ..known[3].clone() };
    let before = &known[3].password;
    let changed = with(format!("{before}-changed"));
    let mut cases = vec![
        ("every right password".into(), known.iter().map(right).collect()),
        (
            "an unknown address".into(),
            vec![denied(&Credentials { email: "nobody@example.com".into(), ..with(before.clone()) })],
        ),
        (
            "an empty address and password".into(),
            vec![denied(&Credentials { email: String::new(), password: String::new() })],
        ),
        ("an empty password".into(), vec![denied(&with(String::new()))]),
        ("somebody else's password".into(), vec![denied(&with(known[4].password.clone()))]),
        ("a right password without its spaces".into(), vec![denied(&trimmed(&known[1]))]),
        ("a right password with its accents written as two characters".into(), vec![denied(&decomposed(&known[0]))]),
        ("a right password of 4,000 characters but for its last".into(), vec![denied(&mistyped(&known[2]))]),
        ("a password of 100,000 characters".into(), vec![denied(&with("é".repeat(100_000)))]),
        ("a password with a NUL".into(), vec![denied(&with(format!("{before}\0")))]),
        ("the password is changed".into(), vec![set_password(&changed)]),
        ("the old password after a change".into(), vec![denied(&known[3])]),
        ("the new password after a change".into(), vec![right(&changed)]),
        ("the password is changed back".into(), vec![set_password(&known[3])]),
        ("the new password after it was changed back".into(), vec![denied(&changed)]),
        ("the first password once more".into(), vec![right(&known[3])]),
    ];
    // A hash of 2 ms keeps all of a crowd waiting, and the crowd's hashes take no longer than a few ordinary ones.
    cases.push((
        "everybody's password is set".into(),
        known.iter().map(|known| set_hash(known, Cost::Trial { kib: 4 << 10 })).collect(),
    ));
    let crowd = if smoke { CROWD / 4 } else { CROWD };
    let a_third_mistypes =
        |(i, typed): (usize, &Credentials)| if i.is_multiple_of(3) { denied(&mistyped(typed)) } else { right(typed) };
    let sign_ins = known.iter().cycle().take(crowd).enumerate().map(a_third_mistypes);
    let lookups = orders(seed).into_iter().step_by(83).map(|order| {
        let body = serde_json::to_string(&order).expect("an order serialises");
        Exchange { request: Request::get(format!("/orders/{}", order.reference)), status: 200, body }
    });
    let unknown_order = Exchange { request: Request::get("/orders/XX-00000"), status: 404, body: String::new() };
    cases.push((
        format!("{crowd} people sign in at once while others look orders up"),
        sign_ins.chain(lookups).chain([unknown_order]).collect(),
    ));
    cases
}

fn right(typed: &Credentials) -> Exchange {
    let session = Session { customer: customer_of(&typed.email) };
    let body = serde_json::to_string(&session).expect("a session serialises");
    Exchange { request: sign_in_request(typed), status: 200, body }
}

fn denied(typed: &Credentials) -> Exchange {
    Exchange { request: sign_in_request(typed), status: 401, body: String::new() }
}

fn mistyped(typed: &Credentials) -> Credentials {
    let mut typed = typed.clone();
    typed.password.pop();
    typed
}

fn trimmed(typed: &Credentials) -> Credentials {
    Credentials { password: typed.password.trim().into(), ..typed.clone() }
}

fn decomposed(typed: &Credentials) -> Credentials {
    Credentials { password: typed.password.replace('ä', "a\u{308}").replace('ö', "o\u{308}"), ..typed.clone() }
}

/// The back office hashes the password itself, so that nobody hashes on the service's runtime.
fn set_password(new: &Credentials) -> Exchange {
    set_hash(new, Cost::Today)
}

fn set_hash(new: &Credentials, cost: Cost) -> Exchange {
    let body = serde_json::json!({ "password_hash": hash(&new.password, cost) }).to_string();
    let path = format!("/accounts/{}/password-hash", new.email);
    Exchange { request: Request { method: Method::PUT, ..Request::post(path, body) }, status: 204, body: String::new() }
}

/// No answer is none that could be wrong: it ends the check.
fn first_wrong(service: &mut Service, case: &str, exchanges: Vec<Exchange>) -> Result<Option<Record>> {
    let requests = exchanges.iter().map(|exchange| exchange.request.clone()).collect();
    let answers = load::call_all(service.address(), requests);
    for (Exchange { request, status, body }, answer) in exchanges.into_iter().zip(answers) {
        let answer = match answer {
            Ok(answer) => answer,
            Err(LoadError::NoAnswer { request, failure, .. }) => match service.trouble() {
                Some(trouble) => bail!("{trouble}"),
                None => bail!("{request} got no answer ({failure}; case: {case}), although the service is running"),
            },
            Err(error) => return Err(error.into()),
        };
        let (expected, got) = (show(status, &body), show(answer.status, &answer.body));
        if got != expected {
            let input = format!("{request} {}", shortened(request.body.as_deref().unwrap_or_default()));
            return Ok(Some(Record::Wrong { case: case.into(), input: input.trim_end().into(), expected, got }));
        }
    }
    Ok(None)
}

fn show(status: u16, body: &str) -> String {
    format!("{status} {body}").trim_end().into()
}

/// As much of a text as helps.
fn shortened(text: &str) -> String {
    let most = 300;
    match text.char_indices().nth(most) {
        None => text.into(),
        Some((end, _)) => format!("{}... ({} characters)", &text[..end], text.chars().count()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adversarial_passwords_differ_from_the_right_ones() {
        for (typed, twisted) in credentials(7).iter().zip([decomposed, trimmed, mistyped]) {
            assert_ne!(typed, &twisted(typed));
        }
    }

    #[test]
    fn no_case_is_empty_and_names_are_unique() {
        let cases = cases_of(7, true);
        assert!(cases.iter().all(|(_, exchanges)| !exchanges.is_empty()));
        let names: std::collections::HashSet<_> = cases.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), cases.len());
    }

    #[test]
    fn long_requests_are_shown_shortened() {
        assert_eq!(shortened("short"), "short");
        assert!(shortened(&"é".repeat(1_000)).ends_with("... (1000 characters)"));
    }
}
