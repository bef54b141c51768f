//! How long the handlers of a service keep their thread, by the route that they answer.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use lab_harness::probe::polls::PollTimes;
use lab_harness::results::{Column, Record, Table};
use lab_harness::service::{self, Door, Watch};
use lab_harness::{Run, emit};

/// A handler at work.
pub type Handling<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Poll times of the handlers of some routes, such as `GET /orders/{reference}`. Clones share them.
#[derive(Debug, Clone)]
pub struct RoutePolls {
    routes: &'static [&'static str],
    times: Arc<[PollTimes]>,
    /// The longest that a handler should keep its thread in one poll, in milliseconds of CPU time.
    most_ms: f64,
}

impl RoutePolls {
    /// Nothing polled yet.
    pub fn new(routes: &'static [&'static str], most_ms: f64) -> RoutePolls {
        RoutePolls { routes, times: routes.iter().map(|_| PollTimes::new()).collect(), most_ms }
    }

    /// Times the handler of a request; one on another route goes on as it is.
    fn time<T: 'static>(&self, method: &str, path: &str, handling: Handling<T>) -> Handling<T> {
        match self.routes.iter().position(|route| is_on(route, method, path)) {
            Some(route) => {
                let times = Arc::clone(&self.times);
                Box::pin(async move { times[route].time(handling).await })
            }
            None => handling,
        }
    }

    /// The same as a function, for whatever wraps a service's handlers.
    pub fn timing<T: 'static>(&self) -> impl Fn(&str, &str, Handling<T>) -> Handling<T> + Clone + use<T> {
        let polls = self.clone();
        move |method, path, handling| polls.time(method, path, handling)
    }

    /// Serves on a runtime with this many workers until told to stop; then, when asked, says how long the handlers kept their thread.
    ///
    /// # Errors
    /// Those of [`service::serve_on`].
    pub fn serve(&self, workers: usize, run: &Run, service: impl AsyncFnOnce(Door) -> Result<()>) -> Result<()> {
        service::serve_on(workers, run, service)?;
        if Watch::asked()? == Watch::Polls {
            emit(&Record::Table(self.table()));
            let text = "While a task is polled nobody else gets its thread. Between two awaits there should be well below a millisecond; \
                        compare the longest polls. axum spawns the task of every connection at one line, and the route says which request \
                        was to blame.";
            emit(&Record::Note { text: text.into() });
        }
        Ok(())
    }

    fn table(&self) -> Table {
        let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
        let rows = self.routes.iter().zip(self.times.iter()).map(|(route, polls)| {
            vec![(*route).into(), polls.polls().into(), ms(polls.busy()).into(), ms(polls.longest()).into()]
        });
        Table {
            title: "CPU time: how long handlers kept their thread, by route".into(),
            columns: vec![
                Column::new("route", ""),
                Column::new("polls", ""),
                Column::new("busy", "ms"),
                Column::new("longest poll", "ms").at_most(self.most_ms),
            ],
            rows: rows.collect(),
            plot: None,
        }
    }
}

/// Whether a request is on a route, whose parts in braces stand for anything.
fn is_on(route: &str, method: &str, path: &str) -> bool {
    let Some(pattern) = route.strip_prefix(method).and_then(|rest| rest.strip_prefix(' ')) else { return false };
    let (wanted, parts) = (pattern.split('/'), path.split('/'));
    wanted.clone().count() == parts.clone().count()
        && wanted.zip(parts).all(|(wanted, part)| wanted == part || wanted.starts_with('{'))
}

#[cfg(test)]
mod tests {
    use lab_harness::service::runtime;

    use super::*;

    #[test]
    fn a_request_is_counted_by_its_route() {
        let polls = RoutePolls::new(&["GET /orders/{reference}", "POST /sign-in"], 2.0);
        let single = runtime(1).unwrap();
        for (method, path) in [
            ("GET", "/orders/US-1"),
            ("POST", "/sign-in"),
            ("GET", "/sign-in"),
            ("GET", "/orders/US-1/pay"),
            ("PUT", "/"),
        ] {
            assert_eq!(single.block_on(polls.time(method, path, Box::pin(async { 7 }))), 7);
        }
        let table = polls.table();
        assert_eq!(table.rows.iter().map(|row| row[1].clone()).collect::<Vec<_>>(), [1.0.into(), 1.0.into()]);
        assert!(table.rows.iter().all(|row| row.len() == table.columns.len()));
    }
}
