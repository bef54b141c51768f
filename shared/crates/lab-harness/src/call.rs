//! One call of a lab's part, and the right answer to it.

use std::fmt::{self, Debug};
use std::pin::Pin;

use anyhow::Result;
use lab_results::Record;

use crate::program::emit;

/// An answer on its way.
pub type Answering<A> = Pin<Box<dyn Future<Output = A> + Send>>;

/// Calls the part.
pub type Begin<A> = Box<dyn FnOnce() -> Answering<A> + Send>;

/// One call of the part, which has not begun.
pub struct Call<A> {
    /// The call as people would write it, to be shown where the answer is wrong.
    pub input: String,
    /// The right answer.
    pub right: A,
    /// Calls the part.
    pub begin: Begin<A>,
}

/// A wrong answer on its way out of a count.
#[derive(Debug)]
pub struct Wrong(pub Record);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a wrong answer where something else was to be counted")
    }
}

impl std::error::Error for Wrong {}

/// Says what is looked at next.
pub fn case(name: &str) {
    emit(&Record::Case { name: name.into() });
}

/// Holds an answer against the right one. Every answer that something is counted of is held: a count of wrong answers is none.
///
/// # Errors
/// It is another one: a [`Wrong`].
pub fn hold<A: PartialEq + Debug>(case: &str, input: &str, right: &A, answer: &A) -> Result<()> {
    if answer == right {
        return Ok(());
    }
    let (case, input) = (case.into(), input.into());
    Err(Wrong(Record::Wrong { case, input, expected: format!("{right:?}"), got: format!("{answer:?}") }).into())
}

/// Some calls as their questions with the right answers, and as what begins them.
pub fn split<A>(calls: Vec<Call<A>>) -> (Vec<(String, A)>, Vec<Begin<A>>) {
    calls.into_iter().map(|Call { input, right, begin }| ((input, right), begin)).unzip()
}

/// Holds all answers against the right ones.
///
/// # Errors
/// One is another one: a [`Wrong`].
pub fn hold_all<A: PartialEq + Debug>(case: &str, asked: &[(String, A)], answers: &[A]) -> Result<()> {
    asked.iter().zip(answers).try_for_each(|((input, right), answer)| hold(case, input, right, answer))
}
