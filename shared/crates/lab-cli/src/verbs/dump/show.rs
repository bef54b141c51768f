//! A view of threads as text.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::View;
use super::frames::{Line, folded, name, of_kind, place};
use super::view::{Frame, Hold, Thread};
use lab_core::terminal::{BAD, GOOD, HEADING, QUIET, WARN, paint, width};

/// Everything that is known, with styles.
pub fn text(view: &View) -> String {
    let mut text = String::new();
    let still = view.stood_still_ms.map(|ms| format!(", stood still for {ms:.0} ms")).unwrap_or_default();
    let of = view.pid.map_or("from a core".into(), |pid| format!("process {pid}{still}"));
    let _ = writeln!(text, "{}  {} threads; {of}\n", paint(HEADING, &view.program), view.threads.len());
    for group in groups(&view.threads) {
        write_group(&mut text, &group);
    }
    write_locks(&mut text, &view.threads);
    for cycle in &view.cycles {
        let _ = writeln!(text, "{}", paint(BAD, "DEADLOCK: each of these waits for the next"));
        for step in cycle {
            let called = |number| view.threads.iter().find(|thread| thread.number == number).map_or("?".into(), called);
            let (waits, holder) = (called(step.thread), called(step.held_by));
            let _ = writeln!(text, "  {waits} waits for {}, which {holder} holds", step.waits_for);
        }
        text.push('\n');
    }
    for note in &view.notes {
        let _ = writeln!(text, "{}", paint(QUIET, note));
    }
    text
}

/// Threads that cannot be told apart are shown once.
fn groups(threads: &[Thread]) -> Vec<Vec<&Thread>> {
    let mut groups: Vec<(String, Vec<&Thread>)> = Vec::new();
    for thread in threads {
        let places: Vec<String> = shown(thread).map(|frame| name(frame) + &place(frame)).collect();
        let key = format!("{}{}", thread.doing, places.join("\n"));
        match groups.iter_mut().find(|(known, _)| *known == key && thread.holds.is_empty() && thread.waits.is_none()) {
            Some((_, group)) => group.push(thread),
            None => groups.push((key, vec![thread])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

fn shown(thread: &Thread) -> impl Iterator<Item = &Frame> {
    let lines = folded(&thread.frames).into_iter();
    lines.filter_map(|line| if let Line::Own(at) = line { thread.frames.get(at) } else { None })
}

fn write_group(text: &mut String, group: &[&Thread]) {
    let Some(first) = group.first() else { return };
    let shares: Vec<f64> = group.iter().filter_map(|thread| thread.cpu_share).collect();
    let share = match shares.iter().copied().reduce(f64::max) {
        Some(most) if group.len() > 1 => format!("at most {:.0}% of a processor each, ", most * 100.0),
        Some(share) => format!("{:.0}% of a processor, ", share * 100.0),
        None => String::new(),
    };
    let doing = match first.doing.as_str() {
        "runs" => paint(GOOD, "runs"),
        waits if first.waits.is_some() => paint(WARN, waits),
        other => other.into(),
    };
    let _ = writeln!(text, "{}  {share}{doing}", paint(HEADING, all_called(group)));
    let lines = folded(&first.frames);
    for (at, line) in lines.iter().enumerate() {
        match line {
            Line::Own(frame) => write_frame(text, &first.frames[*frame]),
            Line::Folded { frames, crates, called } => {
                let plural = if *frames == 1 { "" } else { "s" };
                let now = if at == 0 && first.doing == "runs" { innermost(&first.frames) } else { String::new() };
                let fold = paint(QUIET, format!("... {frames} frame{plural} of {}{now}", crates.join(", ")));
                let called = called.as_ref().map(|called| format!("{called}  ")).unwrap_or_default();
                let _ = writeln!(text, "    {called}{fold}");
            }
        }
    }
    for hold in &first.holds {
        let _ = writeln!(text, "    {}", held(hold, &first.frames));
    }
    for words in &first.unreadable {
        let _ = writeln!(text, "    {}", paint(QUIET, words));
    }
    text.push('\n');
}

/// Where exactly a thread is that runs.
fn innermost(frames: &[Frame]) -> String {
    let first = frames.iter().find(|frame| frame.function.is_some());
    first.map(|frame| format!(", now in {}", name(frame))).unwrap_or_default()
}

fn write_frame(text: &mut String, frame: &Frame) {
    let _ = writeln!(text, "    {}  {}", name(frame), paint(QUIET, place(frame)));
    let mut locals: BTreeMap<&str, &str> = BTreeMap::new();
    for local in &frame.locals {
        locals.entry(&local.name).or_insert(&local.value);
    }
    let locals: Vec<String> = locals.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    if !locals.is_empty() {
        let mut line = locals.join(", ");
        let room = width().saturating_sub(12).max(40);
        if let Some((cut, _)) = line.char_indices().nth(room) {
            line.replace_range(cut.., "...");
        }
        let _ = writeln!(text, "        {}", paint(QUIET, line));
    }
}

fn held(hold: &Hold, frames: &[Frame]) -> String {
    let by = frames.get(hold.frame).map(|frame| format!(", in {}", name(frame))).unwrap_or_default();
    let (kind, data) = (of_kind(&hold.kind), of_data(hold.data.as_deref()));
    format!("{} the {kind} {}{data}, with `{}`{by}", paint(WARN, "holds"), hold.lock, hold.variable)
}

/// ` of Vec<i64>`.
fn of_data(data: Option<&str>) -> String {
    data.map(|data| format!(" of {}", super::words::short_type(data))).unwrap_or_default()
}

/// Every lock that somebody waits for: who has it, and who wants it.
fn write_locks(text: &mut String, threads: &[Thread]) {
    let mut locks: BTreeMap<&str, (&str, Option<&str>)> = BTreeMap::new();
    for wait in threads.iter().filter_map(|thread| thread.waits.as_ref()) {
        if let Some(lock) = &wait.lock {
            locks.insert(lock, (wait.kind.trim_end_matches("Read").trim_end_matches("Write"), wait.data.as_deref()));
        }
    }
    for (lock, (kind, data)) in &locks {
        let names = |is: &dyn Fn(&Thread) -> bool| -> String {
            let names: Vec<String> = threads.iter().filter(|thread| is(thread)).map(called).collect();
            if names.is_empty() { "nobody that can be seen".into() } else { names.join(", ") }
        };
        let holders = names(&|thread| thread.holds.iter().any(|hold| hold.lock == **lock));
        let waiting = names(&|thread| thread.waits.as_ref().is_some_and(|wait| wait.lock.as_deref() == Some(*lock)));
        let _ = writeln!(text, "{kind} {lock}{}: held by {holders}; wanted by {waiting}", of_data(*data));
    }
    if !locks.is_empty() {
        text.push('\n');
    }
}

/// `3, 4 tokio-rt-worker`.
fn all_called(group: &[&Thread]) -> String {
    let numbers: Vec<String> = group.iter().map(|thread| thread.number.to_string()).collect();
    let mut names: Vec<&str> = group.iter().filter_map(|thread| thread.name.as_deref()).collect();
    names.dedup();
    match (group, names.as_slice()) {
        ([only], _) => called(only),
        (_, []) => numbers.join(", "),
        _ => format!("{} {}", numbers.join(", "), names.join(", ")),
    }
}

/// `3 tokio-rt-worker`.
fn called(thread: &Thread) -> String {
    match &thread.name {
        Some(name) => format!("{} {name}", thread.number),
        None => format!("{} (LWP {})", thread.number, thread.lwp),
    }
}
