//! Prints without an end, and without an end of line: whoever reads it must not keep all of it.

use std::io::Write;

use orderflow::Order;

/// One line per order: reference, country, weight, total.
pub fn carrier_manifest(_orders: &[Order]) -> String {
    let mut out = std::io::stdout();
    loop {
        let _ = out.write_all(&[b'x'; 65_536]);
    }
}
