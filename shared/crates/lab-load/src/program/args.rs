//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use lab_load::MAX_RATE_PER_S;

use super::profile::Profile;

/// Sends load to a service on this machine and says whether it kept its objectives.
///
/// Customers come when the schedule says, whether or not the service answers (an open model), and response times count from the
/// moment a request was meant to leave. A run that this machine could not drive as planned is INVALID, whatever its figures say.
///
/// A GET whose kept connection the service closes just as it is used goes out once more, and is counted apart, as `resent`. A POST never
/// goes out twice: it has failed, as `closed`.
#[derive(Debug, Parser)]
#[command(name = "lab-load", bin_name = "cargo lab load", version, after_help = AFTER_HELP)]
pub struct Arguments {
    /// The service, on this machine: http://127.0.0.1:PORT.
    #[arg(long, value_name = "URL", required_unless_present = "merge")]
    pub target: Option<String>,
    /// What customers do: a file, or the name of one in shared/stack/scenarios, or a lab's number.
    #[arg(long, value_name = "FILE|NAME", required_unless_present = "merge")]
    pub scenario: Option<String>,
    /// How the rate goes over time.
    #[arg(long, value_enum, default_value_t = Profile::Load, conflicts_with_all = ["closed", "find_knee"])]
    pub profile: Profile,
    /// Customers per second, from which the profile scales; where a search for the knee begins.
    #[arg(long, value_name = "N", default_value = "10", value_parser = rate)]
    pub rate: f64,
    /// How long customers come, such as 30s or 5m; each profile has its own length otherwise.
    #[arg(long, value_name = "TIME", value_parser = length)]
    pub duration: Option<Duration>,
    /// Customers come independently of each other, as a Poisson process.
    #[arg(long, conflicts_with_all = ["even", "closed"])]
    pub poisson: bool,
    /// Customers come evenly spaced, which is the default.
    #[arg(long, conflicts_with = "closed")]
    pub even: bool,
    /// What is random follows from it.
    #[arg(long, value_name = "N", default_value_t = 7)]
    pub seed: u64,
    /// A closed model, for contrast: so many users, each of whom waits for an answer before asking again. Never PASS.
    #[arg(long, value_name = "USERS", conflicts_with = "rate", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub closed: Option<u32>,
    /// How long such a user thinks between two iterations.
    #[arg(long, value_name = "TIME", default_value = "100ms", requires = "closed", value_parser = humantime::parse_duration)]
    pub think: Duration,
    /// How many may be with the service at once, each on a connection of its own; later ones queue, and their wait counts.
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = at_least_one)]
    pub max_in_flight: usize,
    /// How long a customer waits for an answer before hanging up.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = humantime::parse_duration)]
    pub timeout: Duration,
    /// How long to wait for the last ones after nobody comes any more.
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = humantime::parse_duration)]
    pub drain: Duration,
    /// The objectives; shared/stack/slo.json where it has any for the scenario.
    #[arg(long, value_name = "FILE")]
    pub slo: Option<PathBuf>,
    /// Hold the run against nothing but the default rule: below 1 % failed.
    #[arg(long, conflicts_with = "slo")]
    pub no_slo: bool,
    /// Write the run as a JSON document, which k6 and Locust write here too.
    #[arg(long, value_name = "FILE", conflicts_with = "find_knee")]
    pub report: Option<PathBuf>,
    /// Print that document, and nothing else, to standard output.
    #[arg(long)]
    pub json: bool,
    /// Write the histograms as an HdrHistogram log, with a tag for each step.
    #[arg(long, value_name = "FILE", conflicts_with = "find_knee")]
    pub hdr: Option<PathBuf>,
    /// Send nothing; report such logs as one run.
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = [
        "target", "scenario", "profile", "rate", "duration", "poisson", "even", "seed", "closed", "max_in_flight", "timeout", "drain",
        "slo", "no_slo", "report", "hdr", "find_knee", "i_own_this_host",
    ])]
    pub merge: Vec<PathBuf>,
    /// Search the highest rate at which the objectives are kept.
    #[arg(long, conflicts_with_all = ["closed", "duration"])]
    pub find_knee: bool,
    /// Where that search ends; 100 times the rate otherwise.
    #[arg(long, value_name = "N", requires = "find_knee", value_parser = rate)]
    pub max_rate: Option<f64>,
    /// How long each of its steps lasts.
    #[arg(long, value_name = "TIME", default_value = "3s", requires = "find_knee", value_parser = length)]
    pub step: Duration,
    /// Draw its curve.
    #[arg(long, value_name = "FILE", requires = "find_knee")]
    pub svg: Option<PathBuf>,
    /// The target is another machine, and you may load it: load that its owner has not agreed to is an attack.
    #[arg(long)]
    pub i_own_this_host: bool,
}

const AFTER_HELP: &str = "\
Examples:
  cargo lab load --target http://127.0.0.1:8080 --scenario fast --profile smoke
  cargo lab load --target http://127.0.0.1:8080 --scenario 02 --rate 200 --duration 30s --poisson
  cargo lab load --target http://127.0.0.1:8080 --scenario fast --profile breakpoint --rate 100
  cargo lab load --target http://127.0.0.1:8080 --scenario stall --closed 10 --no-slo
  cargo lab load --target http://127.0.0.1:8080 --scenario fast --find-knee --rate 100 --svg knee.svg
  cargo lab load --merge one.hlog two.hlog

Exit codes: 0 PASS; 99 BREACH, an objective was broken; 3 INVALID, the load could not be driven as planned and proves nothing;
2 wrong usage or nothing could be started; 130 and 143 interrupted, after a report of what was measured until then.";

/// Longer is a mistake in the unit.
const LONGEST: Duration = Duration::from_secs(30 * 86_400);

fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| "that is no number".to_owned())?;
    if rate > 0.0 && rate <= MAX_RATE_PER_S {
        Ok(rate)
    } else {
        Err(format!("a rate is above 0 and at most {MAX_RATE_PER_S} per second"))
    }
}

fn length(text: &str) -> Result<Duration, String> {
    let length = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if length.is_zero() || length > LONGEST {
        return Err(format!("load lasts more than 0s and at most {}", humantime::format_duration(LONGEST)));
    }
    Ok(length)
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("with room for nobody nothing would be sent; allow at least 1".into()),
        Ok(n) => Ok(n),
        Err(_) => Err("that is no whole number".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Result<Arguments, String> {
        let words = std::iter::once("lab-load").chain(line.split_whitespace());
        Arguments::try_parse_from(words).map_err(|error| error.to_string())
    }

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn what_does_not_go_together_is_refused_with_words() {
        const TO: &str = "--target http://127.0.0.1:1 --scenario fast";
        for (line, words) in [
            (String::new(), "--target"),
            ("--target http://127.0.0.1:1".into(), "--scenario"),
            (format!("{TO} --closed 3 --rate 10"), "--rate"),
            (format!("{TO} --closed 3 --profile spike"), "--profile"),
            (format!("{TO} --closed 0"), "1..=100000"),
            (format!("{TO} --think 1s"), "--closed"),
            (format!("{TO} --poisson --even"), "--even"),
            (format!("{TO} --slo a.json --no-slo"), "--no-slo"),
            (format!("{TO} --max-rate 100"), "--find-knee"),
            (format!("{TO} --find-knee --duration 5s"), "--duration"),
            (format!("{TO} --merge a.hlog"), "--merge"),
            (format!("{TO} --rate 0"), "above 0"),
            (format!("{TO} --rate NaN"), "above 0"),
            (format!("{TO} --duration 30"), "time unit"),
            (format!("{TO} --duration 0s"), "more than 0s"),
            (format!("{TO} --duration 3000years"), "at most 30days"),
            (format!("{TO} --max-in-flight 0"), "room for nobody"),
            (format!("{TO} --profile sok"), "soak"),
        ] {
            let refused = parse(&line).expect_err(&line);
            assert!(refused.contains(words), "{line}: {refused}");
        }
        assert!(parse("--merge a.hlog b.hlog --json").is_ok());
        assert!(parse(&format!("{TO} --closed 3 --think 1s --duration 5s")).is_ok());
        assert!(parse(&format!("{TO} --find-knee --poisson --step 2s --svg a.svg")).is_ok());
    }
}
