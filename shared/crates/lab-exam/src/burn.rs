//! Load made on purpose: processes that never stop using a core and the memory's bandwidth.

use std::hint::black_box;
use std::time::Instant;

use lab_harness::emit;
use lab_harness::results::Record;
use orderflow::random::SplitMix64;

/// Uses one core until the process is ended: by turns it computes, streams through 64 MiB, and rests for a few milliseconds, as
/// somebody's browser and compiler do. `number` makes each process another.
pub fn forever(number: u64) -> ! {
    let mut random = SplitMix64::new(number);
    let mut memory = vec![1u64; 1 << 23];
    emit(&Record::Note { text: "burning".into() });
    loop {
        let until = 5 + random.below(200) as u128;
        let started = Instant::now();
        let streams = random.below(2) == 0;
        while started.elapsed().as_millis() < until {
            if streams {
                let odd = random.next_u64() | 1;
                memory.iter_mut().for_each(|word| *word = word.wrapping_mul(odd));
            } else {
                black_box((0..100_000u64).fold(1, |x: u64, i| x.wrapping_mul(31).wrapping_add(i)));
            }
        }
        std::thread::sleep(std::time::Duration::from_millis(random.below(8)));
    }
}
