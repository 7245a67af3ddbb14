// SPDX-License-Identifier: BSD-2-Clause
//! What `make bench` measures stays within its targets.

use partenza_tests::bench::{Report, Target};

#[test]
fn every_target_is_met_and_the_numbers_repeat() {
    let report = Report::measure();
    let missed: Vec<Target> = report.targets().into_iter().filter(|target| !target.is_met()).collect();
    assert!(missed.is_empty(), "missed: {missed:#?}\n{report}");
    assert!(report.repeats, "{report}");
}
