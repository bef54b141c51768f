//! The client and the provider, over a socket.

use std::net::Ipv4Addr;
use std::time::Duration;

use orderflow::Cents;
use orderflow_payments::{Charge, ClosedBank, Gateway, Lost, Mood, Provider, Reply, answering, moody};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::unbounded_channel;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn every_reply_reaches_the_client_and_only_what_was_charged_the_books() {
    let runtime = runtime();
    let decide = |reference: &str| match reference {
        "accepted" => Reply::Accepted,
        "declined" => Reply::Declined,
        "unavailable" => Reply::Unavailable,
        _ => Reply::LostAfterCharge,
    };
    let provider =
        Provider::open(runtime.handle(), answering(move |charge| async move { decide(&charge.reference) })).unwrap();
    let gateway = provider.gateway();
    let charge = |reference: &str| runtime.block_on(gateway.charge(reference, Cents(700)));
    assert_eq!(charge("accepted"), Ok(Charge::Accepted));
    assert_eq!(charge("declined"), Ok(Charge::Declined));
    assert_eq!(charge("unavailable"), Err(Lost("503 Service Unavailable".into())));
    assert_eq!(charge("lost"), Err(Lost("504 Gateway Timeout".into())));
    assert_eq!(charge("lost"), Err(Lost("504 Gateway Timeout".into())));
    assert_eq!(provider.charged(), [("accepted".into(), vec![700]), ("lost".into(), vec![700, 700])].into());
    provider.close_the_books();
    assert!(provider.charged().is_empty());
}

#[test]
fn a_gateway_that_is_not_there_is_no_answer() {
    let closed = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let nobody = Gateway::at(closed);
    let lost = runtime().block_on(nobody.charge("US-10001", Cents(1))).unwrap_err();
    assert!(lost.to_string().starts_with("the payment gateway gave no answer: "), "{lost}");
}

#[test]
fn a_call_that_is_abandoned_is_no_longer_under_way() {
    let runtime = runtime();
    let (arrived, mut arrivals) = unbounded_channel();
    let never = answering(move |_| {
        arrived.send(()).unwrap();
        std::future::pending()
    });
    let provider = Provider::open(runtime.handle(), never).unwrap();
    let gateway = provider.gateway();
    runtime.block_on(async {
        let calling = gateway.clone();
        let call = tokio::spawn(async move { calling.charge("US-10001", Cents(1)).await });
        tokio::time::timeout(Duration::from_secs(10), arrivals.recv()).await.unwrap().unwrap();
        assert_eq!(gateway.under_way(), 1);
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
        assert_eq!(gateway.under_way(), 0);
    });
}

#[test]
fn a_moody_bank_goes_by_the_order_and_by_how_often_it_is_asked() {
    let runtime = runtime();
    let yes = Mood::quick(Reply::Accepted);
    let moods = [
        ("at first not".into(), Mood { first: Reply::Declined, ..yes }),
        ("never".into(), Mood::quick(Reply::Declined)),
    ];
    let gateway = Provider::open(runtime.handle(), moody(moods)).unwrap().gateway();
    let charge = |reference: &str| runtime.block_on(gateway.charge(reference, Cents(700))).unwrap();
    assert_eq!([charge("at first not"), charge("at first not")], [Charge::Declined, Charge::Accepted]);
    assert_eq!([charge("never"), charge("never")], [Charge::Declined, Charge::Declined]);
    assert_eq!(charge("any other"), Charge::Accepted);
}

#[test]
fn a_closed_bank_answers_nobody_until_it_opens() {
    let runtime = runtime();
    let bank = ClosedBank::new();
    let gateway = Provider::open(runtime.handle(), bank.answering()).unwrap().gateway();
    runtime.block_on(async {
        let mut charging = Box::pin(gateway.charge("US-10001", Cents(1)));
        tokio::select! {
            answered = &mut charging => panic!("it is closed: {answered:?}"),
            () = bank.is_asked() => {}
        }
        assert_eq!(bank.times_asked(), 1);
        bank.open();
        assert_eq!(charging.await, Ok(Charge::Accepted));
    });
}
