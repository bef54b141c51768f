//! Databases that go away: a SQLite file in a temporary folder, a PostgreSQL server of our own, or a scratch database on a
//! server that somebody else runs.
//!
//! Each is removed by [`Throwaway::remove`], and by dropping it, as in a panic. Nothing here survives a signal by itself:
//! a janitor process (lab-harness) holds it for a program that may die. Calls block, and must not be made on an async task.

mod cluster;
mod folder;
mod orphan;
mod programs;
mod scratch;

use crate::{Backend, StoreError};
use cluster::Cluster;
use folder::Folder;
use scratch::ScratchDatabase;
use std::fmt::Write;
use std::path::Path;
use std::sync::atomic::AtomicBool;

pub use programs::postgres_programs;

/// A database that nobody else uses and that goes away with this value.
#[derive(Debug)]
pub struct Throwaway {
    url: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    File(Folder),
    Cluster(Cluster),
    Scratch(Box<ScratchDatabase>),
}

impl Throwaway {
    /// Makes an empty database. With PostgreSQL: a scratch database on the server at `server_url`, or without one a server
    /// of our own. Once `stop` is true it gives up with [`StoreError::Stopped`] and leaves nothing behind.
    ///
    /// The calling thread must live as long as the server is needed: Linux's "parent death" signal, which ends our server with
    /// us, is bound to the thread that started it.
    pub fn create(backend: Backend, server_url: Option<&str>, stop: &AtomicBool) -> Result<Self, StoreError> {
        match (backend, server_url) {
            (Backend::Sqlite, _) => {
                let folder = Folder::create()?;
                let url = format!("sqlite://{}?mode=rwc", percent_encoded(&folder.path().join("orderflow.db")));
                Ok(Throwaway { url, kind: Kind::File(folder) })
            }
            (Backend::Postgres, None) => {
                let cluster = Cluster::start(stop)?;
                Ok(Throwaway { url: cluster.url().to_owned(), kind: Kind::Cluster(cluster) })
            }
            (Backend::Postgres, Some(server)) => {
                let scratch = ScratchDatabase::create(server)?;
                Ok(Throwaway { url: scratch.url().to_owned(), kind: Kind::Scratch(Box::new(scratch)) })
            }
        }
    }

    /// Where the database is; made for [`connect`](crate::connect).
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Removes the database. Connections to it are cut.
    pub fn remove(mut self) -> Result<(), StoreError> {
        match &mut self.kind {
            Kind::File(folder) => folder.remove(),
            Kind::Cluster(cluster) => cluster.remove(),
            Kind::Scratch(scratch) => scratch.remove(),
        }
    }
}

/// A path as it stands in a URL's path.
fn percent_encoded(path: &Path) -> String {
    encode(path, |byte| byte == b'/')
}

/// A socket's folder as it stands in the place of a URL's host, where sqlx and libpq expect it with its slashes encoded.
fn as_host(folder: &Path) -> String {
    encode(folder, |_| false)
}

fn encode(path: &Path, also_plain: impl Fn(u8) -> bool) -> String {
    path.as_os_str().as_encoded_bytes().iter().fold(String::new(), |mut text, &byte| {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) || also_plain(byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::{as_host, percent_encoded};
    use std::path::Path;

    #[test]
    fn paths_survive_urls() {
        assert_eq!(percent_encoded(Path::new("/tmp/a b?.db")), "/tmp/a%20b%3F.db");
        assert_eq!(as_host(Path::new("/tmp/a-b")), "%2Ftmp%2Fa-b");
    }
}
