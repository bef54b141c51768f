//! A CPU profile names what uses the CPU. Needs the feature `profile`.

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use lab_harness::probe::thread_cpu_time;
use lab_harness::results::Record;

/// Burns CPU time, not wall time: the number of samples does not depend on what else the machine does.
#[inline(never)]
fn spell_numbers_out(cpu: Duration) {
    let until = thread_cpu_time() + cpu;
    while thread_cpu_time() < until {
        for number in 0..1_000 {
            black_box(format!("{number:>12}"));
        }
    }
}

/// One test for all, because a process has one profiling timer.
#[test]
fn the_busy_function_is_named_and_an_idle_one_is_an_error() {
    let out = std::env::temp_dir().join(format!("lab-harness-profile-{}", std::process::id()));

    let idle = lab_harness::profile::start().expect("starts").finish(&out).expect_err("nothing was sampled");
    assert!(idle.to_string().contains("--seconds"), "{idle}");

    for _ in 0..2 {
        let profiler = lab_harness::profile::start().expect("starts again");
        let second = lab_harness::profile::start().map(drop).expect_err("a process has one timer");
        assert!(format!("{second:#}").contains("another CPU profile"), "{second:#}");
        spell_numbers_out(Duration::from_millis(500));
        check(profiler.finish(&out).expect("finishes"));
    }
    std::fs::remove_dir_all(&out).expect("removes");
}

fn check(record: Record) {
    let Record::Profile { svg, folded, pprof, samples, top, cpu_ms, .. } = record else { panic!("{record:?}") };
    // 199 in a second were asked for; a slow tick may give half of them.
    assert!(samples >= 40, "{samples} samples in half a second of CPU time");

    assert!((250.0..=5_000.0).contains(&cpu_ms), "{cpu_ms} ms of CPU time for half a second of one busy thread");

    let stacks = std::fs::read_to_string(&folded).expect("reads");
    let counted: Vec<(&str, u64)> = stacks
        .lines()
        .map(|line| line.rsplit_once(' ').expect("stack and count"))
        .map(|(stack, count)| (stack, count.parse().expect("a count")))
        .collect();
    assert_eq!(counted.iter().map(|(_, count)| count).sum::<u64>(), samples);
    let named: u64 =
        counted.iter().filter(|(stack, _)| stack.contains("spell_numbers_out")).map(|(_, count)| count).sum();
    assert!(named as f64 >= 0.8 * samples as f64, "{named} of {samples} samples name the busy function:\n{stacks}");
    assert!(!stacks.contains("__rust_begin_short_backtrace"), "the runner is left out:\n{stacks}");

    let drawing = std::fs::read_to_string(&svg).expect("reads");
    assert!(drawing.contains("<svg") && drawing.contains("spell_numbers_out"));
    let pprof = std::fs::read(pprof.expect("a path")).expect("reads");
    assert!(pprof.starts_with(&[0x1f, 0x8b]), "it is gzipped");
    assert!(Path::new(&svg).ends_with("flamegraph.svg") && Path::new(&folded).ends_with("stacks.folded"));
    assert!(!top.is_empty() && top.is_sorted_by(|a, b| a.1 >= b.1), "{top:?}");
    assert!(top.iter().all(|(_, share)| (0.0..=1.0).contains(share)), "{top:?}");
}
