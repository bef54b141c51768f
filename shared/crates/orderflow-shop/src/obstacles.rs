//! Statements after which some orders cannot be changed, so that a change fails halfway. Orders are named by their position from 0.
//!
//! An index over all orders would be in the way of the others as well, so each is over a few. They stay until the database goes away.

/// The one entry of an order whose audit log takes no other.
pub const CLOSED: &str = "closed for the audit";

/// The order is with the carrier already.
pub fn shipped(order: usize) -> String {
    format!("UPDATE orders SET status = 'shipped' WHERE id = {};", order + 1)
}

/// The audit log takes no entry for these orders.
pub fn unrecorded(orders: &[usize]) -> String {
    let ids: Vec<String> = orders.iter().map(|order| (order + 1).to_string()).collect();
    let entry = |id: &String| format!("INSERT INTO audit_log (order_id, action, at) VALUES ({id}, '{CLOSED}', 0);");
    let (entries, ids) = (ids.iter().map(entry).collect::<String>(), ids.join(", "));
    format!("{entries}CREATE UNIQUE INDEX closed ON audit_log (order_id) WHERE order_id IN ({ids});")
}

/// The first order cannot get this status, because the other one has it.
pub fn never(status: &str, [order, other]: [usize; 2]) -> String {
    let (order, other) = (order + 1, other + 1);
    format!(
        "UPDATE orders SET status = '{status}' WHERE id = {other};
         CREATE UNIQUE INDEX one_{status} ON orders (status) WHERE id IN ({order}, {other});"
    )
}
