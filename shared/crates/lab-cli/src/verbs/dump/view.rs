//! What is known of a program's threads: as gdb's script found it, and what follows from it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What the script writes.
#[derive(Debug, Default, Deserialize)]
pub struct Dumped {
    /// Why there is nothing else.
    pub error: Option<String>,
    /// The threads, in the order in which they were started.
    #[serde(default)]
    pub threads: Vec<Thread>,
    /// Why there is no core.
    pub core_error: Option<String>,
    /// The program of a core.
    pub program: Option<String>,
    /// How long the program was watched before it was stopped.
    pub watched_s: Option<f64>,
    /// By the system's number of a thread, the share of that time that it was on a processor.
    #[serde(default)]
    pub cpu_shares: BTreeMap<u32, f64>,
    /// How long the program stood still.
    pub stood_still_ms: Option<f64>,
}

/// One thread.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Thread {
    /// Its number for gdb: 1 is the one that `main` runs on.
    pub number: u32,
    /// Its number for the system.
    pub lwp: u32,
    /// Its name; a core has none.
    pub name: Option<String>,
    /// What it does, in words.
    #[serde(default)]
    pub doing: String,
    /// Share of the watched time that it was on a processor, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_share: Option<f64>,
    /// The lock that it waits for.
    pub waits: Option<Wait>,
    /// The locks of which it has a guard on its stack.
    pub holds: Vec<Hold>,
    /// Its frames, the innermost first.
    pub frames: Vec<Frame>,
    /// What could not be read of it, in sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<String>,
}

/// One frame of a stack.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Frame {
    /// The function, without generics; nothing where the program has no symbols.
    pub function: Option<String>,
    /// Its source, as the compiler was given it.
    pub file: Option<String>,
    /// Where in it.
    pub line: Option<u32>,
    /// Neither the standard library's nor a package's.
    pub own: bool,
    /// The shared library that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_library: Option<String>,
    /// Some of its variables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locals: Vec<Local>,
}

/// A variable.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Local {
    /// Its name.
    pub name: String,
    /// Its value, shortened.
    pub value: String,
}

/// A lock that a thread waits for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Wait {
    /// Its address, where the debug information tells.
    pub lock: Option<String>,
    /// `Mutex`, `RwLockRead`, `RwLockWrite`.
    pub kind: String,
    /// The type of what it protects.
    pub data: Option<String>,
}

/// A lock that a thread holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hold {
    /// Its address.
    pub lock: String,
    /// `Mutex`, `RwLockRead`, `RwLockWrite`.
    pub kind: String,
    /// The type of what it protects.
    pub data: Option<String>,
    /// The guard.
    pub variable: String,
    /// The frame that has the guard, from the innermost.
    pub frame: usize,
}

/// One step of a deadlock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Number of a thread.
    pub thread: u32,
    /// The lock that it waits for.
    pub waits_for: String,
    /// Number of the thread that holds it.
    pub held_by: u32,
}

/// Who waits for whom in a circle: each circle once, from its lowest thread on.
pub fn cycles(threads: &[Thread]) -> Vec<Vec<Step>> {
    let mut cycles = Vec::new();
    for thread in threads {
        follow(threads, thread, &mut Vec::new(), &mut cycles);
    }
    cycles
}

/// Follows `thread` to whoever holds what it waits for, until that is the thread from which `path` began.
fn follow(threads: &[Thread], thread: &Thread, path: &mut Vec<Step>, cycles: &mut Vec<Vec<Step>>) {
    let Some(lock) = thread.waits.as_ref().and_then(|wait| wait.lock.as_ref()) else { return };
    for holder in threads.iter().filter(|other| other.holds.iter().any(|hold| hold.lock == *lock)) {
        let start = path.first().map_or(thread.number, |step| step.thread);
        path.push(Step { thread: thread.number, waits_for: lock.clone(), held_by: holder.number });
        if holder.number == start {
            cycles.push(path.clone());
        } else if holder.number > start && path.iter().all(|step| step.thread != holder.number) {
            follow(threads, holder, path, cycles);
        }
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thread(number: u32, waits: Option<&str>, holds: &[&str]) -> Thread {
        let hold = |lock: &&str| Hold {
            lock: lock.to_string(),
            kind: "Mutex".into(),
            data: None,
            variable: "_".into(),
            frame: 0,
        };
        Thread {
            number,
            waits: waits.map(|lock| Wait { lock: Some(lock.into()), kind: "Mutex".into(), data: None }),
            holds: holds.iter().map(hold).collect(),
            ..Thread::default()
        }
    }

    fn circles(threads: &[Thread]) -> Vec<Vec<u32>> {
        cycles(threads).iter().map(|steps| steps.iter().map(|step| step.thread).collect()).collect()
    }

    #[test]
    fn a_circle_is_found_once_and_whoever_queues_behind_it_is_not_in_it() {
        let three = [
            thread(1, Some("a"), &[]),
            thread(2, Some("a"), &["c"]),
            thread(3, Some("b"), &["a"]),
            thread(4, Some("c"), &["b"]),
            thread(5, None, &["d"]),
        ];
        assert_eq!(circles(&three), [[2, 3, 4]]);
    }

    #[test]
    fn a_thread_that_waits_for_what_it_holds_is_a_circle_of_one() {
        assert_eq!(circles(&[thread(1, Some("a"), &["a"])]), [[1]]);
    }

    #[test]
    fn a_queue_is_no_circle() {
        assert!(
            circles(&[thread(1, Some("a"), &["b"]), thread(2, None, &["a"]), thread(3, Some("b"), &[])]).is_empty()
        );
    }

    #[test]
    fn readers_who_share_a_lock_may_be_in_two_circles() {
        let two = [thread(1, Some("r"), &["m", "n"]), thread(2, Some("m"), &["r"]), thread(3, Some("n"), &["r"])];
        assert_eq!(circles(&two), [[1, 2], [1, 3]]);
    }
}
