//! `cutover --help`, whole process. Target: under 10 ms.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 51;

fn main() {
    let help = || {
        let start = Instant::now();
        let status = Command::new(env!("CARGO_BIN_EXE_cutover"))
            .arg("--help")
            .stdout(Stdio::null())
            .status()
            .expect("the program starts");
        assert!(status.success(), "help is no mistake");
        start.elapsed()
    };
    help();
    let mut took: Vec<Duration> = (0..RUNS).map(|_| help()).collect();
    took.sort_unstable();
    let ms = |span: Duration| span.as_secs_f64() * 1e3;
    println!(
        "cutover --help: {:.2} ms of wall time, median of {RUNS} ({:.2} to {:.2})",
        ms(took[RUNS / 2]),
        ms(took[0]),
        ms(took[RUNS - 1]),
    );
}
