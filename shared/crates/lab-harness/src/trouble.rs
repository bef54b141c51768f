//! What is the machine's trouble, and nobody's code.

/// The machine did not give what any program of the lab needs: put it into the context of an error, and the run is no verdict on
/// anybody's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MachineTrouble;

impl std::fmt::Display for MachineTrouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("this machine cannot run the lab now")
    }
}

impl std::error::Error for MachineTrouble {}
