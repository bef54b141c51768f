//! Waiting for a moment, as exactly as the system allows.
//!
//! tokio's timer counts in milliseconds: it is late by 0.5 to 2 ms, more than many a response takes. A Linux timerfd wakes
//! the same event loop within tens of microseconds. Elsewhere tokio's timer has to do, and the report says which one it was.

pub(crate) use imp::Pacer;

#[cfg(target_os = "linux")]
mod imp {
    use rustix::{
        fd::OwnedFd,
        time::{
            Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
        },
    };
    use std::{
        io,
        time::{Duration, Instant},
    };
    use tokio::io::{Interest, unix::AsyncFd};

    pub(crate) struct Pacer {
        timer: AsyncFd<OwnedFd>,
    }

    impl Pacer {
        pub(crate) const TIMER: &str = "timerfd";

        /// Must be called inside the runtime that will wait.
        #[expect(
            deprecated,
            reason = "Its successor is an unsafe function, and this workspace has no unsafe code. What it is deprecated \
                      for, a type whose descriptor changes or closes while registered, an OwnedFd cannot do."
        )]
        pub(crate) fn new() -> io::Result<Self> {
            let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
            Ok(Self { timer: AsyncFd::with_interest(timer, Interest::READABLE)? })
        }

        /// Returns at `deadline` or as soon after it as we are woken, never before it.
        pub(crate) async fn until(&self, deadline: Instant) -> io::Result<()> {
            // A zero time would disarm the timer, so a deadline that has come must not reach it.
            while let Some(left) = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
                // Arming forgets what was readable, in the kernel and here; the next expiry is an edge of its own. So nobody needs to
                // read the count of expiries, which would be a system call for each request.
                self.arm(left)?;
                self.timer.readable().await?.clear_ready();
            }
            Ok(())
        }

        fn arm(&self, left: Duration) -> io::Result<()> {
            let once = Timespec { tv_sec: 0, tv_nsec: 0 };
            let left = Timespec::try_from(left).map_err(io::Error::other)?;
            let spec = Itimerspec { it_interval: once, it_value: left };
            timerfd_settime(self.timer.get_ref(), TimerfdTimerFlags::empty(), &spec)?;
            Ok(())
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    use std::{io, time::Instant};

    pub(crate) struct Pacer;

    impl Pacer {
        pub(crate) const TIMER: &str = "tokio";

        pub(crate) fn new() -> io::Result<Self> {
            Ok(Self)
        }

        pub(crate) async fn until(&self, deadline: Instant) -> io::Result<()> {
            tokio::time::sleep_until(deadline.into()).await;
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[test]
    fn never_returns_early_and_never_hangs_on_the_past() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let pacer = Pacer::new().unwrap();
            let start = Instant::now();
            for us in [0, 1, 300, 300, 200, 2_500] {
                let deadline = start + Duration::from_micros(us);
                pacer.until(deadline).await.unwrap();
                assert!(Instant::now() >= deadline);
            }
        });
    }
}
