//! The verbs of this lab's programs.

use std::time::Duration;

use anyhow::Result;
use argon2::{Argon2, PasswordVerifier};
use lab_harness::probe::thread_cpu_time;
use lab_harness::results::{Record, Table};
use lab_harness::service::{self, Figure, Launch, Watch, distributions, late_generator, latency_table};
use lab_harness::{Program, Run, emit};
use orderflow_accounts::{Accounts, CORES, SignIn, credentials};

use super::load::{self, BATCHES_PER_S, STEPS, TAPS};
use super::{LOOKUP_P99_MS, SIGN_IN_P99_MS, check, count, server};

/// Turns of a timed round, and how long customers come in each: long enough for one push message's.
const TURNS: u64 = 3;
const TURN: Duration = Duration::from_millis(160);

/// A program around one `sign_in`.
pub(super) struct AccountService {
    pub(super) part: SignIn,
}

impl Program for AccountService {
    fn reproduce(&self, run: &Run) -> Result<()> {
        let service = Launch::new(run).start()?;
        let quiet = load::drive(service.address(), run.seed, seconds(run, 1.5), false)?;
        let evening = load::drive(service.address(), run.seed, seconds(run, 4.0), true)?;
        service.stop()?;
        let [lookups, sign_ins] = STEPS;
        let lookups = [("nobody signs in", &quiet.steps[0]), (lookups, &evening.steps[0])];
        emit(&Record::Table(latency_table("Looking an order up, before and during a sale", &lookups, LOOKUP_P99_MS)));
        emit(&distributions("Response times of looking an order up", &lookups, LOOKUP_P99_MS));
        let sign_ins = [(sign_ins, &evening.steps[1])];
        let table = latency_table("Signing in, ten at once twice a second", &sign_ins, SIGN_IN_P99_MS);
        emit(&Record::Table(Table { plot: None, ..table }));
        emit(&Record::Note { text: offered_load(run.seed) });
        late_generator(&evening).iter().for_each(emit);
        Ok(())
    }

    fn check(&self, run: &Run) -> Result<()> {
        check::check(run)
    }

    fn count(&self, run: &Run) -> Result<()> {
        count::count(self.part, run)
    }

    fn measure(&self, run: &Run) -> Result<()> {
        let figures = [Figure::P99("GET", 0), Figure::P99("sign-in", 1), Figure::CpuPerRequest];
        service::measure(Launch::new(run), TURNS, &figures, |address, turn| {
            let report = load::drive_moment(address, run.seed, turn, TURN, true)?;
            load::answered_rightly(&report)?;
            Ok(report)
        })
    }

    fn work(&self, run: &Run) -> Result<()> {
        let accounts = std::sync::Arc::new(Accounts::of_seed(run.seed));
        let typed = credentials(run.seed).swap_remove(0);
        // Whoever looks at the work looks at its cost, not at its answer.
        let _answer = service::runtime(CORES)?.block_on((self.part.sign_in)(accounts, typed));
        Ok(())
    }

    fn profile(&self, run: &Run) -> Result<()> {
        watched(run, Watch::Cpu)
    }

    fn heap(&self, run: &Run) -> Result<()> {
        watched(run, Watch::Heap)
    }

    fn live_heap(&self, run: &Run) -> Result<()> {
        watched(run, Watch::LiveHeap)
    }

    fn tasks(&self, run: &Run) -> Result<()> {
        watched(run, Watch::Polls)?;
        let text = "While a task is polled nobody else gets its thread. Between two awaits there should be well below a millisecond; \
                    compare the longest polls. axum spawns the task of every connection at one line, and the route says which request \
                    was to blame.";
        emit(&Record::Note { text: text.into() });
        Ok(())
    }

    fn busy(&self, run: &Run) -> Result<()> {
        service::busy(Launch::new(run), |address| load::drive(address, run.seed, seconds(run, 1.0), true))
    }

    fn serve(&self, run: &Run) -> Result<()> {
        server::serve(self.part, run)
    }
}

/// The service looks at itself during `run.seconds` of an ordinary evening.
fn watched(run: &Run, watch: Watch) -> Result<()> {
    service::watched(Launch::new(run).watch(watch), |address| {
        Ok(load::drive(address, run.seed, seconds(run, run.seconds), true)?.overall.planned)
    })
}

fn seconds(run: &Run, full: f64) -> Duration {
    Duration::from_secs_f64(if run.smoke { full.min(0.4) } else { full })
}

/// Puts the load into proportion.
fn offered_load(seed: u64) -> String {
    let (accounts, typed) = (Accounts::of_seed(seed), credentials(seed).swap_remove(3));
    let hash = accounts.find(&typed.email).password_hash;
    let before = thread_cpu_time();
    let _opens = Argon2::default().verify_password(typed.password.as_bytes(), hash.as_str());
    let hash_s = (thread_cpu_time() - before).as_secs_f64();
    let sign_ins_per_s = BATCHES_PER_S * TAPS as f64;
    format!(
        "One password hash takes {:.0} ms of CPU time here, and {sign_ins_per_s:.0} customers a second sign in: that is {:.2} of the \
         service's {CORES} cores. Looking an order up costs next to nothing, so whoever waits for one does not wait for CPU.",
        hash_s * 1e3,
        sign_ins_per_s * hash_s
    )
}
