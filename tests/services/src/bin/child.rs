// SPDX-License-Identifier: BSD-2-Clause
//! A child of another protection domain (SPEC J-3). Does what its arguments say, one after the other, once it is ready,
//! and says when it has done all of it: `done`.
//!
//! | step | does |
//! |---|---|
//! | `wait:MILLISECONDS` | a busy pause |
//! | `fault:KIND` | faults, and says `went on after KIND` if somebody let it; kinds are those of `misbehave` |
//! | `forge:call`, `forge:send` | a message of its own to whom its faults go, as if it had faulted; says `forge:call answered` |
//! | `tell` | a line, to be heard of |
//! | `spin` | does not come back |
//!
//! `STEP@N` is for its N-th incarnation alone.
#![no_std]
#![no_main]

#[path = "misbehave/faults.rs"]
mod faults;

use partenza_service::{Code, Context, Level, Service, ServiceError, give_up, serve};
use partenza_test_services::{spin, wait};
use sel4::sys::{Kind, Registers, number, syscall};
use sel4_microkit::{Handler, protection_domain, slots};

struct Child;

/// In the form of a fault at address 1, of an instruction at 2.
fn forge(kind: Kind, number: i64) {
    let info = sel4::MessageInfo::new(5, 0, 0, 4).into_word();
    let input = Registers { cap_or_badge: slots::FAULT_ENDPOINT, info, mrs: [2, 1, 0, 0] };
    // SAFETY: a message, which touches no memory but the IPC buffer.
    unsafe { syscall(kind, number, input) };
}

fn perform(context: &Context, step: &str) -> Result<(), Code> {
    let (word, object) = step.split_once(':').unwrap_or((step, ""));
    match (word, object) {
        ("wait", milliseconds) => wait(milliseconds.parse().map_err(|_| ServiceError::BadArgument.code())?),
        ("fault", kind) => {
            // An error says that what should have faulted did not.
            let _ = faults::fault(kind);
            context.log(Level::Info, format_args!("went on after {kind}"));
        }
        ("forge", "call") => {
            forge(Kind::Call, number::Call);
            context.log(Level::Info, format_args!("{step} answered"));
        }
        ("forge", "send") => {
            forge(Kind::Send, number::Send);
            context.log(Level::Info, format_args!("{step} answered"));
        }
        ("tell", "") => context.emit(Level::Info, "here"),
        ("spin", "") => spin(),
        _ => return Err(ServiceError::BadArgument.code()),
    }
    Ok(())
}

impl Service for Child {
    fn started(&mut self, context: &Context) {
        for arg in context.startup().args() {
            let (step, incarnation) = arg.split_once('@').unwrap_or((arg, ""));
            let now = incarnation.is_empty() || incarnation.parse() == Ok(context.incarnation().0);
            if now && let Err(code) = perform(context, step) {
                give_up(context, code);
            }
        }
        context.emit(Level::Info, "done");
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(Child)
}
