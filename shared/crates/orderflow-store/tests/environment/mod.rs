//! Tests that connect to a server of our own must not obey somebody's PGOPTIONS, which sqlx reads in this very process.

use std::process::Command;

/// Runs a test again in a process without PostgreSQL's variables, where this one has any. True where that was done.
pub fn was_run_without_postgresqls_variables(test: &str) -> bool {
    let steers: Vec<_> =
        std::env::vars_os().map(|(name, _)| name).filter(|name| name.to_string_lossy().starts_with("PG")).collect();
    if steers.is_empty() {
        return false;
    }
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", test, "--nocapture"]);
    steers.iter().for_each(|name| {
        again.env_remove(name);
    });
    let output = again.output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    true
}
