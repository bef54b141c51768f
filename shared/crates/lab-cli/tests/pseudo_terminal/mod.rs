//! A terminal without a person: a pseudo-terminal whose bytes go through an emulator, so that a test sees what a person would see.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZero;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::checkout::processes;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{Winsize, tcgetattr, tcsetwinsize};

/// Nothing here takes long; a machine that is busy with something else may.
const PATIENCE: Duration = Duration::from_secs(180);

pub struct Terminal {
    keyboard: File,
    /// The program's end: its modes can be asked after the program ended.
    line: File,
    modes_before: String,
    seen: Arc<Mutex<Seen>>,
    reader: JoinHandle<()>,
    is_open: Arc<AtomicBool>,
    child: Child,
}

struct Seen {
    emulator: vt100::Parser,
    bytes: Vec<u8>,
}

impl Terminal {
    /// Runs a command on a terminal of its own, which also controls it where `is_controlling`.
    pub fn run(command: &Command, columns: u16, rows: u16, is_controlling: bool) -> Self {
        processes::take_the_defaults_for_our_children();
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
        let master = openpt(flags).expect("a pseudo-terminal");
        grantpt(&master).and_then(|()| unlockpt(&master)).expect("unlocked");
        let line = File::from(ioctl_tiocgptpeer(&master, flags | OpenptFlags::CLOEXEC).expect("its other end"));
        rustix::io::fcntl_setfd(&master, rustix::io::FdFlags::CLOEXEC).expect("not inherited");
        let keyboard = File::from(master);
        resize(&keyboard, columns, rows);
        let end = || Stdio::from(line.try_clone().expect("another handle"));
        let mut on_terminal = Command::new("setsid");
        on_terminal.args(is_controlling.then_some("--ctty")).arg(command.get_program()).args(command.get_args());
        for (key, value) in command.get_envs() {
            match value {
                Some(value) => on_terminal.env(key, value),
                None => on_terminal.env_remove(key),
            };
        }
        on_terminal.current_dir(command.get_current_dir().expect("a folder")).env("TERM", "xterm-256color");
        let modes_before = modes(&line);
        let child = on_terminal.stdin(end()).stdout(end()).stderr(end()).spawn().expect("setsid runs");
        let seen = Arc::new(Mutex::new(Seen {
            emulator: vt100::Parser::new(some(rows), some(columns), 0),
            bytes: Vec::new(),
        }));
        let is_open = Arc::new(AtomicBool::new(true));
        let screen = keyboard.try_clone().expect("another handle");
        let (sees, stays) = (seen.clone(), is_open.clone());
        let reader = std::thread::spawn(move || look(screen, &sees, &stays));
        Terminal { keyboard, line, modes_before, seen, reader, is_open, child }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("typed");
    }

    pub fn resize(&self, columns: u16, rows: u16) {
        self.seen
            .lock()
            .expect("no test panics with this lock")
            .emulator
            .screen_mut()
            .set_size(some(rows), some(columns));
        resize(&self.keyboard, columns, rows);
    }

    /// The rows as they are now.
    pub fn rows(&self) -> Vec<String> {
        self.with_screen(|screen| screen.rows(0, screen.size().1.get()).collect())
    }

    /// All bytes that the program wrote.
    pub fn bytes(&self) -> Vec<u8> {
        self.seen.lock().expect("no test panics with this lock").bytes.clone()
    }

    pub fn is_alternate(&self) -> bool {
        self.with_screen(vt100::Screen::alternate_screen)
    }

    /// Waits until the rows are as they should be, and returns them.
    pub fn wait_until(&mut self, what: &str, is_so: impl Fn(&[String]) -> bool) -> Vec<String> {
        let until = Instant::now() + PATIENCE;
        loop {
            let rows = self.rows();
            if is_so(&rows) {
                return rows;
            }
            if Instant::now() > until || self.child.try_wait().expect("asked").is_some() {
                panic!("{what} was not seen on\n{}", self.rows().join("\n"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn wait_for(&mut self, text: &str) -> Vec<String> {
        self.wait_until(text, |rows| rows.iter().any(|row| row.contains(text)))
    }

    /// Waits for the program's end.
    pub fn wait(&mut self) -> ExitStatus {
        wait(&mut self.child)
    }

    /// Takes the terminal away, as closing its window does. The program is still running.
    pub fn vanish(self) -> Child {
        self.is_open.store(false, SeqCst);
        self.reader.join().expect("it ends");
        self.child
    }

    pub fn assert_in_order(&self, what: &str) {
        assert_eq!(modes(&self.line), self.modes_before, "{what}: the terminal's modes");
        // The last bytes may still be on their way through the emulator.
        let until = Instant::now() + PATIENCE;
        let is_in_order = || self.with_screen(|screen| !screen.alternate_screen() && !screen.hide_cursor());
        while !is_in_order() {
            assert!(Instant::now() < until, "{what}: alternate screen or hidden cursor after the end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn with_screen<T>(&self, ask: impl FnOnce(&vt100::Screen) -> T) -> T {
        ask(self.seen.lock().expect("no test panics with this lock").emulator.screen())
    }
}

fn look(mut screen: File, sees: &Mutex<Seen>, stays: &AtomicBool) {
    let limit = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
    let mut buffer = [0; 4096];
    while stays.load(SeqCst) {
        if !matches!(poll(&mut [PollFd::new(&screen, PollFlags::IN)], Some(&limit)), Ok(1..)) {
            continue;
        }
        let Ok(read @ 1..) = screen.read(&mut buffer) else { return };
        let mut seen = sees.lock().expect("no test panics with this lock");
        seen.emulator.process(&buffer[..read]);
        seen.bytes.extend_from_slice(&buffer[..read]);
    }
}

/// Waits for a program's end, which must come.
pub fn wait(child: &mut Child) -> ExitStatus {
    let until = Instant::now() + PATIENCE;
    loop {
        match child.try_wait().expect("asked") {
            Some(status) => return status,
            None if Instant::now() > until => {
                let _ = child.kill();
                panic!("it does not end");
            }
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

fn some(cells: u16) -> NonZero<u16> {
    NonZero::new(cells).expect("a size is not zero")
}

fn modes(line: &File) -> String {
    let modes = tcgetattr(line).expect("a terminal");
    format!("{:?} {:?} {:?} {:?}", modes.input_modes, modes.output_modes, modes.control_modes, modes.local_modes)
}

fn resize(master: &File, columns: u16, rows: u16) {
    tcsetwinsize(master, Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).expect("resized");
}
