//! Customers one by one at a shop with a single connection, and what is saved when each has an answer.

use std::slice::from_ref;
use std::time::Duration;

use orderflow::Order;
use orderflow_payments::{Provider, Reply, answering};
use orderflow_store::{StoreError, closed_pool};
use sqlx::AnyPool;
use tokio::runtime::{Builder, Runtime};

use crate::orders::PENDING;
use crate::state::{cancelled, is, paid};
use crate::{Checkout, OrderState, Refusal, Surroundings};

/// How long a request waits for the only connection when nobody else wants it. On a busy machine a ping takes its time.
const ALONE: Duration = Duration::from_millis(1_000);

/// What became of five customers who came one by one: two paid, two cancelled, and the card of the last one was declined.
///
/// Nobody else is there, so everybody is served. And whoever is told "done" or "declined" finds it saved: the order's status, its entry
/// in the audit log, and the charge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OneByOne {
    /// Customers who could not pay, or who were not told that their card was declined.
    pub pays_failed: u64,
    /// Customers who could not cancel.
    pub cancels_failed: u64,
    /// Customers who had their answer before it was saved.
    pub answers_before_saved: u64,
}

/// A runtime that stands still between requests, and a pool with one connection: what a request left to a task of its own, to be done
/// later, is not done when we look.
#[derive(Debug)]
pub struct Alone {
    /// A [`closed_pool`].
    pub pool: AnyPool,
    /// With one thread, so that time can be moved on it.
    pub runtime: Runtime,
}

impl Surroundings {
    /// A shop with a single connection for customers who come one by one.
    ///
    /// # Errors
    /// The database or the machine fails.
    pub fn alone(&self) -> Result<Alone, StoreError> {
        let started = Builder::new_current_thread().enable_all().build();
        let runtime = started.map_err(|source| StoreError::Io { doing: "start a runtime".into(), source })?;
        let pool = runtime.block_on(closed_pool(&self.url, ALONE))?;
        Ok(Alone { runtime, pool })
    }

    /// Five customers, each with another order, come one by one.
    ///
    /// # Errors
    /// The database or the machine fails.
    pub fn one_by_one(
        &self,
        Alone { runtime, pool }: &Alone,
        checkout: Checkout,
        orders: &[Order; 5],
    ) -> Result<OneByOne, StoreError> {
        let [pays, pays_too, leaves, leaves_too, card] = orders;
        let mut seen = OneByOne::default();
        let gateway = self.provider.gateway();
        for order in [pays, pays_too] {
            let answer = runtime.block_on((checkout.pay)(pool, &gateway, &order.reference));
            let is_served = Refusal::or_machine_trouble(answer)?.is_ok();
            seen.pays_failed += u64::from(!is_served);
            seen.answers_before_saved += self.before_saved(order, is_served, paid(order))?;
        }
        for order in [leaves, leaves_too] {
            let answer = runtime.block_on((checkout.cancel)(pool, &order.reference));
            let is_served = Refusal::or_machine_trouble(answer)?.is_ok();
            seen.cancels_failed += u64::from(!is_served);
            seen.answers_before_saved += self.before_saved(order, is_served, cancelled(order))?;
        }
        let opened = Provider::open(runtime.handle(), answering(async |_| Reply::Declined));
        let declining = opened.map_err(|source| StoreError::Io { doing: "open a payment gateway".into(), source })?;
        let answer = runtime.block_on((checkout.pay)(pool, &declining.gateway(), &card.reference));
        let is_told = matches!(Refusal::or_machine_trouble(answer)?, Err(Refusal::Declined));
        seen.pays_failed += u64::from(!is_told);
        seen.answers_before_saved += self.before_saved(card, is_told, is(card, PENDING, &["declined"], 0))?;
        Ok(seen)
    }

    fn before_saved(&self, order: &Order, is_told: bool, right: OrderState) -> Result<u64, StoreError> {
        let states = self.states(from_ref(&order.reference))?;
        Ok(u64::from(is_told && states != [right]))
    }
}
