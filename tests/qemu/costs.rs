// SPDX-License-Identifier: BSD-2-Clause
//! What `make bench` measures stays within its targets.

use partenza_tests::bench::{Report, Target, readme};
use partenza_tests::tools;

#[test]
fn every_target_is_met_and_the_numbers_repeat() {
    let report = Report::measure();
    let missed: Vec<Target> = report.targets().into_iter().filter(|target| !target.is_met()).collect();
    assert!(missed.is_empty(), "missed: {missed:#?}\n{report}");
    assert!(report.repeats, "{report}");
    let page = std::fs::read_to_string(tools::root().join("README.md")).expect("the README is there");
    for row in readme::rows(&report) {
        assert!(page.lines().any(|line| line == row), "the README has not this row of its costs:\n{row}");
    }
}
