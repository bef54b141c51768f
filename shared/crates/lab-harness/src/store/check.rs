//! Whether the subject answers rightly, while what is in the database changes between its calls.

use std::fmt;

use anyhow::Result;
use lab_results::Record;
use sqlx::AnyPool;

use super::opened::Opened;
use super::{Function, Store};
use crate::program::{Run, emit};

/// How a subject fared.
pub(super) enum Outcome {
    /// All of so many cases passed.
    Passed(u64),
    /// The first wrong answer.
    Wrong(Record),
}

/// Plays all cases for one subject; `name` is empty for the lab's own.
pub(super) fn check<S: Store>(opened: &Opened, name: &str, function: Function<S>, run: &Run) -> Result<Outcome> {
    let mut check = Check { pool: &opened.pool, name, function, cases: 0 };
    match opened.runtime.block_on(S::check(&mut check, run)) {
        Ok(()) => Ok(Outcome::Passed(check.cases)),
        Err(error) => error.downcast::<Wrong>().map(|wrong| Outcome::Wrong(wrong.0)),
    }
}

/// What a contract plays its cases with.
pub struct Check<'a, S: Store> {
    pool: &'a AnyPool,
    name: &'a str,
    function: Function<S>,
    cases: u64,
}

impl<S: Store> Check<'_, S> {
    /// The database, to be changed between cases.
    pub fn pool(&self) -> &AnyPool {
        self.pool
    }

    /// Holds the answers to these questions against what the database holds now.
    ///
    /// # Errors
    ///
    /// The first wrong answer, to be passed on by the contract's check, which ends with it.
    pub async fn case(&mut self, what: &str, data: &S::Data, inputs: &[S::Input]) -> Result<()> {
        let case = if self.name.is_empty() { what.to_string() } else { format!("{}: {what}", self.name) };
        emit(&Record::Case { name: case.clone() });
        for &input in inputs {
            if let Some(difference) = self.difference(data, input).await {
                return Err(self.smallest_wrong(case, data, input, difference).await.into());
            }
        }
        self.cases += 1;
        Ok(())
    }

    /// Expected and got, where they differ. An error of the database is an answer, too, and never the right one.
    async fn difference(&self, data: &S::Data, input: S::Input) -> Option<(String, String)> {
        let expected = S::expected(data, input);
        match (self.function)(self.pool, input).await {
            Ok(got) if got == expected => None,
            Ok(got) => Some(S::difference(&expected, &got)),
            Err(error) => Some((S::difference(&expected, &expected).0, format!("an error: {error}"))),
        }
    }

    /// Descends to a question of which no smaller one goes wrong.
    async fn smallest_wrong(
        &self,
        case: String,
        data: &S::Data,
        mut input: S::Input,
        (mut expected, mut got): (String, String),
    ) -> Wrong {
        'smaller: loop {
            for smaller in S::smaller(input) {
                if let Some(difference) = self.difference(data, smaller).await {
                    (input, (expected, got)) = (smaller, difference);
                    continue 'smaller;
                }
            }
            return Wrong(Record::Wrong { case, input: S::show(input), expected, got });
        }
    }
}

/// A wrong answer on its way through the contract's check.
#[derive(Debug)]
struct Wrong(Record);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a wrong answer, which the contract's check did not pass on")
    }
}

impl std::error::Error for Wrong {}
