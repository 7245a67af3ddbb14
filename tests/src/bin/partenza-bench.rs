// SPDX-License-Identifier: BSD-2-Clause
//! `make bench`: prints what a boot costs, as tables or, with `--json`, as one JSON object.

use std::process::ExitCode;

use partenza_tests::bench::Report;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let json = match arguments.as_slice() {
        [] => false,
        [only] if only == "--json" => true,
        _ => {
            eprintln!("usage: partenza-bench [--json]");
            return ExitCode::from(2);
        }
    };
    let report = Report::measure();
    if json {
        println!("{:#}", report.json());
    } else {
        print!("{report}");
    }
    if report.repeats { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
