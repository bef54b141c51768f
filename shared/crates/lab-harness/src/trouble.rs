//! What is the machine's trouble, and nobody's code.

#[cfg(feature = "database")]
use orderflow_store::{StoreError, disk_trouble};

/// The machine did not give what any program of the lab needs: put it into the context of an error, and the run is no verdict on
/// anybody's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MachineTrouble;

impl std::fmt::Display for MachineTrouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("this machine cannot run the lab now")
    }
}

impl std::error::Error for MachineTrouble {}

/// The same error; where a full or failing disk is behind it, as the machine's trouble, with what to do.
#[cfg(feature = "database")]
pub(crate) fn or_the_machines(error: anyhow::Error) -> anyhow::Error {
    if error.downcast_ref::<StoreError>().is_some_and(StoreError::is_disk_trouble) {
        return error.context(MachineTrouble);
    }
    match error.chain().find_map(|cause| disk_trouble(cause.downcast_ref()?)) {
        Some(words) => anyhow::anyhow!(words).context(MachineTrouble),
        None => error,
    }
}

/// An error that a subject is to blame for, or at least no one else.
///
/// # Errors
/// The disk below the database is full, or fails: the machine's trouble, whatever the subject asked.
#[cfg(feature = "database")]
pub(crate) fn of_the_database(error: sqlx::Error) -> anyhow::Result<sqlx::Error> {
    match disk_trouble(&error) {
        Some(words) => Err(anyhow::anyhow!(words).context(MachineTrouble)),
        None => Ok(error),
    }
}

#[cfg(all(test, feature = "database"))]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::*;

    #[test]
    fn a_full_disk_is_the_machines_and_any_other_error_is_an_answer() {
        let full = of_the_database(sqlx::Error::Io(Error::from(ErrorKind::StorageFull))).unwrap_err();
        assert!(full.downcast_ref::<MachineTrouble>().is_some(), "{full:#}");
        let words = format!("{full:#}");
        assert!(words.contains("TMPDIR") && words.contains(&std::env::temp_dir().display().to_string()), "{words}");
        let from_the_contract =
            anyhow::Error::from(sqlx::Error::Io(Error::from(ErrorKind::StorageFull))).context("Could not seed");
        assert!(or_the_machines(from_the_contract).downcast_ref::<MachineTrouble>().is_some());
        let prepared = anyhow::Error::from(StoreError::Disk("no room".into()));
        assert!(or_the_machines(prepared).downcast_ref::<MachineTrouble>().is_some());
        assert!(or_the_machines(sqlx::Error::RowNotFound.into()).downcast_ref::<MachineTrouble>().is_none());
        assert!(matches!(of_the_database(sqlx::Error::RowNotFound), Ok(sqlx::Error::RowNotFound)));
        let gone = of_the_database(sqlx::Error::Io(Error::from(ErrorKind::ConnectionReset))).unwrap_err();
        assert!(gone.downcast_ref::<MachineTrouble>().is_some(), "{gone:#}");
    }
}
