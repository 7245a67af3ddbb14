// SPDX-License-Identifier: BSD-2-Clause
//! Does what its arguments say, one after the other, once it is ready, and says what each was answered:
//! `stop:logger answered ok`, `stop:logger answered PZ-E0406`.
//!
//! | step | does |
//! |---|---|
//! | `wait:MILLISECONDS` | a busy pause; at a low priority it leaves the processor to everybody else |
//! | `count` | calls `test/count` and says `count answered N` |
//! | `OPERATION` | asks the Supervisor for it |
//! | `OPERATION:SERVICE` | asks the Supervisor for it, for that service |
#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use partenza_protocol::Op;
use partenza_protocol::request::Target;
use partenza_service::{Code, Context, Level, Service, ServiceError, give_up, serve};
use partenza_test_services::{COUNT, wait};
use sel4_microkit::{Handler, protection_domain};

struct Script;

fn perform(context: &Context, step: &str) -> Result<(), Code> {
    let (word, object) = match step.split_once(':') {
        None => (step, None),
        Some((word, object)) => (word, Some(object)),
    };
    let outcome = match (word, object) {
        ("wait", Some(milliseconds)) => {
            wait(milliseconds.parse().map_err(|_| ServiceError::BadArgument.code())?);
            return Ok(());
        }
        ("count", None) => match context.peer("test/count")?.get::<u32>(COUNT) {
            Ok(count) => {
                context.log(Level::Info, format_args!("count answered {count}"));
                return Ok(());
            }
            Err(code) => Err(code),
        },
        (word, object) => {
            let op = Op::from_name(word).ok_or(ServiceError::BadArgument.code())?;
            match object {
                None => context.supervisor().signal(op.label()),
                Some(name) => context.supervisor().tell(op.label(), &Target { name }),
            }
        }
    };
    match outcome {
        Ok(()) => context.log(Level::Info, format_args!("{step} answered ok")),
        Err(code) => context.log(Level::Info, format_args!("{step} answered {code}")),
    }
    Ok(())
}

impl Service for Script {
    fn started(&mut self, context: &Context) {
        for step in context.startup().args() {
            if let Err(code) = perform(context, step) {
                give_up(context, code);
            }
        }
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(Script)
}
