// SPDX-License-Identifier: BSD-2-Clause
//! `make soak`: 10,000 restarts of one service and 1,000 deaths of any, in one run; then some 2,000 deaths inside calls.
//! `partenza-soak [SEED]`.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use partenza_tests::soak::{Calls, Soak};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let seed = match arguments.next().map(|seed| seed.parse()) {
        None => 1,
        Some(Ok(seed @ 1..)) => seed,
        Some(_) => {
            eprintln!("usage: partenza-soak [SEED]");
            return ExitCode::from(2);
        }
    };
    let soak = Soak { restarts: 10_000, crashes: 1_000, seed, deadline: Duration::from_secs(3_600) };
    let begin = Instant::now();
    let outcome = soak.run("soak");
    println!(
        "seed {seed}: {} restarts and {} deaths in {} s of the machine's time and {} s of the host's.\n\
         {} services had used up their restarts and were started again. {} events, none missing; {} proofs that \
         nothing was left.",
        soak.restarts,
        soak.crashes,
        outcome.time / 1_000_000,
        begin.elapsed().as_secs(),
        outcome.revived,
        outcome.events,
        outcome.proofs
    );
    let begin = Instant::now();
    let calls = Calls { calls: 1_500, seed, deadline: Duration::from_secs(3_600) };
    let tally = calls.run("soak-calls");
    println!(
        "{} deaths inside calls in {} s of the host's: {} calls answered, {} refused, {} made again.",
        tally.deaths,
        begin.elapsed().as_secs(),
        tally.answered,
        tally.refused,
        tally.repeated
    );
    ExitCode::SUCCESS
}
