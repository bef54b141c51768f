//! The other ways answer as the contract demands: a figure beside a wrong answer says nothing.

use std::process::Command;

#[test]
fn all_ways_keep_the_contract() {
    let output = Command::new(env!("CARGO_BIN_EXE_solution-08-slow-report"))
        .args(["check", "--smoke"])
        .output()
        .expect("the program was built for this test");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains(r#"{"type":"checked""#), "{said}");
    for way in ["statements mended", "statements and text mended", "text and JSON mended"] {
        assert!(said.contains(&format!("{way}: a wholesale order")), "{way} was not checked: {said}");
    }
}
