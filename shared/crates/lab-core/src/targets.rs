//! The targets of the Makefile.

/// Verbs as Make targets, in the order in which a learner needs them.
pub const TARGETS: &[(&str, &str)] = &[
    ("lab-NN", "run the lab and see the symptom"),
    ("profile-NN", "CPU flamegraph"),
    ("flamediff-NN", "what your edit changed in the flamegraph"),
    ("offcpu-NN", "what threads wait for (root, perf)"),
    ("heap-NN", "who asks for memory"),
    ("console-NN", "tasks of an asynchronous lab, and who keeps the thread"),
    ("dump-NN", "what every thread does, and who holds which lock"),
    ("serve-NN", "run a service, to send it requests"),
    ("load", "send load to a service, and compare with its objectives"),
    ("bench-NN", "Criterion benchmarks"),
    ("hint-NN", "the next of four hints"),
    ("answer-NN", "state your diagnosis"),
    ("verify-NN", "judge your fix"),
    ("watch-NN", "judge it at every save"),
    ("diff-NN", "your change; once SOLVED the solution's as well"),
    ("solution-NN", "run the solution"),
    ("reset-NN", "put the original back; your attempt is kept"),
    ("list", "labs and progress"),
    ("report", "one page with everything that is kept of your runs"),
    ("board", "everybody's results on one page, for the trainer"),
    ("baseline", "keep what a program costs, and compare later runs"),
    ("doctor", "what this machine has and lacks"),
];
