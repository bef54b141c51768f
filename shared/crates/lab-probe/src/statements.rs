//! Counts the statements that a program sends to its database.
//!
//! sqlx reports every statement as a tracing event on the target `sqlx::query`, the same for SQLite and PostgreSQL, at debug
//! level, or at warning level when it took over a second. This counts both, whatever other subscribers would filter out;
//! only a connection opened with `log_statements(LevelFilter::Off)` or the like would be silent, which the judge refuses.
//!
//! **Counted**: every statement that was sent, failed ones too, with the rows it returned. 500 rows inserted by one `INSERT` are
//! one statement. A batch in one `raw_sql` is as many as it has, told by its semicolons: it spares trips to the database, but each
//! statement is still parsed, planned and run.
//!
//! **Not counted**: what runs a session rather than asks for data. `BEGIN`, `COMMIT` and `ROLLBACK` as sqlx sends them and
//! its pings raise no event at all; the `PRAGMA`s and `SET`s with which connections start do, and are left out by
//! their first word, so that a count does not depend on how many connections the pool happened to open.
//!
//! **When**: the event of a statement comes before its result, so counts are complete once results are awaited, with one
//! exception: on SQLite, `fetch_optional` that finds no row answers an instant before its event. Close the pool first
//! where that matters.
//!
//! Counting takes time, too: sqlx writes each statement's text out for it. A program that is being timed does not install it.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Once, PoisonError, RwLock};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// SQLite's statements are reported from threads of sqlx's own, so the counters are the process's, not a thread's.
static STATEMENTS: AtomicU64 = AtomicU64::new(0);
static ROWS: AtomicU64 = AtomicU64::new(0);

/// What is called after each statement.
type Call = Arc<dyn Fn() + Send + Sync>;
static AFTER_EACH: RwLock<Option<Call>> = RwLock::new(None);

/// First words of statements that set a session up instead of asking for data.
const SESSION: [&str; 8] = ["PRAGMA", "SET", "BEGIN", "START", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"];

/// What was sent since counting began, or since the last [`take`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StatementCounts {
    /// Statements sent.
    pub statements: u64,
    /// Rows that came back.
    pub rows: u64,
}

/// Starts counting in this process. Calling it again does nothing.
///
/// # Panics
///
/// When another tracing subscriber is in place already: nothing would be counted, and a gate on 0 statements would pass. A
/// program with a subscriber of its own adds [`layer`] to it instead.
pub fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let subscriber = Registry::default().with(layer());
        tracing::subscriber::set_global_default(subscriber)
            .expect("no tracing subscriber before the statement counter; add `statements::layer()` to the other one");
    });
}

/// The counts so far, which start again at zero.
pub fn take() -> StatementCounts {
    StatementCounts { statements: STATEMENTS.swap(0, Relaxed), rows: ROWS.swap(0, Relaxed) }
}

/// Has `call` called after each statement that is counted, on the thread that reports it and before its caller has the whole result, so
/// that what it does happens between this statement and the caller's next one. Counting must have begun; nothing ends it.
pub fn after_each(call: Option<Arc<dyn Fn() + Send + Sync>>) {
    *AFTER_EACH.write().unwrap_or_else(PoisonError::into_inner) = call;
}

/// The counter as a layer, with a filter of its own, for programs that have a subscriber already.
pub fn layer<S>() -> impl Layer<S>
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    StatementLayer.with_filter(filter_fn(|metadata| metadata.target() == "sqlx::query"))
}

struct StatementLayer;

impl<S: Subscriber> Layer<S> for StatementLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut statement = Statement::default();
        event.record(&mut statement);
        if statement.asks > 0 {
            STATEMENTS.fetch_add(statement.asks, Relaxed);
            ROWS.fetch_add(statement.rows, Relaxed);
            // Not called under the lock: it may send statements of its own.
            let call = AFTER_EACH.read().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some(call) = call {
                call();
            }
        }
    }
}

/// What we read of an event. sqlx gives the first four words as `summary`, and where there are more all of them as
/// `db.statement`, which is empty otherwise and comes later.
#[derive(Default)]
struct Statement {
    /// The statements in it that ask for data.
    asks: u64,
    rows: u64,
}

impl Visit for Statement {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "rows_returned" {
            self.rows = value;
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "summary" || (field.name() == "db.statement" && !value.is_empty()) {
            self.asks = asks_for_data(value);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

/// How many statements of a batch ask for data rather than run the session: in `PRAGMA x; SELECT y` one.
fn asks_for_data(sql: &str) -> u64 {
    let first_words = statements_of(sql).into_iter().filter_map(|statement| statement.split_whitespace().next());
    first_words.filter(|word| !SESSION.iter().any(|session| word.eq_ignore_ascii_case(session))).count() as u64
}

/// The statements of a batch. A semicolon between quotes or in a comment ends none, and a comment behind the last one is none.
fn statements_of(sql: &str) -> Vec<&str> {
    let (mut statements, mut start, mut at) = (Vec::new(), 0, 0);
    let mut has_text = false;
    while let Some(next) = sql[at..].chars().next() {
        let closed_by = match &sql[at..] {
            rest if rest.starts_with("--") => Some("\n"),
            rest if rest.starts_with("/*") => Some("*/"),
            rest if rest.starts_with('\'') => Some("'"),
            rest if rest.starts_with('"') => Some("\""),
            _ => None,
        };
        has_text |= !next.is_whitespace() && next != ';' && !matches!(closed_by, Some("\n" | "*/"));
        let opened = if closed_by == Some("*/") { 2 } else { next.len_utf8() };
        at = match closed_by {
            Some(end) => sql[at + opened..].find(end).map_or(sql.len(), |found| at + opened + found + end.len()),
            None => at + opened,
        };
        if next == ';' || at == sql.len() {
            if has_text {
                statements.push(sql[start..at].trim_end_matches(';'));
            }
            (start, has_text) = (at, false);
        }
    }
    statements
}

#[cfg(test)]
mod tests {
    use super::{StatementCounts, asks_for_data, install, take};
    use tracing::{Level, event};

    #[test]
    fn statements_count_at_any_level_and_sessions_do_not() {
        install();
        install();
        let nothing = String::new();
        event!(target: "sqlx::query", Level::DEBUG, summary = "SELECT 1", db.statement = nothing, rows_affected = 0_u64, rows_returned = 3_u64);
        event!(target: "sqlx::query", Level::WARN, summary = "UPDATE orders SET status …", db.statement = "\n\nUPDATE orders SET status = $1\n", rows_returned = 0_u64);
        event!(target: "sqlx::query", Level::DEBUG, summary = "PRAGMA foreign_keys = ON; …", db.statement = "PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL;", rows_returned = 1_u64);
        event!(target: "sqlx::pool::acquire", Level::WARN, rows_returned = 9_u64);
        assert_eq!(take(), StatementCounts { statements: 2, rows: 3 });
        assert_eq!(take(), StatementCounts::default());
    }

    #[test]
    fn data_cannot_hide_behind_a_session_statement() {
        assert_eq!(asks_for_data("PRAGMA busy_timeout = 5000; PRAGMA synchronous = NORMAL;"), 0);
        assert_eq!(asks_for_data("  commit "), 0);
        assert_eq!(asks_for_data("PRAGMA busy_timeout = 1; SELECT * FROM orders"), 1);
        assert_eq!(asks_for_data("BEGIN; SELECT 1"), 1);
        assert_eq!(asks_for_data("/* begin */ SELECT 1"), 1);
        assert_eq!(asks_for_data("SETTLE"), 1);
    }

    #[test]
    fn a_batch_is_as_many_statements_as_it_has() {
        assert_eq!(asks_for_data("SELECT 1; SELECT 2;\n SELECT 3 ;; "), 3);
        assert_eq!(asks_for_data("SELECT ';', \"a;b\", 'it''s; so' FROM orders; -- not; counted"), 1);
        assert_eq!(asks_for_data("SELECT 1 -- it's; \n; SELECT 2 /* isn't; */; SELECT 'Þ;"), 3);
    }
}
