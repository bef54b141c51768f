//! Whether anybody in a group still runs.

use rustix::process::{Pid, test_kill_process_group};

/// Whether anybody in the group still runs. Who has ended and was not waited for yet (a zombie) runs no more, though the kernel
/// delivers signals to it.
pub fn is_alive(group: Pid) -> bool {
    if test_kill_process_group(group).is_err() {
        return false;
    }
    // Without /proc nobody can be told from the dead.
    let Ok(processes) = std::fs::read_dir("/proc") else { return true };
    let stats = processes.flatten().filter(|process| process.file_name().as_encoded_bytes()[0].is_ascii_digit());
    let mut stats = stats.filter_map(|process| std::fs::read_to_string(process.path().join("stat")).ok()).peekable();
    stats.peek().is_none() || stats.any(|stat| runs_in(&stat, group.as_raw_nonzero().get()))
}

/// From a process's line in `/proc`: proc(5), the state is field 3 and the group field 5.
fn runs_in(stat: &str, group: i32) -> bool {
    // The second field is the program's name, which may hold blanks and parentheses.
    let Some((_, rest)) = stat.rsplit_once(')') else { return false };
    let mut fields = rest.split_whitespace();
    let state = fields.next().unwrap_or_default();
    fields.nth(1).and_then(|field| field.parse().ok()) == Some(group) && !matches!(state, "Z" | "X")
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;
    use std::process::Command;
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn state_and_group_are_found_behind_any_name() {
        let stat = |state: &str| format!("4711 (a) Z 1) {state} 1 99 4711 0 -1");
        assert!(runs_in(&stat("S"), 99) && runs_in(&stat("R"), 99) && !runs_in(&stat("R"), 1));
        assert!(!runs_in(&stat("Z"), 99) && !runs_in("nonsense", 99));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn who_ended_and_was_not_waited_for_is_not_alive() {
        let mut child = Command::new("sleep").arg("600").process_group(0).spawn().expect("sleep runs");
        let group = Pid::from_child(&child);
        assert!(is_alive(group));
        child.kill().expect("killed");
        let until = Instant::now() + Duration::from_secs(60);
        while is_alive(group) {
            assert!(Instant::now() < until, "a zombie is taken for alive");
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(test_kill_process_group(group).is_ok(), "it is a zombie");
        child.wait().expect("buried");
    }
}
