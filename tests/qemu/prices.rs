// SPDX-License-Identifier: BSD-2-Clause
//! Nobody pays less than it takes (SPEC S-4): the price of each operation is at least what it was measured to cost.

use std::time::Duration;

use partenza_protocol::Op;
use partenza_protocol::price::{UNIT, price};
use partenza_tests::image::Image;
use partenza_tests::machine::Machine;
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

/// Requests of a script, `LAST` being the last service of the plan but one.
const REQUESTS: &[(Op, &str)] = &[
    (Op::Next, "next"),
    (Op::Health, "health"),
    (Op::Emit, "emit:1"),
    (Op::Emit, "emit:160"),
    (Op::List, "list"),
    (Op::Status, "status:LAST"),
    (Op::Log, "log"),
    (Op::Log, "log:100"),
    (Op::Registers, "registers"),
    (Op::Grants, "grants:LAST"),
    (Op::BootReport, "boot"),
    (Op::Version, "version"),
    (Op::Uptime, "uptime"),
    (Op::Subscribe, "subscribe"),
    (Op::Audit, "audit:LAST"),
    (Op::Start, "start:LAST"),
    (Op::Restart, "restart:LAST"),
    (Op::Crash, "crash:LAST"),
    (Op::Stop, "stop:LAST"),
    (Op::Start, "start:LAST"),
    (Op::Disable, "disable:LAST"),
    (Op::Enable, "enable:LAST"),
];

/// With so many services, in all; the last ones have names that are looked for longest.
fn nothing_costs_more_than_its_price(kernel: Kernel, count: usize) {
    let last = format!("t{:03}", count - 2);
    let steps: Vec<String> = REQUESTS
        .iter()
        .flat_map(|(_, request)| {
            let request = request.replace("LAST", &last);
            ["wait:5".to_owned(), format!("cost:{request}")]
        })
        .chain(["shutdown".to_owned()])
        .collect();
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let name = format!("prices-{count}");
    let mut asker = Service::new("asker", "script", 9).args(&steps).priority(20);
    for op in ["registers", "start", "stop", "restart", "enable", "disable", "crash", "shutdown"] {
        asker = asker.may(op);
    }
    let system = (0..count - 1)
        .fold(System::new(&name), |system, index| {
            system.with(Service::new(&format!("t{index:03}"), "trivial", 2).critical(index == 0))
        })
        .with(asker)
        .config("overload: {requests: 1000000}");
    let machine = Machine::new(&Image::of(kernel, &name, &system)).parameter("quiet", "on");
    let outcome = machine.deadline(Duration::from_secs(200)).run();
    outcome.must_have_ended();
    let mut said = outcome.log.lines("asker").into_iter();
    let mut dear = Vec::new();
    for (op, request) in REQUESTS {
        // Version, level and length come before a line.
        let length = request.rsplit(':').next().and_then(|length| length.parse::<usize>().ok());
        let bytes = if *op == Op::Emit { length.unwrap_or(0) + 4 } else { 8 };
        let begin = format!("cost:{} took ", request.replace("LAST", &last));
        let took = said.find_map(|(_, text)| text.strip_prefix(&begin)?.parse().ok());
        let took: u64 = took.unwrap_or_else(|| panic!("it does not say what {request} took\n{outcome}"));
        let pays = u64::from(price(Some(*op), bytes)) * UNIT;
        println!("{count:>4} services: {request:<16} takes {took:>8}, pays {pays:>8}");
        if took > pays {
            dear.push(format!("{request} takes {took} and pays {pays}"));
        }
    }
    outcome.same("what takes more than it pays", dear, vec![]);
}

#[test]
fn nothing_costs_more_than_its_price_with_few_services() {
    nothing_costs_more_than_its_price(Kernel::Debug, 12);
}

#[test]
fn nothing_costs_more_than_its_price_with_many_services() {
    nothing_costs_more_than_its_price(Kernel::Debug, 400);
}
