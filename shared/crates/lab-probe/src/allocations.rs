//! A counting allocator: the deterministic grader of every lab about memory.

#![allow(unsafe_code, reason = "GlobalAlloc is an unsafe trait; every call goes straight to the system's allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BYTES_REQUESTED: AtomicU64 = AtomicU64::new(0);
static LIVE: AtomicU64 = AtomicU64::new(0);
static PEAK: AtomicU64 = AtomicU64::new(0);

/// The system's allocator with counters in front. Install it as the `#[global_allocator]` of a program.
#[derive(Debug, Clone, Copy, Default)]
pub struct CountingAllocator;

// SAFETY: each method passes its arguments on to `System` unchanged and returns what it returns.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        requested(layout.size());
        // SAFETY: the caller keeps `GlobalAlloc::alloc`'s contract, which is `System`'s.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        requested(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as u64, Relaxed);
        // SAFETY: as above; `block` came from `System`.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // A growing block asks for its whole new size: that is what gets copied when it cannot grow in place.
        requested(new_size);
        LIVE.fetch_sub(layout.size() as u64, Relaxed);
        // SAFETY: as above.
        unsafe { System.realloc(block, layout, new_size) }
    }
}

fn requested(bytes: usize) {
    let bytes = bytes as u64;
    ALLOCATIONS.fetch_add(1, Relaxed);
    BYTES_REQUESTED.fetch_add(bytes, Relaxed);
    let live = LIVE.fetch_add(bytes, Relaxed) + bytes;
    PEAK.fetch_max(live, Relaxed);
}

/// What a piece of work asked of the allocator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Allocations {
    /// Calls of alloc and realloc.
    pub count: u64,
    /// Bytes requested by those calls, a realloc with its whole new size.
    pub bytes_requested: u64,
    /// Most bytes live at once, above what was live before.
    pub peak_bytes: u64,
    /// Bytes still live afterwards, above what was live before; what the work returned is among them.
    pub retained_bytes: i64,
}

/// Runs `work` and counts what the whole process asks of the allocator meanwhile. All zero when [`CountingAllocator`] is not
/// installed. Other threads count too: nothing else may run.
pub fn count<T>(work: impl FnOnce() -> T) -> (T, Allocations) {
    let (allocations, bytes, live) = (ALLOCATIONS.load(Relaxed), BYTES_REQUESTED.load(Relaxed), LIVE.load(Relaxed));
    PEAK.store(live, Relaxed);
    let result = work();
    let counted = Allocations {
        count: ALLOCATIONS.load(Relaxed) - allocations,
        bytes_requested: BYTES_REQUESTED.load(Relaxed) - bytes,
        peak_bytes: PEAK.load(Relaxed).saturating_sub(live),
        retained_bytes: LIVE.load(Relaxed) as i64 - live as i64,
    };
    (result, counted)
}

/// Bytes live now.
pub fn live_bytes() -> u64 {
    LIVE.load(Relaxed)
}

/// Starts a new peak from what is live now and returns that; read the peak with [`peak_bytes`].
pub fn reset_peak() -> u64 {
    let live = LIVE.load(Relaxed);
    PEAK.store(live, Relaxed);
    live
}

/// Most bytes live at once since the last [`reset_peak`].
pub fn peak_bytes() -> u64 {
    PEAK.load(Relaxed)
}
