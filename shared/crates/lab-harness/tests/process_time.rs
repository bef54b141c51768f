//! One test in a program of its own, because it reads the CPU time of the whole process.

use std::hint::black_box;
use std::process::Command;
use std::time::Duration;

use lab_harness::pairing::{Clock, Sampling, Side, collect};
use lab_harness::results::stats;

fn spin(n: u64) {
    let mut x = 1u64;
    for i in 0..n {
        x = black_box(x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(i));
    }
}

#[test]
fn work_on_a_thread_or_in_a_process_of_its_own_costs_what_it_costs_and_a_wait_is_seen_by_the_wall() {
    let median = |second: fn(u64)| {
        let sampling = Sampling { pairs: 20, clock: Some(Clock::ProcessCpu), ..Sampling::new(5) };
        let pairs = collect(&sampling, |side, _| if side == Side::First { spin(2_000_000) } else { second(500_000) });
        stats::median(&pairs.log_ratios).expect("there are pairs").exp()
    };
    // Loose on purpose: how exact a ratio is belongs to `lab dev measure-judge`, not to a test.
    let here = median(spin);
    assert!((2.0..8.0).contains(&here), "a quarter of the work: {here}");
    let elsewhere = median(|n| std::thread::spawn(move || spin(n)).join().expect("it does not panic"));
    assert!((2.0..8.0).contains(&elsewhere), "the same on a thread of its own: {elsewhere}");
    let child = median(|_| {
        let loops = "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done";
        assert!(Command::new("sh").args(["-c", loops]).status().expect("sh runs").success());
    });
    assert!(child < 1.0, "a child process that counts to 30,000 is more work: {child}");
    let sampling = Sampling { pairs: 8, clock: Some(Clock::ProcessCpu), ..Sampling::new(5) };
    let waits = collect(&sampling, |side, _| {
        spin(500_000);
        if side == Side::Second {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let ratio = |log_ratios: &[f64]| stats::median(log_ratios).expect("there are pairs").exp();
    let [cpu, wall] =
        [&waits.log_ratios, &waits.wall.expect("another clock was read").log_ratios].map(|logs| ratio(logs));
    assert!(cpu > 0.5 && wall < 0.5, "20 ms of waiting: {cpu} by CPU time, {wall} by the wall");
}
