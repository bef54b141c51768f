//! Does nothing. Cargo only looks at build dependencies, and at their features, where there is a build script.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}
