// SPDX-License-Identifier: BSD-2-Clause
//! What is told of a boot that fails before there is a journal: on COM1, and on the event line once the plan says where
//! that is.

use core::fmt::Write;
use core::sync::atomic::Ordering::Relaxed;
use core::sync::atomic::{AtomicU16, AtomicU64};

use partenza_plan::archived::Plan;
use partenza_protocol::Code;
use partenza_protocol::event::Event;
use partenza_protocol::frame::{Body, MAX_FRAME, MAX_RECORD, frame};
use sel4::cap;

use crate::boot::handoff::{About, Failure};
use crate::machine::uart::Uart;

/// Where errors go before the plan says where the console is: COM1.
pub const CONSOLE: u16 = 0x3f8;

/// A capability to the ports of the console, and the first of them.
struct EarlyConsole {
    ports: AtomicU64,
    port: AtomicU16,
}

static EARLY: EarlyConsole = EarlyConsole { ports: AtomicU64::new(0), port: AtomicU16::new(0) };

/// Errors go there from here on.
pub fn set_console(ports: cap::IOPort, port: u16) {
    EARLY.ports.store(ports.bits(), Relaxed);
    EARLY.port.store(port, Relaxed);
}

/// Says what went wrong before there was a journal: on COM1, or where the plan has the console, as soon as Init holds that.
pub fn report(code: Code, detail: u64, more: core::fmt::Arguments<'_>) {
    let ports = sel4::CPtr::from_bits(EARLY.ports.load(Relaxed)).cast();
    let mut console = Uart::new(ports, EARLY.port.load(Relaxed));
    // Writing to a UART cannot fail.
    let _ = writeln!(console, "\nBoot failed: {code} {} [{detail:#x}]\n  {}{more}", code.text(), code.hint());
}

/// The same of a failed boot, with the memory region that could not be made.
pub fn report_failure(failure: &Failure) {
    let Failure { code, detail, about } = failure;
    match about {
        Some(About { region, service, .. }) => {
            report(*code, *detail, format_args!("\n  region `{region}` of `{service}` at {detail:#x}"));
        }
        None => report(*code, *detail, format_args!("")),
    }
}

/// Puts a failure on the event line, whose UART `ports` cover.
pub fn tell(plan: &Plan, ports: cap::IOPort, base: u16, failure: &Failure) {
    let mut line = Uart::new(ports, base);
    let culprit = failure.about.as_ref().and_then(|about| plan.find(about.service));
    let events = [
        Event::InitError { code: failure.code, detail: failure.detail },
        Event::BootFailed { code: failure.code, culprit },
    ];
    for (sequence, event) in (0..).zip(events) {
        let (mut record, mut out) = ([0; MAX_RECORD], [0; MAX_FRAME]);
        let Ok(record) = event.encode(sequence, 0, &mut record) else { continue };
        let Some(length) = frame(Body::Event(record), &mut out) else { continue };
        out[..length].iter().for_each(|byte| line.put(*byte));
    }
}
