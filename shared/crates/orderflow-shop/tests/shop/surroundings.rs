//! The shop's surroundings: what is seen of them, what stands in the way, and who holds the only connection.

use std::slice::from_ref;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use orderflow_payments::{Charge, accepting_after};
use orderflow_shop::obstacles::{CLOSED, never, shipped, unrecorded};
use orderflow_shop::orders::{PAID, PAYING, PENDING, change, find};
use orderflow_shop::state::{is, paid};
use orderflow_shop::{Checkout, CrowdPaid, Surroundings, audit};
use orderflow_store::throwaway::Throwaway;
use orderflow_store::{Backend, Scale, closed_pool};

/// Customers of a crowd.
const CROWD: u64 = 12;

/// On a database that goes away after the surroundings.
fn open() -> (Surroundings, Throwaway) {
    let database = Throwaway::create(Backend::Sqlite, None, &AtomicBool::new(false)).unwrap();
    let scale = Scale { seed: 7, orders: CROWD as usize, customers: 20, products: 10 };
    let surroundings = Surroundings::on(database.url(), &scale, accepting_after(Duration::ZERO)).unwrap();
    (surroundings, database)
}

#[test]
fn what_stands_in_the_way_of_an_order_stands_in_no_others() {
    let (around, _database) = open();
    around.execute(&(shipped(0) + &unrecorded(&[1, 2]) + &never(PAID, [3, 4]))).unwrap();
    let orders = &around.orders;
    let state = |order: usize| around.states(from_ref(&orders[order].reference)).unwrap().remove(0);
    assert_eq!(state(0), is(&orders[0], "shipped", &[], 0));
    around.runtime.block_on(async {
        for (id, is_recorded) in [(1, true), (2, false), (3, false), (4, true)] {
            assert_eq!(audit::record(&around.pool, id, "paid").await.is_ok(), is_recorded, "{id}");
        }
        assert!(change(&around.pool, 4, PENDING, PAID).await.is_err());
        change(&around.pool, 6, PENDING, PAID).await.unwrap();
    });
    assert_eq!(state(1).audit, [CLOSED]);
    assert_eq!(state(3).status, PENDING);
    assert_eq!(around.payments().unwrap(), [2, 2, 0], "the order that is in the other's way is paid, too");
    assert!(around.make_pending().is_err(), "obstacles stay");
}

#[test]
fn orders_that_are_made_pending_are_as_new() {
    let (around, _database) = open();
    let order = &around.orders[0];
    let state = || around.states(from_ref(&order.reference)).unwrap().remove(0);
    around.runtime.block_on(async {
        (LETS_GO.pay)(&around.pool, &around.provider.gateway(), &order.reference).await.unwrap();
    });
    assert_eq!(state(), paid(order));
    assert_eq!(around.payments().unwrap(), [1; 3]);
    around.make_pending().unwrap();
    assert_eq!(state(), is(order, PENDING, &[], 0));
    assert!(state().to_string().ends_with("is pending, audit log [], cents charged []"));
}

#[test]
fn nobody_gets_a_second_connection() {
    let (around, _database) = open();
    let pool = around.runtime.block_on(closed_pool(&around.url, Duration::from_millis(50))).unwrap();
    around.runtime.block_on(async {
        let first = pool.acquire().await.unwrap();
        assert!(pool.acquire().await.is_err());
        drop(first);
        pool.acquire().await.expect("it is handed back");
    });
}

/// Pays, and lets go of its connection before it asks the bank.
const LETS_GO: Checkout = Checkout {
    pay: |pool, gateway, reference| {
        Box::pin(async move {
            let order = find(pool, reference).await?;
            change(pool, order.id, PENDING, PAYING).await?;
            assert_eq!(gateway.charge(reference, order.total).await?, Charge::Accepted);
            change(pool, order.id, PAYING, PAID).await?;
            Ok(audit::record(pool, order.id, "paid").await?)
        })
    },
    cancel: |_, _| Box::pin(async { Ok(()) }),
};

/// Pays, and holds on to it.
const HOLDS_ON: Checkout = Checkout {
    pay: |pool, gateway, reference| {
        Box::pin(async move {
            let mut connection = pool.acquire().await?;
            let order = find(&mut *connection, reference).await?;
            gateway.charge(reference, order.total).await?;
            Ok(())
        })
    },
    ..LETS_GO
};

#[test]
fn a_bank_sees_who_holds_the_only_connection_and_who_is_not_served() {
    let (around, _database) = open();
    let right = CrowdPaid { calls_holding: 0, calls_at_once: CROWD, not_served: 0 };
    assert_eq!(around.crowd_pays(LETS_GO, &around.orders).unwrap(), right);
    around.make_pending().unwrap();
    let held = CrowdPaid { calls_holding: CROWD, calls_at_once: 1, not_served: CROWD };
    assert_eq!(around.crowd_pays(HOLDS_ON, &around.orders).unwrap(), held);
    assert_eq!(around.crowd_cancels(LETS_GO, &around.orders).unwrap(), CROWD, "nobody's cancellation is saved");
}
