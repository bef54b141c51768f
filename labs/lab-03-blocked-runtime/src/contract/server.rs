//! The account service in a process of its own, and how long its handlers keep their thread.

use std::sync::Arc;

use anyhow::Result;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use lab_harness::probe::polls::PollTimes;
use lab_harness::results::{Column, Record, Table};
use lab_harness::service::{self, Watch};
use lab_harness::{Run, emit};
use orderflow_accounts::{CORES, SignIn, routes};

use super::POLL_MS;
use super::load::STEPS;

/// Poll times of the handlers, by [`STEPS`].
type Polls = Arc<[PollTimes; 2]>;

/// Serves until told to stop; then, when asked, says how long each route's handlers kept their thread.
pub(super) fn serve(part: SignIn, run: &Run) -> Result<()> {
    let polls = Polls::default();
    let router = routes(part, run.seed).layer(from_fn_with_state(Arc::clone(&polls), timed));
    service::serve_on(CORES, run, async |door| {
        let (listener, stop) = door.open()?;
        Ok(orderflow_accounts::serve(listener, router, stop.requested()).await?)
    })?;
    if Watch::asked()? == Watch::Polls {
        emit(&Record::Table(poll_table(&polls)));
    }
    Ok(())
}

async fn timed(State(polls): State<Polls>, request: Request, next: Next) -> Response {
    let times = match request.uri().path() {
        "/sign-in" => &polls[1],
        path if path.starts_with("/orders/") => &polls[0],
        _ => return next.run(request).await,
    };
    times.time(next.run(request)).await
}

fn poll_table(polls: &[PollTimes; 2]) -> Table {
    let ms = |duration: std::time::Duration| duration.as_secs_f64() * 1e3;
    let rows = STEPS.into_iter().zip(polls).map(|(route, polls)| {
        vec![route.into(), polls.polls().into(), ms(polls.busy()).into(), ms(polls.longest()).into()]
    });
    Table {
        title: "CPU time: how long handlers kept their thread, by route".into(),
        columns: vec![
            Column::new("route", ""),
            Column::new("polls", ""),
            Column::new("busy", "ms"),
            Column::new("longest poll", "ms").at_most(POLL_MS),
        ],
        rows: rows.collect(),
        plot: None,
    }
}
