//! A run's histograms as a log that other tools read too, and logs read again, so that several runs can be looked at as one.
//!
//! The format is HdrHistogram's interval log with V2 histograms, in microseconds (Tene, HdrHistogram: `HistogramLogWriter`). A step's
//! response times have its name for a tag, its service times `NAME/service`, the generator's lag `NAME/lag`. Counts of failures are
//! not in it: failed requests stand in the histograms with the time to their failure.

use std::io::{self, Write};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::serialization::interval_log::{
    IntervalLogHistogram, IntervalLogIterator, IntervalLogWriterBuilder, IntervalLogWriterError, LogEntry,
    LogIteratorError, Tag,
};
use hdrhistogram::serialization::{Deserializer, V2DeflateSerializer};

use crate::{Latencies, Report};

/// The comment that says which scenario the log is of.
const SCENARIO: &str = "lab-load scenario ";

/// What a log holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Log {
    /// The scenario's name; None in a log that another tool wrote.
    pub scenario: Option<String>,
    /// The steps in the order of the log.
    pub steps: Vec<LoggedStep>,
}

/// One step's histograms.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedStep {
    /// Its name.
    pub name: String,
    /// See [`StepReport::response`](crate::StepReport::response).
    pub response: Latencies,
    /// See [`StepReport::service`](crate::StepReport::service).
    pub service: Latencies,
    /// See [`StepReport::lag`](crate::StepReport::lag).
    pub lag: Latencies,
}

/// Why a log cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// No log at all, or one that was cut off.
    #[error("line {0} is no line of an HdrHistogram log; was the file written by `--hdr`, and to its end?")]
    Line(usize),
    /// Not a histogram.
    #[error("the histogram of `{tag}` cannot be read: {reason}")]
    Histogram {
        /// Whose.
        tag: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A histogram of another resolution, which would have to be rounded.
    #[error(
        "the histogram of `{tag}` counts {found}, and lab-load counts {ours}: adding them up would round one of them, and other units \
         nobody could tell; merge logs that `--hdr` wrote"
    )]
    Mismatch {
        /// Whose.
        tag: String,
        /// Its range and digits.
        found: String,
        /// Ours.
        ours: String,
    },
    /// A log without a line.
    #[error("there is no histogram in it")]
    Empty,
}

/// Writes a run as a log: one interval, from `started` to its end.
///
/// # Errors
/// Those of the writer, and a step whose name cannot be a tag (a blank, a comma or a line break is in it).
pub fn write(report: &Report, scenario: &str, started: SystemTime, to: &mut impl Write) -> io::Result<()> {
    let mut serializer = V2DeflateSerializer::new();
    let mut log = IntervalLogWriterBuilder::new()
        .add_comment("[Histogram log format version 1.3]")
        .add_comment(&format!("{SCENARIO}{scenario}"))
        .with_base_time(started)
        .with_start_time(started)
        // The log's own column of maxima is read by people: in milliseconds.
        .with_max_value_divisor(1e3)
        .begin_log_with(to, &mut serializer)?;
    for step in &report.steps {
        for (suffix, latencies) in [("", &step.response), ("/service", &step.service), ("/lag", &step.lag)] {
            let tag = format!("{}{suffix}", step.name);
            let tag = Tag::new(&tag)
                .ok_or_else(|| io::Error::other(format!("a step named `{tag}` cannot be a log's tag")))?;
            let written = log.write_histogram(latencies.histogram(), Default::default(), report.elapsed, Some(tag));
            written.map_err(|error| match error {
                IntervalLogWriterError::IoError(error) => error,
                IntervalLogWriterError::SerializeError(error) => io::Error::other(error.to_string()),
            })?;
        }
    }
    Ok(())
}

/// Reads a log. Several intervals of one tag are added up.
///
/// # Errors
/// [`LogError`]
pub fn read(log: &[u8]) -> Result<Log, LogError> {
    let mut found = Log { scenario: scenario(log), ..Log::default() };
    let mut deserializer = Deserializer::new();
    for entry in IntervalLogIterator::new(log) {
        match entry {
            Ok(LogEntry::Interval(interval)) => found.add(&interval, &mut deserializer)?,
            Ok(_) => {}
            Err(LogIteratorError::ParseError { offset }) => {
                let line = log[..offset].iter().filter(|byte| **byte == b'\n').count() + 1;
                return Err(LogError::Line(line));
            }
        }
    }
    if found.steps.is_empty() { Err(LogError::Empty) } else { Ok(found) }
}

fn scenario(log: &[u8]) -> Option<String> {
    let prefix = format!("#{SCENARIO}");
    let mut lines = log.split(|byte| *byte == b'\n');
    lines.find_map(|line| Some(String::from_utf8_lossy(line.strip_prefix(prefix.as_bytes())?).trim().to_owned()))
}

impl Log {
    fn add(&mut self, interval: &IntervalLogHistogram, deserializer: &mut Deserializer) -> Result<(), LogError> {
        let tag = interval.tag().map_or("untagged", |tag| tag.as_str());
        let unreadable = |reason: String| LogError::Histogram { tag: tag.to_owned(), reason };
        let bytes = STANDARD.decode(interval.encoded_histogram()).map_err(|error| unreadable(error.to_string()))?;
        let histogram = deserializer.deserialize(&mut &bytes[..]).map_err(|error| unreadable(error.to_string()))?;
        let latencies = Latencies::from_histogram(histogram).map_err(|(found, ours)| LogError::Mismatch {
            tag: tag.to_owned(),
            found,
            ours,
        })?;
        let (name, kind) = tag.split_once('/').unwrap_or((tag, ""));
        let step = self.step(name);
        match kind {
            "" => step.response.merge(&latencies),
            "service" => step.service.merge(&latencies),
            "lag" => step.lag.merge(&latencies),
            other => return Err(unreadable(format!("`{other}` is neither service nor lag"))),
        }
        Ok(())
    }

    /// The step of this name.
    fn step(&mut self, name: &str) -> &mut LoggedStep {
        let at = self.steps.iter().position(|step| step.name == name).unwrap_or_else(|| {
            let (response, service, lag) = (Latencies::new(), Latencies::new(), Latencies::new());
            self.steps.push(LoggedStep { name: name.to_owned(), response, service, lag });
            self.steps.len() - 1
        });
        &mut self.steps[at]
    }

    /// Adds up with the histograms of another log; percentiles are taken afterwards.
    pub fn merge(&mut self, other: &Self) {
        for theirs in &other.steps {
            let ours = self.step(&theirs.name);
            ours.response.merge(&theirs.response);
            ours.service.merge(&theirs.service);
            ours.lag.merge(&theirs.lag);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hdrhistogram::Histogram;

    use super::*;
    use crate::{Effort, StepReport};

    fn run(ms: impl Iterator<Item = u64>) -> Report {
        let mut pay = StepReport::new("pay");
        for ms in ms {
            pay.response.record(Duration::from_millis(ms));
            pay.lag.record(Duration::from_micros(ms));
        }
        Report {
            elapsed: Duration::from_secs(3),
            is_open: true,
            interrupted: false,
            effort: Effort::default(),
            overall: StepReport::overall(std::slice::from_ref(&pay)),
            steps: vec![pay],
        }
    }

    fn logged(report: &Report) -> Vec<u8> {
        let mut text = Vec::new();
        write(report, "shop", SystemTime::now(), &mut text).unwrap();
        text
    }

    #[test]
    fn a_log_read_again_is_the_run() {
        let report = run(1..=1000);
        let log = read(&logged(&report)).unwrap();
        assert_eq!((log.scenario.as_deref(), log.steps.len()), (Some("shop"), 1));
        let (read, pay) = (&log.steps[0], &report.steps[0]);
        assert_eq!((&read.response, &read.service, &read.lag), (&pay.response, &pay.service, &pay.lag));
    }

    #[test]
    fn logs_are_merged_by_their_histograms() {
        // Of two runs with p99s of 100 and 1000 ms, the p99 of both is neither's, nor their mean.
        let mut merged = read(&logged(&run((1..=9900).map(|n| n % 100 + 1)))).unwrap();
        merged.merge(&read(&logged(&run((1..=100).map(|_| 1000)))).unwrap());
        assert_eq!(merged.steps[0].response, run((1..=9900).map(|n| n % 100 + 1).chain([1000; 100])).steps[0].response);
    }

    #[test]
    fn what_is_no_log_of_ours_says_why() {
        assert!(matches!(read(b""), Err(LogError::Empty)));
        assert!(matches!(read(b"#a comment\nnot a log\n"), Err(LogError::Line(2))));
        assert!(matches!(read(b"Tag=pay,0.0,1.0,2.0,AAAA\n"), Err(LogError::Histogram { .. })));
        let cut = logged(&run(1..=1000));
        assert!(read(&cut[..cut.len() - 40]).is_err());

        let mut coarse = Vec::new();
        let mut serializer = V2DeflateSerializer::new();
        let mut log = IntervalLogWriterBuilder::new().begin_log_with(&mut coarse, &mut serializer).unwrap();
        let histogram = Histogram::<u64>::new_with_bounds(1, 1_000_000, 2).unwrap();
        log.write_histogram(&histogram, Duration::ZERO, Duration::ZERO, Tag::new("pay")).unwrap();
        let message = read(&coarse).unwrap_err().to_string();
        assert!(message.contains("`pay` counts 1 to 1000000 with 2 digits"), "{message}");
    }
}
