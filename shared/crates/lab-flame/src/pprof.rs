//! Profiles as pprof keeps them, for `go tool pprof`, Grafana Pyroscope and speedscope: a gzipped protobuf message.
//!
//! The format: <https://github.com/google/pprof/blob/main/proto/profile.proto>. Folded stacks know names only, so there are no
//! addresses, no mappings and no lines in it; none of the readers needs them.

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::Result;
use flate2::Compression;
use flate2::write::GzEncoder;
use prost::Message;

use crate::profiled::Sampling;
use crate::stacks::Stacks;

/// A gzipped profile: for each stack how many samples saw it and how much CPU time they stand for.
pub fn encode(stacks: &Stacks, sampling: &Sampling) -> Result<Vec<u8>> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&profile(stacks, sampling).encode_to_vec())?;
    Ok(gzip.finish()?)
}

fn profile(stacks: &Stacks, sampling: &Sampling) -> Profile {
    let mut names = Names::default();
    let period = 1_000_000_000 / i64::from(sampling.hertz.max(1));
    let samples = ValueType { kind: names.number("samples"), unit: names.number("count") };
    let cpu = ValueType { kind: names.number("cpu"), unit: names.number("nanoseconds") };
    let mut functions: BTreeMap<&str, u64> = BTreeMap::new();
    let mut sample = Vec::new();
    for (frames, count) in stacks.iter() {
        // pprof's stacks begin with the frame that was running.
        let location_id = frames.into_iter().rev().map(|frame| {
            let next = functions.len() as u64 + 1;
            *functions.entry(frame).or_insert(next)
        });
        let count = count as i64;
        sample.push(Sample { location_id: location_id.collect(), value: vec![count, count * period] });
    }
    let mut location = Vec::new();
    let mut function = Vec::new();
    for (name, id) in functions {
        location.push(Location { id, line: vec![Line { function_id: id }] });
        let name = names.number(name);
        function.push(Function { id, name, system_name: name });
    }
    Profile {
        sample_type: vec![samples, cpu.clone()],
        sample,
        location,
        function,
        duration_nanos: sampling.duration.as_nanos() as i64,
        period_type: Some(cpu),
        period,
        string_table: names.list,
    }
}

/// Each text once, known by its number; the first one is empty, as the format wants it.
struct Names {
    list: Vec<String>,
    numbers: BTreeMap<String, i64>,
}

impl Default for Names {
    fn default() -> Self {
        Names { list: vec![String::new()], numbers: BTreeMap::new() }
    }
}

impl Names {
    fn number(&mut self, name: &str) -> i64 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = self.list.len() as i64;
        self.list.push(name.into());
        self.numbers.insert(name.into(), number);
        number
    }
}

#[derive(Clone, PartialEq, Message)]
struct Profile {
    #[prost(message, repeated, tag = "1")]
    sample_type: Vec<ValueType>,
    #[prost(message, repeated, tag = "2")]
    sample: Vec<Sample>,
    #[prost(message, repeated, tag = "4")]
    location: Vec<Location>,
    #[prost(message, repeated, tag = "5")]
    function: Vec<Function>,
    #[prost(string, repeated, tag = "6")]
    string_table: Vec<String>,
    #[prost(int64, tag = "10")]
    duration_nanos: i64,
    #[prost(message, optional, tag = "11")]
    period_type: Option<ValueType>,
    #[prost(int64, tag = "12")]
    period: i64,
}

#[derive(Clone, PartialEq, Message)]
struct ValueType {
    #[prost(int64, tag = "1")]
    kind: i64,
    #[prost(int64, tag = "2")]
    unit: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Sample {
    #[prost(uint64, repeated, tag = "1")]
    location_id: Vec<u64>,
    #[prost(int64, repeated, tag = "2")]
    value: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct Location {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(message, repeated, tag = "4")]
    line: Vec<Line>,
}

#[derive(Clone, PartialEq, Message)]
struct Line {
    #[prost(uint64, tag = "1")]
    function_id: u64,
}

#[derive(Clone, PartialEq, Message)]
struct Function {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(int64, tag = "2")]
    name: i64,
    #[prost(int64, tag = "3")]
    system_name: i64,
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::time::Duration;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn the_stacks_come_back() {
        let stacks = Stacks::parse("main;f 1\nmain;f;g h 7\nmain;f;f 2\n").expect("folded");
        let sampling = Sampling { sampler: "test".into(), hertz: 200, duration: Duration::from_secs(3) };
        let gzipped = encode(&stacks, &sampling).expect("encodes");

        let mut message = Vec::new();
        GzDecoder::new(gzipped.as_slice()).read_to_end(&mut message).expect("is gzipped");
        let read = Profile::decode(message.as_slice()).expect("is a profile");
        let text = |number: i64| read.string_table[number as usize].as_str();
        let name = |location: u64| {
            let location = read.location.iter().find(|other| other.id == location).expect("a location");
            let function = read.function.iter().find(|other| other.id == location.line[0].function_id);
            text(function.expect("a function").name)
        };
        let mut back = Stacks::default();
        for sample in &read.sample {
            let frames: Vec<&str> = sample.location_id.iter().rev().map(|&location| name(location)).collect();
            back.add(&frames, sample.value[0] as u64);
            assert_eq!(sample.value[1], sample.value[0] * 5_000_000, "a sample stands for 5 ms");
        }
        assert_eq!(back, stacks);
        assert_eq!(read.string_table[0], "");
        let types: Vec<_> = read.sample_type.iter().map(|kind| (text(kind.kind), text(kind.unit))).collect();
        assert_eq!(types, [("samples", "count"), ("cpu", "nanoseconds")]);
        assert_eq!((read.period, read.duration_nanos), (5_000_000, 3_000_000_000));
    }
}
