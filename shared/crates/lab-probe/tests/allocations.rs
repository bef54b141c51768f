//! One test in a program of its own, because the allocator counts the whole process.

use lab_probe::allocations::{CountingAllocator, count};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[test]
fn counts_are_exact() {
    let (block, counted) = count(|| Vec::<u8>::with_capacity(1_000));
    assert_eq!((counted.count, counted.bytes_requested, counted.peak_bytes), (1, 1_000, 1_000));
    assert_eq!(counted.retained_bytes, 1_000);
    drop(block);

    let ((), counted) = count(|| {
        let mut block = Vec::<u8>::with_capacity(100);
        block.reserve_exact(300);
        drop(block);
    });
    assert_eq!((counted.count, counted.bytes_requested, counted.retained_bytes), (2, 400, 0));
}
