//! Counts the statements that a program sends to its database.
//!
//! sqlx reports every statement as a tracing event on the target `sqlx::query`, the same for SQLite and PostgreSQL, at debug
//! level, or at warning level when it took over a second. This counts both, whatever other subscribers would filter out;
//! only a pool opened with `log_statements(LevelFilter::Off)` would be silent.
//!
//! **Counted**: every statement that was sent, failed ones too, with the rows it returned. A statement is one trip to the
//! database: 500 rows inserted by one `INSERT` are one, and so is a batch of statements in one `raw_sql`.
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
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// SQLite's statements are reported from threads of sqlx's own, so the counters are the process's, not a thread's.
static STATEMENTS: AtomicU64 = AtomicU64::new(0);
static ROWS: AtomicU64 = AtomicU64::new(0);

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
        if !statement.is_session {
            STATEMENTS.fetch_add(1, Relaxed);
            ROWS.fetch_add(statement.rows, Relaxed);
        }
    }
}

/// What we read of an event. sqlx gives the first four words as `summary`, and where there are more all of them as
/// `db.statement`, which is empty otherwise and comes later.
#[derive(Default)]
struct Statement {
    is_session: bool,
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
            self.is_session = is_session(value);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

/// Whether every part of a batch is about the session: `PRAGMA x; SELECT y` asks for data.
fn is_session(sql: &str) -> bool {
    sql.split(';')
        .filter_map(|part| part.split_whitespace().next())
        .all(|word| SESSION.iter().any(|session| word.eq_ignore_ascii_case(session)))
}

#[cfg(test)]
mod tests {
    use super::{StatementCounts, install, is_session, take};
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
        assert!(is_session("PRAGMA busy_timeout = 5000; PRAGMA synchronous = NORMAL;"));
        assert!(is_session("  commit "));
        assert!(!is_session("PRAGMA busy_timeout = 1; SELECT * FROM orders"));
        assert!(!is_session("BEGIN; SELECT 1"));
        assert!(!is_session("/* begin */ SELECT 1"));
        assert!(!is_session("SETTLE"));
    }
}
