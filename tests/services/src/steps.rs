// SPDX-License-Identifier: BSD-2-Clause
//! Steps that a service takes one after the other, as its arguments say; it tells what each was answered:
//! `stop:logger answered ok`, `stop:logger answered PZ-E0406`.
//!
//! | step | does |
//! |---|---|
//! | `wait:MILLISECONDS` | a busy pause; at a low priority it leaves the processor to everybody else |
//! | `count` | calls `test/count` and says `count answered N` |
//! | `count:INTERFACE` | calls that, and says `count:INTERFACE answered N` |
//! | `counts:N` | calls it N times and says how many were answered: `counts:N answered N` |
//! | `signal:INTERFACE` | signals who provides it, once |
//! | `tally:INTERFACE=N` | calls that N times and says `tally: N calls, M answered, K refused`: with `ServerDown`, not otherwise |
//! | `lookup:INTERFACE` | looks it up, in any release |
//! | `switch:INTERFACE=SERVICE` | asks for that provider |
//! | `grant:SERVICE=INTERFACE` | asks that it be granted that call |
//! | `revoke:INTERFACE` | asks that everybody's grant be taken away |
//! | `spawn:SERVICE=ARGUMENT,…` | asks that it be started with these |
//! | `secret` | says the secret of its startup page, in hexadecimal |
//! | `subscribe` | asks to be told of events; says `told` the first time that it is |
//! | `flood:N` | N questions without a pause; says how many were answered |
//! | `lines:N` | writes so many lines of different length |
//! | `latency:N` | N questions, each after a busy pause of 1 ms; says how many ticks half of them took at most |
//! | `time:OPERATION` | asks ten times for it, and says `time:uptime took LEAST to MOST`, in ticks of the TSC |
//! | `time:OPERATION:SERVICE` | the same, for that service |
//! | `cost:REQUEST` | makes that request three times, and says `cost:uptime took MOST`: ticks of the call, and those that others had the processor within 3 ms after |
//! | `crashes:log`, `crashes:registers` | reads the whole log that way, and says `log tells N crashes, M registers` |
//! | `emit:LENGTH` | says a line of so many characters, and what was answered |
//! | `watch:MILLISECONDS` | says `watch:200 lost LONGEST at most, TOTAL in all, N times`: ticks that others had the processor |
//! | `OPERATION` | asks the Supervisor for it |
//! | `OPERATION:SERVICE` | asks the Supervisor for it, for that service |

mod crashes;
mod measure;
mod request;

use partenza_protocol::Op;
use partenza_protocol::error::SupervisorError;
use partenza_protocol::request::{Grant, Release, Revoke, Spawn, Switch, Uptime};
use partenza_service::{Code, Context, Level, ServiceError};

use crate::{COUNT, tsc, wait};
use request::{number, request};

/// Characters of the longest of `lines`, and one.
const LONGEST: u32 = 60;
/// Questions that `latency` can ask.
const MAX_SAMPLES: usize = 128;

fn ask(context: &Context) -> bool {
    context.supervisor().get::<Uptime>(Op::Uptime.label()).is_ok()
}

/// How long half of the questions took at most.
fn latency(context: &Context, count: u32) -> u64 {
    let mut samples = [0; MAX_SAMPLES];
    let count = (count as usize).clamp(1, MAX_SAMPLES);
    for sample in &mut samples[..count] {
        wait(1);
        let begin = tsc();
        ask(context);
        *sample = tsc().wrapping_sub(begin);
    }
    samples[..count].sort_unstable();
    samples[count / 2]
}

/// Takes one step, and says what came of it.
///
/// # Errors
/// There is no such step, or nothing to take it with.
pub fn perform(context: &Context, step: &str) -> Result<(), Code> {
    let (word, object) = match step.split_once(':') {
        None => (step, None),
        Some((word, object)) => (word, Some(object)),
    };
    let outcome = match (word, object) {
        ("wait", Some(milliseconds)) => {
            wait(number(milliseconds)?.into());
            return Ok(());
        }
        ("counts", Some(count)) => {
            let witness = context.peer("test/count")?;
            let answered = (0..number(count)?).filter(|_| witness.get::<u32>(COUNT).is_ok()).count();
            context.log(Level::Info, format_args!("{step} answered {answered}"));
            return Ok(());
        }
        ("tally", Some(what)) => return tally(context, what),
        ("flood", Some(count)) => {
            let answered = (0..number(count)?).filter(|_| ask(context)).count();
            context.log(Level::Info, format_args!("{step} answered {answered}"));
            return Ok(());
        }
        ("lines", Some(count)) => {
            for line in 0..number(count)? {
                context.log(Level::Info, format_args!("{line:.<0$}", (line % LONGEST) as usize));
            }
            return Ok(());
        }
        ("latency", Some(count)) => {
            let ticks = latency(context, number(count)?);
            context.log(Level::Info, format_args!("{step} answered {ticks}"));
            return Ok(());
        }
        ("signal", Some(interface)) => {
            context.peer(interface)?.channel().notify();
            return Ok(());
        }
        ("secret", None) => {
            let secret = u128::from_be_bytes(context.startup().secret().0);
            context.log(Level::Info, format_args!("secret {secret:032x}"));
            return Ok(());
        }
        ("subscribe", None) => context.subscribe(true),
        ("lookup", Some(interface)) => {
            let any = Release { major: 0, minor: 0, patch: 0 };
            context.look_up(interface, any, None).map(drop)
        }
        ("switch", Some(what)) => {
            let (interface, provider) = what.split_once('=').ok_or(ServiceError::BadArgument.code())?;
            context.supervisor().tell(Op::Switch.label(), &Switch { interface, provider })
        }
        ("count", interface) => match context.peer(interface.unwrap_or("test/count"))?.get::<u32>(COUNT) {
            Ok(count) => {
                context.log(Level::Info, format_args!("{step} answered {count}"));
                return Ok(());
            }
            Err(code) => Err(code),
        },
        ("time", Some(what)) => return measure::time(context, what),
        ("cost", Some(what)) => return measure::cost(context, what),
        ("crashes", Some(op)) => {
            let answered =
                crashes::crashes(context, Op::from_name(op).ok_or(ServiceError::BadArgument.code())?);
            if answered.is_ok() {
                return Ok(());
            }
            answered
        }
        ("watch", Some(milliseconds)) => {
            measure::watch(context, number(milliseconds)?.into());
            return Ok(());
        }
        ("grant", Some(what)) => {
            let (client, interface) = what.split_once('=').ok_or(ServiceError::BadArgument.code())?;
            context.supervisor().tell(Op::Grant.label(), &Grant { client, interface })
        }
        ("revoke", Some(interface)) => {
            context.supervisor().tell(Op::Revoke.label(), &Revoke { client: None, interface })
        }
        ("spawn", Some(what)) => {
            let (name, args) = what.split_once('=').ok_or(ServiceError::BadArgument.code())?;
            let args = args.split(',').collect();
            context.supervisor().tell(Op::Spawn.label(), &Spawn { name, args })
        }
        _ => request(context, step),
    };
    match outcome {
        Ok(()) => context.log(Level::Info, format_args!("{step} answered ok")),
        Err(code) => context.log(Level::Info, format_args!("{step} answered {code}")),
    }
    Ok(())
}

/// Calls again and again, and says what became of the calls.
fn tally(context: &Context, what: &str) -> Result<(), Code> {
    let (interface, calls) = what.split_once('=').ok_or(ServiceError::BadArgument.code())?;
    let (server, calls) = (context.peer(interface)?, number(calls)?);
    let (mut answered, mut refused) = (0u32, 0u32);
    for _ in 0..calls {
        match server.get::<u32>(COUNT) {
            Ok(_) => answered += 1,
            Err(code) if code == SupervisorError::ServerDown.code() => refused += 1,
            Err(code) => context.log(Level::Error, format_args!("tally: {code}")),
        }
    }
    context.log(Level::Info, format_args!("tally: {calls} calls, {answered} answered, {refused} refused"));
    Ok(())
}
