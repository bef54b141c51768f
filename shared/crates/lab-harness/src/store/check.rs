//! Whether the subject answers rightly, while what is in the database changes between its calls.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use anyhow::Result;
use lab_results::Record;
use orderflow_store::{Addition, Backend, Mirror, PoolSettings};
use sqlx::{AnyPool, Executor};

use super::meanwhile::{Change, between_statements};
use super::opened::Opened;
use super::{Function, Store};
use crate::program::{Run, emit};
use crate::trouble::of_the_database;

/// How long a subject on a pool with a single connection may wait for it. One that needs two of them at once waits for ever.
const ONE_CONNECTION: Duration = Duration::from_secs(1);
/// Connections whose unordered rows come in reverse: as many as a subject may hold at the same time.
const REVERSED: u32 = 4;

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

/// Holds an answer against the right one.
///
/// # Errors
///
/// It is another one: for [`or_wrong`], with which the verb ends.
pub(super) fn compare<S: Store>(
    case: impl FnOnce() -> String,
    input: S::Input,
    right: &S::Answer,
    got: &S::Answer,
) -> Result<()> {
    if got == right {
        return Ok(());
    }
    let (expected, got) = S::difference(right, got);
    Err(Wrong(Record::Wrong { case: case(), input: S::show(input), expected, got }).into())
}

/// The end of a verb. A wrong answer is said, and is no failure of the program's.
pub(super) fn or_wrong(ended: Result<()>) -> Result<()> {
    let Err(error) = ended else { return Ok(()) };
    emit(&error.downcast::<Wrong>()?.0);
    Ok(())
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
        self.case_on(self.pool, what, data, inputs).await
    }

    /// The same on connections to which SQLite gives rows the other way round wherever no `ORDER BY` asks for an order: the order in
    /// which they were entered is nobody's promise. PostgreSQL has no such setting, and is asked as it is.
    ///
    /// # Errors
    ///
    /// Those of [`Check::case`].
    pub async fn case_in_reverse(&mut self, what: &str, data: &S::Data, inputs: &[S::Input]) -> Result<()> {
        let url = self.pool.connect_options().database_url.to_string();
        let settings = PoolSettings { max_connections: REVERSED, ..PoolSettings::default() };
        let reversed = orderflow_store::connect(&url, &settings).await?;
        if Backend::of_url(&url)? == Backend::Sqlite {
            // All of them at the same time: a connection that is handed back would be taken again.
            let mut connections = Vec::new();
            for _ in 0..REVERSED {
                let mut connection = reversed.acquire().await?;
                connection.execute("PRAGMA reverse_unordered_selects = ON").await?;
                connections.push(connection);
            }
        }
        let ended = self.case_on(&reversed, what, data, inputs).await;
        orderflow_store::drain(&reversed).await;
        ended
    }

    async fn case_on(&mut self, pool: &AnyPool, what: &str, data: &S::Data, inputs: &[S::Input]) -> Result<()> {
        let case = self.begin(what);
        for &input in inputs {
            if let Some(difference) = self.difference(pool, data, input).await? {
                return Err(self.smallest_wrong(pool, case, data, input, difference).await?.into());
            }
        }
        self.cases += 1;
        Ok(())
    }

    /// Asks one question while changes of somebody else come in, one after each of the subject's first statements. `states` is what the
    /// database holds before them and after each of them; an answer that is right for any of them is right. After it the database
    /// holds one of them, and nobody says which.
    async fn case_between_statements(
        &mut self,
        what: &str,
        states: &[S::Data],
        input: S::Input,
        changes: impl Fn() -> Vec<Change>,
    ) -> Result<()> {
        let case = self.begin(what);
        let url = self.pool.connect_options().database_url.to_string();
        // With one connection statements follow each other, also those that were to be sent at the same time.
        let settings = PoolSettings { max_connections: 1, acquire_timeout: ONE_CONNECTION, ..PoolSettings::default() };
        let single = orderflow_store::connect(&url, &settings).await?;
        let (mut answer, mut made) = between_statements(&url, changes(), (self.function)(&single, input)).await?;
        orderflow_store::drain(&single).await;
        if matches!(answer, Err(sqlx::Error::PoolTimedOut)) && made == 0 {
            (answer, made) = between_statements(&url, changes(), (self.function)(self.pool, input)).await?;
        }
        let is_right = |got: &S::Answer| states.iter().take(made + 1).any(|state| S::expected(state, input) == *got);
        let difference = match answer {
            Ok(got) if is_right(&got) => None,
            Ok(got) => Some(S::difference(&S::expected(&states[0], input), &got)),
            Err(error) => Some(self.error(&states[0], input, error)?),
        };
        match difference {
            None => self.cases += 1,
            Some((expected, got)) => {
                return Err(Wrong(Record::Wrong { case, input: S::show(input), expected, got }).into());
            }
        }
        Ok(())
    }

    /// Says what is being worked on.
    fn begin(&self, what: &str) -> String {
        let case = if self.name.is_empty() { what.to_string() } else { format!("{}: {what}", self.name) };
        emit(&Record::Case { name: case.clone() });
        case
    }

    /// Expected and got, where they differ.
    async fn difference(&self, pool: &AnyPool, data: &S::Data, input: S::Input) -> Result<Option<(String, String)>> {
        let expected = S::expected(data, input);
        Ok(match (self.function)(pool, input).await {
            Ok(got) if got == expected => None,
            Ok(got) => Some(S::difference(&expected, &got)),
            Err(error) => Some(self.error(data, input, error)?),
        })
    }

    /// An error of the database is an answer, too, and never the right one; a full disk is nobody's answer.
    fn error(&self, data: &S::Data, input: S::Input, error: sqlx::Error) -> Result<(String, String)> {
        let error = of_the_database(error)?;
        let expected = S::expected(data, input);
        Ok((S::difference(&expected, &expected).0, format!("an error: {error}")))
    }

    /// Descends to a question of which no smaller one goes wrong.
    async fn smallest_wrong(
        &self,
        pool: &AnyPool,
        case: String,
        data: &S::Data,
        mut input: S::Input,
        (mut expected, mut got): (String, String),
    ) -> Result<Wrong> {
        'smaller: loop {
            for smaller in S::smaller(input) {
                if let Some(difference) = self.difference(pool, data, smaller).await? {
                    (input, (expected, got)) = (smaller, difference);
                    continue 'smaller;
                }
            }
            return Ok(Wrong(Record::Wrong { case, input: S::show(input), expected, got }));
        }
    }
}

impl<S: Store<Data = Mirror>> Check<'_, S> {
    /// Asks one question while orders of two lines come in, one after each of the subject's first statements, placed at these times. An
    /// answer shows the shop of one moment, before or after an order came in, and no mixture. Nothing may come after this case.
    ///
    /// # Errors
    ///
    /// Those of [`Check::case`].
    pub async fn case_while_orders_come_in(
        &mut self,
        what: &str,
        shop: &Mirror,
        placed_at: Range<u64>,
        input: S::Input,
    ) -> Result<()> {
        let (mut states, mut additions) = (vec![shop.clone()], Vec::new());
        for at in placed_at {
            let (after, addition) = states.last().unwrap_or(shop).with_one_more(at, &[1, 2]);
            states.push(after);
            additions.push(addition);
        }
        let change = |addition: Addition| -> Change {
            Box::new(move |pool| Box::pin(async move { addition.store(&pool).await }))
        };
        self.case_between_statements(what, &states, input, || additions.iter().cloned().map(change).collect()).await
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
