//! Reads what a program prints, in bounded memory: records for us, the rest for the learner.

use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::{Receiver, channel};

use anyhow::Result;
use lab_results::Record;
use lab_results::channel::{END, Heard, Listener};

use crate::child::in_background;
use crate::say;
use crate::terminal::print_aside;

/// A longer line is read in pieces. The longest record, a heap profile with every site, is a tenth of it.
const LONGEST_LINE: u64 = 32 << 20;
/// So much output besides records is no honest program's, where nobody reads it.
const MOST_TEXT: u64 = 64 << 20;
/// So many bytes of records no program has to say.
const MOST_RECORDS: u64 = 256 << 20;
/// Only the end of what a program writes to standard error is kept.
const STDERR_KEPT: usize = 32 * 1024;

/// What a program says.
#[derive(Debug)]
pub enum Said {
    /// A record.
    Record(Record),
    /// It is through with all that it was asked to do.
    End,
    /// A line that says it is a record of counts and is none, with what is wrong with it.
    Malformed(String),
    /// Nothing more is believed or read: why.
    Stop(String),
}

/// How a program's output is read.
#[derive(Debug)]
pub struct Reading {
    /// Who tells records from text; nobody for a trusted program.
    pub listener: Option<Listener>,
    /// Whether text is shown.
    pub pass_on: bool,
}

impl Reading {
    /// Reads in a thread of its own. What is passed on is written before the end of the output is seen here.
    pub fn start(self, pipe: impl Read + Send + 'static) -> Result<Receiver<Said>> {
        let (sender, receiver) = channel();
        in_background("reads-records", move || {
            self.read(BufReader::new(pipe), |said| {
                let goes_on = !matches!(said, Said::Stop(_));
                sender.send(said).is_ok() && goes_on
            });
        })?;
        Ok(receiver)
    }

    /// Reads until the end, or until `say` returns false.
    fn read(mut self, mut pipe: impl BufRead, mut say: impl FnMut(Said) -> bool) {
        let (mut text, mut records, mut bytes) = (0, 0, Vec::new());
        loop {
            bytes.clear();
            if !(&mut pipe).take(LONGEST_LINE).read_until(b'\n', &mut bytes).is_ok_and(|read| read > 0) {
                return;
            }
            let length = bytes.len() as u64;
            if bytes.last() == Some(&b'\n') {
                bytes.pop();
            }
            let line = String::from_utf8_lossy(&bytes);
            let said = match self.listener.as_mut().map(|listener| listener.hear(&line)) {
                None => self.trusted(&line),
                Some(Heard::Text(text)) => self.text(text),
                Some(Heard::Payload(before, payload)) => {
                    if !before.is_empty() {
                        self.text(before);
                    }
                    Some(payload_of(payload))
                }
                Some(Heard::Lost) => Some(Said::Stop(
                    "some of the judge's records were lost: does the code read its own standard output?".into(),
                )),
            };
            match &said {
                Some(Said::Record(_)) => records += length,
                _ => text += length,
            }
            if said.is_some_and(|said| !say(said)) {
                return;
            }
            if (text > MOST_TEXT && !self.pass_on) || records > MOST_RECORDS {
                say(Said::Stop(format!("printed more than {} MiB and was ended", MOST_TEXT >> 20)));
                return;
            }
        }
    }

    fn trusted(&self, line: &str) -> Option<Said> {
        match serde_json::from_str(line) {
            Ok(record) => Some(Said::Record(record)),
            // A record of counts that somebody's program wrote by hand.
            Err(error) if line.contains("\"type\"") && line.contains("\"counts\"") => {
                Some(Said::Malformed(format!("{error}, in: {line}")))
            }
            Err(_) => self.text(line),
        }
    }

    fn text(&self, text: &str) -> Option<Said> {
        if self.pass_on {
            say!("{text}");
        }
        None
    }
}

fn payload_of(payload: &str) -> Said {
    if payload == END {
        return Said::End;
    }
    match serde_json::from_str(payload) {
        Ok(record) => Said::Record(record),
        Err(error) => Said::Stop(format!(
            "the program speaks another version of the records than `lab` ({error}); build both again"
        )),
    }
}

/// Collects the end of a pipe; whatever the program writes, memory stays bounded and the program is never blocked.
pub fn tail_of(mut pipe: impl Read + Send + 'static, pass_on: bool) -> Result<Receiver<String>> {
    let (sender, receiver) = channel();
    in_background("reads-errors", move || {
        let mut tail = Vec::new();
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = pipe.read(&mut buffer) {
            tail.extend_from_slice(&buffer[..read]);
            if pass_on {
                print_aside(&String::from_utf8_lossy(&buffer[..read]));
            }
            if tail.len() > 2 * STDERR_KEPT {
                tail.drain(..tail.len() - STDERR_KEPT);
            }
        }
        let _ = sender.send(String::from_utf8_lossy(&tail).into_owned());
    })?;
    Ok(receiver)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab_results::channel::{Secret, Signer};

    fn said(listener: Option<Listener>, output: impl Read) -> Vec<Said> {
        let mut all = Vec::new();
        Reading { listener, pass_on: false }.read(BufReader::new(output), |said| {
            all.push(said);
            true
        });
        all
    }

    #[test]
    fn a_record_that_the_code_under_test_prints_is_none() {
        let secret = Secret::random();
        let mut signer = Signer::new(secret);
        let forged = r#"{"type":"checked","cases":48}"#;
        let output = [forged, &signer.line(r#"{"type":"checked","cases":7}"#), forged, &signer.line(END)].join("\n");
        let said = said(Some(Listener::new(secret)), output.as_bytes());
        assert!(matches!(said[..], [Said::Record(Record::Checked { cases: 7 }), Said::End]), "{said:?}");
    }

    #[test]
    fn a_trusted_program_needs_no_tags_and_hears_of_counts_that_cannot_be_read() {
        let output = "hello\n{\"type\":\"counts\",\"size\":1,\"counts\":{}}\n{\"type\":\"counts\",\"size\":-1}\n";
        let said = said(None, output.as_bytes());
        assert!(matches!(&said[..], [Said::Record(Record::Counts { size: 1, .. }), Said::Malformed(_)]), "{said:?}");
    }

    #[test]
    fn output_without_an_end_is_cut_with_and_without_lines() {
        let lines = format!("{}\n", "y".repeat(1_023)).repeat(70 << 10).into_bytes();
        for endless in [Box::new(std::io::repeat(b'x')) as Box<dyn Read>, Box::new(lines.as_slice())] {
            let said = said(Some(Listener::new(Secret::random())), endless);
            assert!(
                matches!(&said[..], [Said::Stop(why)] if why == "printed more than 64 MiB and was ended"),
                "{said:?}"
            );
        }
    }
}
