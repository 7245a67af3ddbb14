// SPDX-License-Identifier: BSD-2-Clause
//! `policy`: may the caller do this? Serves `policy/decisions`.
//!
//! The rules are the service's arguments, one each: `allow SUBJECT ACTION OBJECT`, `*` for anything. What no rule
//! allows is denied. An argument that is no rule stops the service before it is ready: a rule that nobody can read is
//! worse than none.
//!
//! Its channel to `axiom/log` is read only. At start it reads the log, verifies the chain, and sees its append
//! refused, so that every boot shows that rights hold.
#![no_std]
#![no_main]

use core::fmt::Write;

use partenza_interfaces::decisions::{DECIDE, Rule, decide};
use partenza_interfaces::log::{APPEND, Append, Appended, QUERY, Query, Slice};
use partenza_service::{
    Answered, Call, Code, Context, InfoText, Level, Message, Service, ServiceError, serve,
};
use sel4_microkit::{Handler, protection_domain};

struct Policy {
    rules: u16,
    allowed: u32,
    denied: u32,
}

impl Service for Policy {
    fn start(&mut self, context: &Context) -> Result<(), Code> {
        for rule in context.startup().args() {
            Rule::parse(rule).ok_or(ServiceError::BadArgument)?;
            self.rules += 1;
        }
        read_the_log(context)
    }

    fn call(&mut self, context: &Context, call: &mut Call<'_>) -> Result<Answered, Code> {
        match call.label() {
            DECIDE => {
                call.needs_read()?;
                let verdict = decide(context.startup().args(), call.client(), &call.request()?);
                let count = match verdict {
                    partenza_interfaces::decisions::Verdict::Allowed { .. } => &mut self.allowed,
                    partenza_interfaces::decisions::Verdict::Denied => &mut self.denied,
                };
                *count = count.saturating_add(1);
                call.answer(&verdict)
            }
            _ => call.unknown(),
        }
    }

    fn describe(&self, _context: &Context, text: &mut InfoText) {
        // Text never fails.
        let _ = write!(
            text,
            "decides by {} rules, denies by default\n{} questions allowed, {} denied",
            self.rules, self.allowed, self.denied
        );
    }
}

fn read_the_log(context: &Context) -> Result<(), Code> {
    let log = context.peer("axiom/log")?;
    let mut message = Message::new();
    message.put(&Query { from: 0 }).map_err(|_| ServiceError::Malformed)?;
    log.exchange(QUERY, &mut message)?;
    let slice: Slice<'_> = message.get().map_err(|_| ServiceError::Malformed)?;
    slice.verify().ok_or(ServiceError::BrokenChain)?;
    let total = slice.total;
    match log.ask::<_, Appended>(APPEND, &Append { payload: b"policy was here" }) {
        Ok(_) => context.emit(Level::Error, "axiom/log took an append from a channel that is read only"),
        Err(code) => context.log(
            Level::Info,
            format_args!("axiom/log: the chain of {total} is intact, an append is refused ({code})"),
        ),
    }
    Ok(())
}

#[protection_domain]
fn init() -> impl Handler {
    serve(Policy { rules: 0, allowed: 0, denied: 0 })
}
