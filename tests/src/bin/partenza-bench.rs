// SPDX-License-Identifier: BSD-2-Clause
//! `make bench`: prints what a boot costs, as tables or, with `--json`, as one JSON object. With `--against`, what another
//! revision cost stands beside it.

use std::fs;
use std::process::ExitCode;

use partenza_tests::bench::Report;
use partenza_tests::bench::against::Comparison;

const USAGE: &str =
    "usage: partenza-bench [--json] [--against REV FILE]   FILE holds what the bench of REV printed as JSON";

fn main() -> ExitCode {
    let (mut json, mut against) = (false, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => json = true,
            "--against" => match arguments.next().zip(arguments.next()) {
                Some(named) => against = Some(named),
                None => return wrong(USAGE),
            },
            _ => return wrong(USAGE),
        }
    }
    // What cannot be read is told before minutes of measuring.
    let then = match &against {
        None => None,
        Some((revision, file)) => match fs::read_to_string(file) {
            Ok(text) => Some((revision, text)),
            Err(error) => return wrong(&format!("{file}: {error}")),
        },
    };
    let report = Report::measure();
    let mut object = report.json();
    let comparison = match then.map(|(revision, text)| Comparison::of(revision, &text, &object)).transpose() {
        Ok(comparison) => comparison,
        Err(why) => return wrong(&why),
    };
    if json {
        if let Some(comparison) = &comparison {
            object["against"] = comparison.json();
        }
        println!("{object:#}");
    } else {
        print!("{report}");
        if let Some(comparison) = &comparison {
            print!("\n{comparison}");
        }
    }
    if report.repeats { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn wrong(why: &str) -> ExitCode {
    eprintln!("partenza-bench: {why}");
    ExitCode::from(2)
}
