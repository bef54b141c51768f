use crate::StoreError;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder with PostgreSQL's `initdb` and `postgres`: on the PATH, where Debian, Red Hat and Homebrew keep them, or where
/// `pg_config` says; of several versions the newest.
pub fn postgres_programs() -> Result<PathBuf, StoreError> {
    on_path()
        .or_else(|| {
            ["/usr/lib/postgresql", "/usr", "/opt/homebrew/opt", "/usr/local/opt"]
                .iter()
                .find_map(|root| newest(Path::new(root)))
        })
        .or_else(pg_config)
        .ok_or_else(|| StoreError::PostgresNotInstalled { install: install_line() })
}

/// What PostgreSQL's programs see of our environment: where programs and libraries are. Neither PostgreSQL's own variables, which are about
/// somebody's own server, nor somebody's time zone and language, which would become the server's.
const SEEN: [&str; 4] = ["PATH", "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "TMPDIR"];

/// A command for a program of PostgreSQL's.
pub(super) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    let seen = SEEN.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
    command.env_clear().envs(seen).env("LC_ALL", "C");
    command
}

/// A program of this name on the PATH.
pub(super) fn find_on_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|program| program.is_file())
}

fn on_path() -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).find(|folder| has_programs(folder))
}

/// The newest version below `root`: `15/bin` (Debian), `pgsql-15/bin` (Red Hat), `postgresql@15/bin` (Homebrew).
fn newest(root: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(root).ok()?;
    entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version: u32 = name.trim_start_matches("postgresql@").trim_start_matches("pgsql-").parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_, folder)| has_programs(folder))
        .max_by_key(|(version, _)| *version)
        .map(|(_, folder)| folder)
}

fn pg_config() -> Option<PathBuf> {
    let output = command("pg_config").arg("--bindir").output().ok()?;
    let folder = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    has_programs(&folder).then_some(folder)
}

fn has_programs(folder: &Path) -> bool {
    folder.join("initdb").is_file() && folder.join("postgres").is_file()
}

fn install_line() -> &'static str {
    if cfg!(target_os = "macos") {
        "brew install postgresql"
    } else if Path::new("/etc/debian_version").exists() {
        "sudo apt-get install postgresql"
    } else if Path::new("/etc/redhat-release").exists() {
        "sudo dnf install postgresql-server"
    } else {
        "apt-get install postgresql (Debian, Ubuntu), dnf install postgresql-server (Fedora), brew install postgresql (macOS)"
    }
}

#[cfg(test)]
mod tests {
    use super::{command, newest};
    use std::fs;

    #[test]
    fn postgresqls_programs_see_nothing_that_steers_them() {
        let command = command("postgres");
        let seen: Vec<_> = command.get_envs().map(|(name, _)| name.to_str().unwrap()).collect();
        assert!(seen.contains(&"PATH") && seen.contains(&"LC_ALL"), "{seen:?}");
        // Cargo's own are there in every test, and are not passed on.
        assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some() && !seen.contains(&"CARGO_MANIFEST_DIR"), "{seen:?}");
        let output = super::command("env").output().unwrap();
        let lines = String::from_utf8(output.stdout).unwrap();
        assert!(lines.lines().all(|line| seen.contains(&line.split('=').next().unwrap())), "{lines}");
    }

    #[test]
    fn the_newest_complete_version_wins() {
        let root = tempfile::tempdir().unwrap();
        for version in ["9", "15", "16", "not-a-version"] {
            let bin = root.path().join(version).join("bin");
            fs::create_dir_all(&bin).unwrap();
            fs::write(bin.join("postgres"), "").unwrap();
            // 16 has the client tools' folder but no initdb.
            if version != "16" {
                fs::write(bin.join("initdb"), "").unwrap();
            }
        }
        assert_eq!(newest(root.path()), Some(root.path().join("15/bin")));
    }
}
