//! `lab-load`: everything that is typed as `cargo lab load`.

mod program;

fn main() -> std::process::ExitCode {
    program::main()
}
