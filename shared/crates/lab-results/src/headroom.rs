//! How long memory lasts where something is left behind.

use crate::gate::figure;

/// What may be held, and how fast requests come.
#[derive(Debug, Clone, Copy)]
pub struct Headroom {
    /// The limit, in MiB.
    pub mib: f64,
    /// Requests for each second.
    pub requests_per_second: f64,
}

const MIB: f64 = 1_048_576.0;
const SECONDS_OF_A_DAY: f64 = 86_400.0;

impl Headroom {
    /// Days until the limit is reached, by what was live after so many requests, at two sizes at least: the slope between the last two. Nothing
    /// where less than a byte for each request is left behind.
    pub fn days(&self, live: &[(f64, f64)]) -> Option<f64> {
        let bytes = bytes_per_request(live).filter(|bytes| *bytes >= 1.0)?;
        Some(self.mib / self.mib_a_day(bytes))
    }

    /// The same for people.
    pub fn words(&self, live: &[(f64, f64)]) -> String {
        let Some(bytes) = bytes_per_request(live) else { return "One size alone tells no growth.".into() };
        let Some(days) = self.days(live).map(figure) else {
            let requests = live.last().map_or(0.0, |(requests, _)| *requests);
            return format!("Up to {} requests nothing more is left behind: no limit comes nearer.", figure(requests));
        };
        format!(
            "Each request leaves {} B behind. At {} requests a second that is {} MiB a day: {} MiB are full after {days} days. A restart \
             gives them back, and {days} days later they are full again.",
            figure(bytes),
            figure(self.requests_per_second),
            figure(self.mib_a_day(bytes)),
            figure(self.mib),
        )
    }

    fn mib_a_day(&self, bytes_per_request: f64) -> f64 {
        bytes_per_request * self.requests_per_second * SECONDS_OF_A_DAY / MIB
    }
}

fn bytes_per_request(live: &[(f64, f64)]) -> Option<f64> {
    let [.., (fewer, before), (more, after)] = live else { return None };
    Some((after - before) / (more - fewer))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Headroom = Headroom { mib: 864.0, requests_per_second: 10.0 };

    #[test]
    fn a_leak_fills_its_room_by_its_slope_and_not_by_what_was_there_before() {
        // 100 bytes for each of 864,000 requests a day, above a table of 5 MB.
        let live = [1_000.0, 2_000.0, 4_000.0].map(|n| (n, 5e6 + 100.0 * n));
        let days = ROOM.days(&live).expect("it grows");
        assert!((days - 10.48576).abs() < 1e-9, "{days}");
        let words = ROOM.words(&live);
        assert!(words.contains("leaves 100 B behind") && words.contains("82.4 MiB a day: 864 MiB"), "{words}");
        assert!(words.contains("after 10.5 days. A restart gives them back, and 10.5 days later"), "{words}");
        assert_eq!(ROOM.days(&live[2..]), None, "what was there before cannot be told from what was left behind");
        assert_eq!(ROOM.words(&live[2..]), "One size alone tells no growth.");
    }

    #[test]
    fn what_does_not_grow_is_never_full() {
        for live in [&[(10.0, 5e6), (20.0, 5e6)][..], &[(10.0, 5e6), (20.0, 4e6)], &[(1_000.0, 900.0)], &[]] {
            assert_eq!(ROOM.days(live), None, "{live:?}");
        }
        assert!(ROOM.words(&[(10.0, 7.0), (2_000.0, 7.0)]).starts_with("Up to 2,000 requests nothing more"));
    }
}
