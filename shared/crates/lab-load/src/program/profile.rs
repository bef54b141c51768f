//! How the rate of a run goes over time.

use std::time::Duration;

use clap::ValueEnum;
use lab_load::{LoadError, Schedule};

/// The shapes that are ready to use; each scales from one rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// Does it work at all? A hundredth of the rate, at least 1/s, and each flow in turn; 5 s.
    Smoke,
    /// Does it hold its objectives at its rate? Up to the rate over a tenth of the time, and there for the rest; 1 min.
    Load,
    /// What if more come? 50, 75, 100, 125 and 150 % of the rate, one after the other; 100 s.
    Stress,
    /// What if many come at once? 20 % of the rate, twice the rate for a fifth of the time, 20 % again; 1 min.
    Spike,
    /// What wears out? The rate, constantly, for long; 10 min.
    Soak,
    /// Where does it break? From nothing to 10 times the rate; ends as soon as an objective is broken over 2 s; 2 min.
    Breakpoint,
}

/// How far a breakpoint test goes, in rates.
const FAR: f64 = 10.0;

impl Profile {
    /// How long it lasts where nothing else is asked for.
    pub fn length(self) -> Duration {
        Duration::from_secs(match self {
            Profile::Smoke => 5,
            Profile::Load | Profile::Spike => 60,
            Profile::Stress => 100,
            Profile::Soak => 600,
            Profile::Breakpoint => 120,
        })
    }

    /// When customers come.
    pub fn schedule(self, rate: f64, length: Duration) -> Result<Schedule, LoadError> {
        let share = |share: f64| length.mul_f64(share);
        match self {
            Profile::Smoke => Schedule::constant((rate / 100.0).max(1.0), length),
            Profile::Load => {
                Ok(Schedule::ramp(0.0, rate, share(0.1))?.then(&Schedule::constant(rate, length - share(0.1))?))
            }
            Profile::Stress => Schedule::steps([0.5, 0.75, 1.0, 1.25, 1.5].map(|part| (part * rate, length / 5))),
            Profile::Spike => Schedule::steps([(0.2, 0.4), (2.0, 0.2), (0.2, 0.4)].map(|(p, t)| (p * rate, share(t)))),
            Profile::Soak => Schedule::constant(rate, length),
            Profile::Breakpoint => Schedule::ramp(0.0, FAR * rate, length),
        }
    }

    /// The rate of a breakpoint test at a moment.
    pub fn rate_at(rate: f64, length: Duration, at: Duration) -> f64 {
        FAR * rate * (at.as_secs_f64() / length.as_secs_f64()).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_has_its_window_its_customers_and_its_peak() {
        for (profile, seconds, customers, peak) in [
            (Profile::Smoke, 5, 5.0, 1.0),
            // The ramp brings half of what its time would at the full rate.
            (Profile::Load, 60, 6.0 * 50.0 / 2.0 + 54.0 * 50.0, 50.0),
            (Profile::Stress, 100, 100.0 * 50.0, 75.0),
            (Profile::Spike, 60, 48.0 * 10.0 + 12.0 * 100.0, 100.0),
            (Profile::Soak, 600, 600.0 * 50.0, 50.0),
            (Profile::Breakpoint, 120, 120.0 * 500.0 / 2.0, 500.0),
        ] {
            let schedule = profile.schedule(50.0, profile.length()).unwrap();
            assert_eq!(schedule.window(), Duration::from_secs(seconds), "{profile:?}");
            assert!((schedule.expected() - customers).abs() < 1e-6, "{profile:?}: {}", schedule.expected());
            assert_eq!(schedule.peak_per_s(), peak, "{profile:?}");
            // What is expected is what comes, to one for the last one's rounding.
            let come = schedule.offsets().count() as f64;
            assert!((come - customers).abs() <= 1.0, "{profile:?}: {come}");
        }
    }

    #[test]
    fn a_smoke_test_of_a_busy_service_is_a_hundredth() {
        let schedule = Profile::Smoke.schedule(2000.0, Profile::Smoke.length()).unwrap();
        assert_eq!((schedule.peak_per_s(), schedule.expected()), (20.0, 100.0));
    }

    #[test]
    fn another_length_keeps_the_shape() {
        let length = Duration::from_secs(10);
        let spike = Profile::Spike.schedule(10.0, length).unwrap();
        let at: Vec<Duration> = spike.offsets().collect();
        let within = |from, to| at.iter().filter(|at| (from..to).contains(&at.as_secs_f64())).count();
        assert_eq!((spike.window(), within(0.0, 4.0), within(4.0, 6.0), within(6.0, 10.0)), (length, 8, 40, 8));
    }

    #[test]
    fn a_breakpoints_rate_is_that_of_its_ramp() {
        let length = Duration::from_secs(100);
        let until = Duration::from_secs(50);
        assert_eq!(Profile::rate_at(20.0, length, until), 100.0);
        // As many as the triangle under the ramp until then.
        let schedule = Profile::Breakpoint.schedule(20.0, length).unwrap();
        assert_eq!(schedule.offsets().take_while(|at| *at < until).count(), 100 * 50 / 2);
    }
}
