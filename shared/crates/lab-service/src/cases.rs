//! Cases: requests that are sent at once over the socket, and all that may come of them.

use lab_harness::load::{Request, Response};
use serde::Serialize;

use crate::flow::json;

/// Requests that are sent at once, and all that may come of them.
#[derive(Debug)]
pub struct Case<S> {
    pub(crate) name: String,
    pub(crate) requests: Vec<Request>,
    pub(crate) allowed: Allowed<S>,
}

#[derive(Debug)]
pub(crate) enum Allowed<S> {
    /// What each request is to be answered with.
    Answers(Vec<Response>),
    /// What may come of all of them, and of which things the states are meant.
    Outcomes(Vec<Outcome<S>>, Vec<String>),
}

/// A request with the one right answer to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The request.
    pub request: Request,
    /// The status of the answer.
    pub status: u16,
    /// The body of the answer.
    pub body: String,
}

/// A request with the answer that it is to get.
pub trait Expecting {
    /// This status, and no body.
    fn gets(self, status: u16) -> Exchange;
    /// This status, and this value as JSON.
    fn gets_json(self, status: u16, body: &impl Serialize) -> Exchange;
}

impl Expecting for Request {
    fn gets(self, status: u16) -> Exchange {
        Exchange { request: self, status, body: String::new() }
    }

    fn gets_json(self, status: u16, body: &impl Serialize) -> Exchange {
        Exchange { request: self, status, body: json(body) }
    }
}

/// What came of a case, or may come of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome<S> {
    /// In ascending order, because requests of a case may overtake each other.
    pub statuses: Vec<u16>,
    /// Of the things that are looked at.
    pub states: Vec<S>,
}

impl<S> Case<S> {
    /// A case whose requests have one right answer each.
    pub fn exact(name: impl Into<String>, exchanges: impl IntoIterator<Item = Exchange>) -> Case<S> {
        let answered = |Exchange { request, status, body }| (request, Response { status, body });
        let (requests, answers) = exchanges.into_iter().map(answered).unzip();
        Case { name: name.into(), requests, allowed: Allowed::Answers(answers) }
    }

    /// A case after which the statuses of the answers and the states of these things are one of several outcomes.
    pub fn one_of(
        name: impl Into<String>,
        requests: Vec<Request>,
        outcomes: Vec<Outcome<S>>,
        things: Vec<String>,
    ) -> Case<S> {
        Case { name: name.into(), requests, allowed: Allowed::Outcomes(outcomes, things) }
    }
}
