//! What a service has in hand while it serves: its own gauges, read now and then.

use std::io;
use std::time::Duration;

use anyhow::Result;
use lab_harness::emit;
use lab_harness::results::{Column, Record, Table};
use lab_harness::service::Watch;

/// How often the gauges are read.
const GLANCE: Duration = Duration::from_millis(5);

/// Gauges by their names. While the first one is zero the service has nothing to do, and is not looked at.
type Read<const N: usize> = [(&'static str, u64); N];

/// What was seen of a service's gauges while there was something to do.
#[derive(Debug)]
pub struct GaugeReadings<const N: usize> {
    is_asked: bool,
    glances: u64,
    names: [&'static str; N],
    sums: [u64; N],
    most: [u64; N],
}

impl<const N: usize> GaugeReadings<N> {
    /// Nothing seen yet; nothing will be seen where nobody asks what the service watches.
    ///
    /// # Errors
    /// What is asked for is not known.
    pub fn new() -> Result<GaugeReadings<N>> {
        let is_asked = Watch::asked()? == Watch::Polls;
        Ok(GaugeReadings { is_asked, glances: 0, names: [""; N], sums: [0; N], most: [0; N] })
    }

    /// Reads the gauges until the service has ended.
    ///
    /// # Errors
    /// The service's own.
    pub async fn during(
        &mut self,
        serving: impl Future<Output = io::Result<()>>,
        read: impl Fn() -> Read<N>,
    ) -> Result<()> {
        let mut serving = std::pin::pin!(serving);
        let mut glance = tokio::time::interval(GLANCE);
        loop {
            tokio::select! {
                served = &mut serving => return Ok(served?),
                _ = glance.tick(), if self.is_asked => self.see(read()),
            }
        }
    }

    fn see(&mut self, now: Read<N>) {
        self.names = now.map(|(name, _)| name);
        let now = now.map(|(_, now)| now);
        if now.first().is_none_or(|busy| *busy == 0) {
            return;
        }
        self.glances += 1;
        for (gauge, now) in now.into_iter().enumerate() {
            self.sums[gauge] += now;
            self.most[gauge] = self.most[gauge].max(now);
        }
    }

    /// Says what was seen, where somebody has asked.
    pub fn show(&self, title: String) {
        if self.is_asked {
            emit(&Record::Table(self.table(title)));
        }
    }

    fn table(&self, title: String) -> Table {
        let rows = self.names.iter().zip(self.sums).zip(self.most).map(|((name, sum), most)| {
            vec![(*name).into(), (sum as f64 / self.glances.max(1) as f64).into(), most.into()]
        });
        let columns = ["gauge", "mean", "most"].map(|name| Column::new(name, "")).into();
        Table { title, columns, rows: rows.collect(), plot: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_and_maxima_are_of_busy_moments_only() {
        let mut seen = GaugeReadings { is_asked: true, glances: 0, names: [""; 2], sums: [0; 2], most: [0; 2] };
        let mut see = |requests, connections| seen.see([("requests", requests), ("connections", connections)]);
        see(0, 9);
        see(1, 2);
        see(3, 4);
        let rows = seen.table("t".into()).rows;
        assert_eq!(rows[0], ["requests".into(), 2.0.into(), 3.0.into()]);
        assert_eq!(rows[1], ["connections".into(), 3.0.into(), 4.0.into()]);
    }

    #[test]
    fn gauges_of_a_service_that_had_nothing_to_do_have_names() {
        let mut seen = GaugeReadings { is_asked: true, glances: 0, names: [""; 1], sums: [0; 1], most: [0; 1] };
        seen.see([("requests", 0)]);
        assert_eq!(seen.table("t".into()).rows, [["requests".into(), 0.0.into(), 0.0.into()]]);
    }

    #[test]
    fn it_ends_with_the_service() {
        let single = lab_harness::service::runtime(1).unwrap();
        let mut seen = GaugeReadings { is_asked: true, glances: 0, names: [""; 1], sums: [0; 1], most: [0; 1] };
        let serving = async {
            tokio::time::sleep(GLANCE * 4).await;
            Ok(())
        };
        single.block_on(seen.during(serving, || [("requests", 1)])).unwrap();
        assert!(seen.glances >= 1, "{seen:?}");
    }
}
