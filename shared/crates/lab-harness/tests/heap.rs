//! A heap profile names who asked for memory. Needs the feature `heap`.

use std::hint::black_box;

use lab_harness::results::Record;

#[global_allocator]
static ALLOCATOR: lab_harness::Allocator = lab_harness::ALLOCATOR;

#[inline(never)]
fn request_a_kilobyte() -> Vec<u8> {
    black_box(Vec::with_capacity(1024))
}

#[test]
fn the_site_is_named_and_its_counts_are_exact() {
    let out = std::env::temp_dir().join(format!("lab-harness-heap-{}", std::process::id()));
    let before = black_box(request_a_kilobyte());
    let profiler = lab_harness::heap::start(&out).expect("starts");
    let mut kept = Vec::with_capacity(10);
    for i in 0..100 {
        let block = request_a_kilobyte();
        if i < 10 {
            kept.push(block);
        }
    }
    let record = profiler.finish().expect("finishes");
    drop((before, kept));
    let Record::Heap { file, total_bytes, total_blocks, peak_bytes, end_bytes, end_blocks, sites, svg } = record else {
        panic!("{record:?}")
    };
    assert!(std::fs::metadata(&file).expect("the file is kept").len() > 0);
    let picture = std::fs::read_to_string(&svg).expect("the flamegraph is kept");
    assert!(picture.contains("Bytes requested") && picture.contains("request_a_kilobyte"), "{svg}");
    assert!(!picture.contains("__rust_alloc"), "the allocator is not what a reader looks for");
    std::fs::remove_dir_all(&out).expect("removes");

    let site = sites.iter().find(|site| site.frames[0].contains("request_a_kilobyte")).expect("the function is named");
    assert_eq!((site.bytes, site.blocks), (100 * 1024, 100), "what was there before is not counted");
    assert_eq!(site.end_bytes, 10 * 1024, "ten were kept");
    assert_eq!(site.peak_bytes, 11 * 1024, "and an eleventh was there with them");
    assert!(site.frames[0].contains("tests/heap.rs:"), "{:?}", site.frames);
    // The test's runner may allocate beside us, but nothing may be missing.
    assert!(total_bytes >= 100 * 1024 && total_blocks >= 100);
    assert!((11 * 1024..total_bytes).contains(&peak_bytes), "{peak_bytes}");
    assert!((10 * 1024..peak_bytes).contains(&end_bytes) && end_blocks >= 10, "{end_bytes} in {end_blocks}");
    assert_eq!(sites.iter().map(|site| site.bytes).sum::<u64>(), total_bytes, "no site is left out");
    assert!(sites.is_sorted_by_key(|site| std::cmp::Reverse(site.bytes)));
}
