use std::io;

use crate::Backend;
use crate::blame::{disk_trouble, full_disk, no_room};

/// What can go wrong between OrderFlow and its database. Every message says what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// `DB` names no database that OrderFlow runs on.
    #[error(
        "`DB={0}` is no database OrderFlow runs on. Use `DB=sqlite` (the default, nothing to install) or `DB=postgres`."
    )]
    UnknownBackend(String),

    /// `initdb` and `postgres` were found nowhere.
    #[error(
        "PostgreSQL's programs (initdb, postgres) are not installed. Install them with `{install}` (no service needs to run), \
         or set DATABASE_URL to a server of your own, or leave `DB` unset for SQLite."
    )]
    PostgresNotInstalled {
        /// The line that installs them here.
        install: &'static str,
    },

    /// The server we wanted to start for ourselves stopped, or never answered.
    #[error("The throwaway PostgreSQL server did not start: {reason}\n{log}")]
    ClusterDidNotStart {
        /// What happened, and what to try.
        reason: String,
        /// The end of what the server, or initdb, wrote.
        log: String,
    },

    /// A URL that names no database we can open.
    #[error(
        "The database URL `{url}` cannot be used: {reason}. It should look like `postgres://user:password@host:5432/database`."
    )]
    BadUrl {
        /// The URL, its password hidden.
        url: String,
        /// What is wrong with it.
        reason: String,
    },

    /// There is a URL, but no server that lets us in behind it.
    #[error(
        "No database answers at `{url}`: {source}. Is the server running, and are user and password right? Unset DATABASE_URL for a throwaway server."
    )]
    NoAnswer {
        /// The URL, its password hidden.
        url: String,
        /// What sqlx says.
        source: sqlx::Error,
    },

    /// A database of ours in a file, which cannot be opened.
    #[error("The database `{url}` cannot be opened: {source}. Can its folder be written to? TMPDIR names another one.")]
    NotOpened {
        /// The URL.
        url: String,
        /// What sqlx says.
        source: sqlx::Error,
    },

    /// The disk under the database is full, or it fails, or the server went away; nobody who used the database is at fault. The text says
    /// what to do.
    #[error("{0}")]
    Disk(String),

    /// The caller asked to stop while a database was being prepared.
    #[error("Stopped before the database was ready.")]
    Stopped,

    /// A statement of ours failed.
    #[error("Could not {doing}: {source}")]
    Statement {
        /// What we were doing.
        doing: &'static str,
        /// What sqlx says.
        source: sqlx::Error,
    },

    /// A folder or a process failed us.
    #[error("Could not {doing}: {source}")]
    Io {
        /// What we were doing, with the path.
        doing: String,
        /// What the system says.
        source: io::Error,
    },
}

impl StoreError {
    /// True where the machine is to blame, and not who used the database.
    pub fn is_disk_trouble(&self) -> bool {
        matches!(self, StoreError::Disk(_))
    }

    pub(crate) fn statement(doing: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
        move |source| disk_trouble(&source).map_or_else(|| StoreError::Statement { doing, source }, StoreError::Disk)
    }

    /// A database that did not let us in. A file has no server that might be down.
    pub(crate) fn not_opened(backend: Backend, url: &str, source: sqlx::Error) -> StoreError {
        let url = without_password(url);
        // Whether a server that does not answer was ever there is not known here.
        match (full_disk(&source), backend) {
            (Some(trouble), _) => StoreError::Disk(trouble),
            (None, Backend::Sqlite) => StoreError::NotOpened { url, source },
            (None, Backend::Postgres) => StoreError::NoAnswer { url, source },
        }
    }

    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> StoreError {
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                StoreError::Disk(no_room(&format!("could not {}: {source}", doing.into())))
            }
            _ => StoreError::Io { doing: doing.into(), source },
        }
    }
}

/// The URL as it may be printed.
pub(crate) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    // A password may hold an `@` that should have been escaped: the last one ends it.
    let authority = &rest[..rest.find(['/', '?']).unwrap_or(rest.len())];
    let Some((user, _)) = authority.rsplit_once('@') else { return url.to_owned() };
    let Some((name, _)) = user.split_once(':') else { return url.to_owned() };
    format!("{scheme}://{name}:***{}", &rest[user.len()..])
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn only_the_password_is_hidden() {
        assert_eq!(without_password("postgres://me:p@ss@host:5432/shop?x=1"), "postgres://me:***@host:5432/shop?x=1");
        assert_eq!(without_password("postgres://me@host/shop"), "postgres://me@host/shop");
        assert_eq!(without_password("sqlite:///tmp/a.db"), "sqlite:///tmp/a.db");
        assert_eq!(without_password("nonsense"), "nonsense");
    }
}
