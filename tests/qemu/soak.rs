// SPDX-License-Identifier: BSD-2-Clause
//! A short form of `make soak`.

use std::time::Duration;

use partenza_tests::soak::{Calls, Soak};

#[test]
fn restarts_and_deaths_at_random_leave_nothing_behind_and_no_event_unaccounted_for() {
    let soak = Soak { restarts: 40, crashes: 60, seed: 7, deadline: Duration::from_secs(120) };
    let outcome = soak.run("soak-short");
    assert!(outcome.proofs > 100 && outcome.events > 1_000, "{outcome:?}");
}

#[test]
fn deaths_inside_calls_leave_every_call_answered_or_made_again() {
    let calls = Calls { calls: 60, seed: 7, deadline: Duration::from_secs(120) };
    let tally = calls.run("soak-calls-short");
    let enough = tally.deaths > 50 && tally.refused > 20 && tally.repeated > 20 && tally.answered > 200;
    assert!(enough, "{tally:?}");
}
