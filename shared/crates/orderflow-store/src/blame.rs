//! Which errors of a database are not the fault of the code that asked, and which need a word more than the database's own.

use std::io::ErrorKind;

use sqlx::error::DatabaseError;

/// A full or failing disk under the database, or a server that went away, as PostgreSQL does for all others when one of them fills the
/// disk: in a sentence that says what to do; nothing where an error has another cause.
///
/// Whoever ran into it is not at fault: what was asked of the database may be right or wrong, and nobody will know before there is room.
pub fn disk_trouble(error: &sqlx::Error) -> Option<String> {
    full_disk(error).or_else(|| {
        let went_away = match error {
            sqlx::Error::Database(error) => error.code().is_some_and(|code| SERVER_WENT_AWAY.contains(&&*code)),
            // SQLite has no connection that could break.
            sqlx::Error::Io(error) => is_of_a_connection(error.kind()),
            _ => false,
        };
        went_away.then(|| server_went_away(&error.to_string()))
    })
}

/// PostgreSQL's codes for a server that ends, has crashed or begins (57P01 to 57P03), and for a connection that is lost or refused
/// (class 08, but not 08P01: that is a statement with too few values).
const SERVER_WENT_AWAY: [&str; 8] = ["57P01", "57P02", "57P03", "08000", "08001", "08003", "08004", "08006"];

/// A connection broke, or nobody takes one any more; of a server's socket nothing is left (`NotFound`) when it has ended.
fn is_of_a_connection(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::BrokenPipe
            | ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
            | ErrorKind::NotConnected
            | ErrorKind::NotFound
            | ErrorKind::UnexpectedEof
    )
}

/// A disk that is full, or fails, by what the database says of itself.
pub(crate) fn full_disk(error: &sqlx::Error) -> Option<String> {
    let is_disk = match error {
        sqlx::Error::Database(error) => is_disk_error(&**error),
        sqlx::Error::Io(error) => matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded),
        _ => false,
    };
    is_disk.then(|| no_room(&error.to_string()))
}

fn server_went_away(error: &str) -> String {
    let folder = std::env::temp_dir();
    format!(
        "The database server went away: {error}. Is its disk full? A temporary database is in {}: make room there, or set TMPDIR to a \
         folder on another disk.",
        folder.display()
    )
}

/// What to do about a disk that is full.
pub(crate) fn no_room(error: &str) -> String {
    let folder = std::env::temp_dir();
    format!(
        "The disk under the temporary database is full, or it fails: {error}. The database is in {}: make room there, or set TMPDIR to a \
         folder on another disk.",
        folder.display()
    )
}

fn is_disk_error(error: &dyn DatabaseError) -> bool {
    let Some(code) = error.code() else { return false };
    match code.parse::<u32>() {
        // SQLite's codes have one to four digits, PostgreSQL's have five characters.
        // SQLITE_FULL, and SQLITE_IOERR with its kinds, which stand in the higher bits: a full disk shows as one of these, too, when
        // the write-ahead log's index does not fit (SQLITE_IOERR_SHMSIZE).
        Ok(sqlite) if code.len() < 5 => matches!(sqlite & 0xFF, 10 | 13),
        // disk_full, io_error.
        _ => matches!(code.as_ref(), "53100" | "58030"),
    }
}

/// Why SQLite says "database is locked" at once, in a sentence that says what to do; nothing where an error has another cause.
///
/// Code 517 is SQLITE_BUSY_SNAPSHOT: a transaction has read, another one has written, and now the first one wants to write.
pub fn refused_upgrade(error: &sqlx::Error) -> Option<&'static str> {
    let code = error.as_database_error()?.code()?;
    (code == "517").then_some(
        "a transaction that began with a read cannot write any more once another one has written, on SQLite: tell it at its begin that \
         it will write (`BEGIN IMMEDIATE`)",
    )
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::error::Error;
    use std::fmt;
    use std::io;

    use sqlx::error::ErrorKind as Kind;

    use super::*;

    /// What a server says, by its code.
    #[derive(Debug)]
    struct Said(&'static str);

    impl fmt::Display for Said {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Said {}

    impl DatabaseError for Said {
        fn message(&self) -> &str {
            self.0
        }

        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.0.into())
        }

        fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> Kind {
            Kind::Other
        }
    }

    fn said(code: &'static str) -> Option<String> {
        disk_trouble(&sqlx::Error::Database(Box::new(Said(code))))
    }

    #[test]
    fn a_server_that_went_away_is_nobodys_fault_and_a_wrong_statement_is_somebodys() {
        for code in ["57P01", "57P02", "57P03", "08003", "08006"] {
            assert!(said(code).is_some_and(|words| words.contains("went away") && words.contains("TMPDIR")), "{code}");
        }
        for kind in [io::ErrorKind::UnexpectedEof, io::ErrorKind::ConnectionReset, io::ErrorKind::NotFound] {
            let lost = sqlx::Error::Io(kind.into());
            assert!(disk_trouble(&lost).is_some() && full_disk(&lost).is_none(), "{kind}");
        }
        assert_eq!(disk_trouble(&sqlx::Error::Io(io::ErrorKind::InvalidInput.into())), None);
        for code in ["53100", "58030", "13"] {
            assert!(said(code).is_some_and(|words| words.contains("full")), "{code}");
        }
        // Cancelled, a statement with too few values, a syntax error, SQLite's locked database.
        for code in ["57014", "08P01", "42601", "5"] {
            assert_eq!(said(code), None, "{code}");
        }
        assert_eq!(disk_trouble(&sqlx::Error::PoolTimedOut), None);
    }
}
