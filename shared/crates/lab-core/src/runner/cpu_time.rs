//! The CPU time of a program and of all that it has started.

use std::time::Duration;

use rustix::process::Pid;

/// CPU time that the processes of a group have used, with that of their children which have ended. Nothing where the platform has no
/// `/proc`.
pub fn of_group(group: Pid) -> Option<Duration> {
    let group = i64::from(group.as_raw_nonzero().get());
    let processes = std::fs::read_dir("/proc").ok()?.filter_map(Result::ok);
    let of_one = |folder: std::fs::DirEntry| {
        folder.file_name().to_str()?.parse::<u32>().ok()?;
        let (of, ticks) = parsed(&std::fs::read_to_string(folder.path().join("stat")).ok()?)?;
        (of == group).then_some(ticks)
    };
    let ticks: u64 = processes.filter_map(of_one).sum();
    Some(Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
}

/// The process's group, and its ticks, from `/proc/PID/stat`. A program's name may have spaces and brackets in it.
fn parsed(stat: &str) -> Option<(i64, u64)> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    // From the state on, which is the third field in proc_pid_stat(5): the fifth is the group, times are 14 to 17.
    let group = fields.get(2)?.parse().ok()?;
    let ticks = fields.get(11..15)?.iter().filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Some((group, ticks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_is_no_field() {
        let stat = "4242 (a) b (c)) S 1 4240 4240 0 -1 4194560 1 2 3 4 100 20 3 1 20 0 1 0 8 9 10\n";
        assert_eq!(parsed(stat), Some((4240, 124)));
        assert_eq!(parsed("4242 (cut"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn our_own_group_has_used_some() {
        let group = rustix::process::getpgrp();
        let before = of_group(group).expect("there is /proc");
        let until = before + Duration::from_millis(30);
        while of_group(group).expect("there is /proc") < until {}
    }
}
