use crate::StoreError;
use std::fmt;
use std::str::FromStr;

/// The databases that OrderFlow runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Backend {
    /// Embedded: nothing to install.
    #[default]
    Sqlite,
    /// A real server with real round trips.
    Postgres,
}

impl Backend {
    /// The environment variable that chooses.
    pub const VARIABLE: &'static str = "DB";

    /// What `DB` says; SQLite when it says nothing.
    pub fn from_env() -> Result<Self, StoreError> {
        match std::env::var_os(Self::VARIABLE) {
            None => Ok(Backend::default()),
            Some(name) => name.to_string_lossy().parse(),
        }
    }

    /// The name that `DB` understands.
    pub fn as_str(self) -> &'static str {
        match self {
            Backend::Sqlite => "sqlite",
            Backend::Postgres => "postgres",
        }
    }

    /// The database behind a URL, by its scheme.
    pub fn of_url(url: &str) -> Result<Self, StoreError> {
        match url.split(':').next() {
            Some("sqlite") => Ok(Backend::Sqlite),
            Some("postgres" | "postgresql") => Ok(Backend::Postgres),
            _ => Err(StoreError::BadUrl {
                url: crate::error::without_password(url),
                reason: "it starts with none of `postgres://`, `postgresql://`, `sqlite://`".into(),
            }),
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Backend {
    type Err = StoreError;

    fn from_str(name: &str) -> Result<Self, StoreError> {
        match name.to_ascii_lowercase().as_str() {
            "" | "sqlite" => Ok(Backend::Sqlite),
            "postgres" | "postgresql" => Ok(Backend::Postgres),
            _ => Err(StoreError::UnknownBackend(name.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Backend;

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let message = "mysql".parse::<Backend>().unwrap_err().to_string();
        assert!(
            message.contains("DB=mysql") && message.contains("DB=sqlite") && message.contains("DB=postgres"),
            "{message}"
        );
    }

    #[test]
    fn a_bad_url_is_shown_without_its_password() {
        let message = Backend::of_url("mysql://me:secret@host/shop").unwrap_err().to_string();
        assert!(message.contains("mysql://me:***@host/shop") && !message.contains("secret"), "{message}");
    }
}
