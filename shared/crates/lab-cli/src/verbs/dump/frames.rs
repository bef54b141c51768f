//! Frames as people can read them: plain names, what is not ours folded away, and what a thread does in words.

use super::view::{Frame, Thread};

/// The program that runs every lab, and what it measures with: of no interest to whoever looks at a lab.
const RUNNERS: [&str; 3] = ["lab_harness", "lab_probe", "lab_service"];

/// What a thread waits for, by a function that it is in before any code of the program's own; the first that fits.
const WAITS: [(&str, &str); 23] = [
    ("scheduler::multi_thread::worker::Context::park", "idle: a worker of tokio's without a task to poll"),
    ("scheduler::current_thread::Context::park", "idle: tokio without a task to poll"),
    ("runtime::park::CachedParkThread::block_on", "waits for the future that it was given to block on"),
    ("sync::mutex::futex::Mutex::lock_contended", "waits for a Mutex"),
    ("sync::rwlock::futex::RwLock::read_contended", "waits to read an RwLock"),
    ("sync::rwlock::futex::RwLock::write_contended", "waits to write to an RwLock"),
    ("JoinHandle::join", "waits for the end of another thread"),
    ("Thread::join", "waits for the end of another thread"),
    ("Barrier::wait", "waits at a barrier"),
    ("Receiver::recv", "waits for a message"),
    ("flume::", "waits for a message"),
    ("Condvar::wait", "waits to be woken"),
    ("thread::functions::park", "waits to be woken"),
    ("thread::functions::sleep", "sleeps"),
    ("clock_nanosleep", "sleeps"),
    ("epoll_wait", "waits for sockets and timers"),
    ("futex_wait", "waits to be woken"),
    ("libc_read", "waits for input"),
    ("libc_write", "writes"),
    ("fdatasync", "waits for the disk"),
    ("libc_accept", "waits for a connection"),
    ("libc_recv", "waits for a socket"),
    ("libc_poll", "waits for file descriptors"),
];

/// What is shown of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A frame of the program's own, by its place in the stack.
    Own(usize),
    /// Frames that are not: how many, whose they are, and what their caller called.
    Folded { frames: usize, crates: Vec<String>, called: Option<String> },
}

/// Words for what a thread does.
pub fn doing(thread: &Thread) -> String {
    if let Some(wait) = &thread.waits {
        let lock = wait.lock.as_deref().map_or("a lock".into(), |lock| format!("the {} {lock}", of_kind(&wait.kind)));
        return format!("waits for {lock}");
    }
    let functions: Vec<String> =
        thread.frames.iter().map_while(|frame| (!is_shown(frame)).then(|| name(frame))).collect();
    let first_of_a_package = functions.iter().find(|function| !is_of_the_system(function));
    if first_of_a_package.is_some_and(|function| function.contains("blocking::pool::Inner::run")) {
        return "idle: waits for blocking work of tokio's".into();
    }
    let is_in = |part: &str| functions.iter().any(|function| function.contains(part));
    WAITS.iter().find(|(function, _)| is_in(function)).map_or_else(
        || if is_in("syscall") { "in a system call".into() } else { "runs".into() },
        |(_, words)| (*words).into(),
    )
}

/// `Mutex`, `RwLock for reading`, `RwLock for writing`.
pub fn of_kind(kind: &str) -> &str {
    match kind {
        "RwLockRead" => "RwLock (to read)",
        "RwLockWrite" => "RwLock (to write)",
        other => other,
    }
}

/// A stack with everything folded that is not the program's own.
pub fn folded(frames: &[Frame]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = 0;
    while start < frames.len() {
        let hidden = frames[start..].iter().take_while(|frame| !is_shown(frame)).count();
        let end = start + hidden;
        if hidden > 0 {
            let mut crates: Vec<String> = Vec::new();
            for krate in frames[start..end].iter().map(krate) {
                if !crates.contains(&krate) {
                    crates.push(krate);
                }
            }
            // Only what our own code called says something about it; who called that is always the same.
            let called = frames.get(end).and(frames[..end].last()).map(name);
            lines.push(Line::Folded { frames: hidden, crates, called: called.filter(|_| start == 0) });
        }
        if end < frames.len() {
            lines.push(Line::Own(end));
        }
        start = end + 1;
    }
    lines
}

/// The name of a frame's function.
pub fn name(frame: &Frame) -> String {
    frame.function.as_deref().map_or("??".into(), plain)
}

/// `argon2-0.6.0/src/lib.rs:341`, `labs/lab-03/src/sign_in.rs:16`.
pub fn place(frame: &Frame) -> String {
    let Some(file) = &frame.file else { return String::new() };
    // A path to a package's source is as long as it is uninteresting.
    let short = file
        .split_once("/registry/src/")
        .and_then(|(_, rest)| rest.split_once('/'))
        .map_or(file.as_str(), |(_, rest)| rest);
    frame.line.map_or(short.into(), |line| format!("{short}:{line}"))
}

fn is_shown(frame: &Frame) -> bool {
    frame.own && !RUNNERS.contains(&krate(frame).as_str())
}

fn krate(frame: &Frame) -> String {
    let name = name(frame);
    match name.split_once("::") {
        Some(("core" | "alloc" | "std", _)) => "std".into(),
        // `&mut [argon2::Block]` has a method, too.
        Some((krate, _)) => krate.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or(krate).into(),
        None => frame.shared_library.as_deref().and_then(|path| path.rsplit('/').next()).unwrap_or("C").into(),
    }
}

fn is_of_the_system(function: &str) -> bool {
    !function.contains("::") || ["std::", "core::", "alloc::"].iter().any(|krate| function.starts_with(krate))
}

/// A function's name without generics, numbered `impl` blocks and the linker's hash; `<A as B>::f` is `A::f`.
pub fn plain(function: &str) -> String {
    let function = match function.rsplit_once("::h") {
        Some((before, hash)) if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => before,
        _ => function,
    };
    let unwrapped = function.strip_prefix('<').and_then(|rest| {
        let end = closing(rest)?;
        let kind = rest[..end].rsplit_once(" as ").map_or(&rest[..end], |(kind, _)| kind);
        Some(format!("{kind}{}", &rest[end + 1..]))
    });
    let mut plain = String::new();
    let mut depth = 0_u32;
    for character in unwrapped.as_deref().unwrap_or(function).replace("->", "").chars() {
        match character {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            other if depth == 0 => plain.push(other),
            _ => {}
        }
    }
    let segments = plain.split("::").filter(|segment| !segment.is_empty() && !segment.starts_with("{impl#"));
    segments.collect::<Vec<_>>().join("::")
}

/// Where the bracket closes that was opened before this text.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    text.char_indices().find_map(|(at, character)| {
        match character {
            '<' => depth += 1,
            '>' if text[..at].ends_with('-') => {}
            '>' if depth == 0 => return Some(at),
            '>' => depth -= 1,
            _ => {}
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(function: &str, own: bool) -> Frame {
        Frame { function: Some(function.into()), own, ..Frame::default() }
    }

    #[test]
    fn names_lose_what_nobody_wants_to_read() {
        for (function, expected) in [
            ("tokio::runtime::io::driver::Driver::turn::hc4e94d7bb7e69068", "tokio::runtime::io::driver::Driver::turn"),
            (
                "<tokio::runtime::blocking::task::BlockingTask<T> as core::future::future::Future>::poll::hf0d0dca98732f09d",
                "tokio::runtime::blocking::task::BlockingTask::poll",
            ),
            ("lab::server::{impl#1}::serve::{closure#0}<fn(u8) -> u16, ()>", "lab::server::serve::{closure#0}"),
            (
                "std::sync::poison::mutex::Mutex<alloc::vec::Vec<i64>>::lock<i64>",
                "std::sync::poison::mutex::Mutex::lock",
            ),
            ("sqlite3Step", "sqlite3Step"),
        ] {
            assert_eq!(plain(function), expected);
        }
    }

    #[test]
    fn a_stack_shows_ours_and_what_ours_called() {
        let frames = [
            frame("__memcpy", false),
            frame("<&mut [argon2::Block]>::fill", false),
            frame("argon2::verify", false),
            frame("lab_03::sign_in", true),
            frame("lab_probe::polls::poll", true),
            frame("axum::call", false),
            frame("lab_03::main", true),
            frame("std::rt::lang_start", false),
        ];
        let lines = folded(&frames);
        let fold = |frames, crates: &[&str], called: Option<&str>| Line::Folded {
            frames,
            crates: crates.iter().map(|krate| krate.to_string()).collect(),
            called: called.map(Into::into),
        };
        assert_eq!(
            lines,
            [
                fold(3, &["C", "argon2"], Some("argon2::verify")),
                Line::Own(3),
                fold(2, &["lab_probe", "axum"], None),
                Line::Own(6),
                fold(1, &["std"], None),
            ]
        );
    }

    #[test]
    fn what_a_thread_does_follows_from_where_it_is() {
        let of = |functions: &[&str]| {
            let frames = functions.iter().map(|function| frame(function, function.starts_with("lab"))).collect();
            doing(&Thread { frames, ..Thread::default() })
        };
        let park = "tokio::runtime::scheduler::multi_thread::worker::Context::park_internal::he9d4ccda812ee977";
        assert_eq!(of(&["epoll_wait", park]), "idle: a worker of tokio's without a task to poll");
        let pool = "tokio::runtime::blocking::pool::Inner::run";
        assert_eq!(
            of(&["syscall", "std::sys::sync::condvar::futex::Condvar::wait", pool]),
            "idle: waits for blocking work of tokio's"
        );
        // What it was called by is not what it does.
        assert_eq!(of(&["argon2::fill", "lab_03::sign_in", "tokio::Context::run", pool]), "runs");
        assert_eq!(of(&["__GI___clock_nanosleep", "std::thread::functions::sleep", "lab::main"]), "sleeps");
    }
}
