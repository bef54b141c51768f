//! Many customers in the same moment, at a shop with a single connection.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use orderflow::Order;
use orderflow_payments::Provider;
use orderflow_store::{StoreError, closed_pool};
use tokio::runtime::{Builder, Runtime};

use crate::state::{cancelled, paid};
use crate::{Checkout, CrowdsBank, OrderState, Refusal, Surroundings};

/// How long a customer waits for the only connection: longer than a busy machine takes for all of them.
const LONG: Duration = Duration::from_secs(60);

/// What became of a crowd that paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrowdPaid {
    /// Calls to the gateway during which the shop never let go of its connection.
    pub calls_holding: u64,
    /// Most calls to the gateway at the same time.
    pub calls_at_once: u64,
    /// Customers who were refused, or whose payment is not charged once, saved and in the audit log.
    pub not_served: u64,
}

impl Surroundings {
    /// All of these orders are paid at once. The bank answers when everybody is there, or when it is plain that not everybody comes.
    ///
    /// # Errors
    /// The database or the machine fails.
    pub fn crowd_pays(&self, checkout: Checkout, orders: &[Order]) -> Result<CrowdPaid, StoreError> {
        let runtime = runtime()?;
        let pool = runtime.block_on(closed_pool(&self.url, LONG))?;
        let bank = CrowdsBank::new(orders.len(), pool.clone());
        let opened = Provider::open(runtime.handle(), bank.answering());
        let provider = opened.map_err(|source| StoreError::Io { doing: "open a payment gateway".into(), source })?;
        runtime.spawn(Arc::clone(&bank).watch());
        let answers = runtime.block_on(at_once(orders, |reference| {
            let (pool, gateway) = (pool.clone(), provider.gateway());
            async move { (checkout.pay)(&pool, &gateway, &reference).await }
        }))?;
        let not_served = self.not_served(&provider, orders, &answers, paid)?;
        Ok(CrowdPaid { calls_holding: bank.calls_holding(), calls_at_once: bank.calls_at_once(), not_served })
    }

    /// All of these orders are called off at once. How many customers were refused, or their cancellation is not saved and in the audit log.
    ///
    /// # Errors
    /// The database or the machine fails.
    pub fn crowd_cancels(&self, checkout: Checkout, orders: &[Order]) -> Result<u64, StoreError> {
        let runtime = runtime()?;
        let pool = runtime.block_on(closed_pool(&self.url, LONG))?;
        let answers = runtime.block_on(at_once(orders, |reference| {
            let pool = pool.clone();
            async move { (checkout.cancel)(&pool, &reference).await }
        }))?;
        self.not_served(&self.provider, orders, &answers, cancelled)
    }

    fn not_served(
        &self,
        provider: &Provider,
        orders: &[Order],
        answers: &[Result<(), Refusal>],
        right: fn(&Order) -> OrderState,
    ) -> Result<u64, StoreError> {
        let references: Vec<String> = orders.iter().map(|order| order.reference.clone()).collect();
        let states = self.states_at(&references, provider)?;
        let all = orders.iter().zip(answers).zip(states);
        Ok(all.filter(|((order, answer), state)| answer.is_err() || *state != right(order)).count() as u64)
    }
}

fn runtime() -> Result<Runtime, StoreError> {
    let started = Builder::new_multi_thread().worker_threads(1).enable_all().build();
    started.map_err(|source| StoreError::Io { doing: "start a runtime".into(), source })
}

/// The answers to requests that are all made before the first one is awaited.
///
/// # Errors
/// The machine fails: that is nobody's fault here.
async fn at_once<F>(orders: &[Order], request: impl Fn(String) -> F) -> Result<Vec<Result<(), Refusal>>, StoreError>
where
    F: Future<Output = Result<(), Refusal>> + Send + 'static,
{
    let requests: Vec<_> = orders.iter().map(|order| tokio::spawn(request(order.reference.clone()))).collect();
    let mut answers = Vec::with_capacity(requests.len());
    for request in requests {
        // Nobody ends these tasks, so that one that failed has panicked; the runtime has reported where.
        let answer = request.await.unwrap_or_else(|error| resume_unwind(error.into_panic()));
        answers.push(Refusal::or_machine_trouble(answer)?);
    }
    Ok(answers)
}
