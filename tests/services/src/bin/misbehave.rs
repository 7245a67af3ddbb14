// SPDX-License-Identifier: BSD-2-Clause
//! Breaks one rule, which its first argument names. Where a mode goes on living, it says in `Message` events what it
//! was answered: `OP answered PZ-E0406`, or `OP answered ok`.
//!
//! | mode | does |
//! |---|---|
//! | `silent` | says nothing at all |
//! | `never-ready` | hello, and nothing more |
//! | `mute` | hello, and takes every message without a word |
//! | `spin` | hello, and an endless loop |
//! | `deaf` | hello, ready, and no answer to anything that the Supervisor wants |
//! | `exit` | hello, then `Stopped` with code 3 before ready |
//! | `fault KIND` | hello, then that fault before ready |
//! | `fault-after-ready KIND` | hello, ready, then that fault |
//! | `wrong-name [NAME]` | ready as NAME, without one as `somebody` |
//! | `wrong-version` | ready with version 99.0.0 |
//! | `wrong-interface` | ready with an interface `test/other` more than its manifest |
//! | `wrong-abi` | hello of another version of the supervisor interface |
//! | `wrong-secret` | hello with one bit of the secret wrong, then ready |
//! | `ready-without-hello` | ready first, then nothing more |
//! | `hello-twice` | hello, hello, ready |
//! | `ready-twice` | hello, ready, ready |
//! | `forge NAME` | a message in a fault's form, one of no content, ready as NAME without hello; then its own hello and ready, then ready as NAME |
//! | `garbage [COUNT]` | COUNT (16) messages of noise, then hello, ready, and ten times as many |
//! | `flood` | hello, then lines without end |
//! | `flood-after-ready` | hello, ready, then lines without end |
//! | `overreach` | hello, ready, then every operation that changes something, ungranted |
//!
//! Kinds of faults: `null-write`, `null-read`, `panic`, `long-panic`, `ud2`, `stack-overflow`, `write-text`, `jump`, `divide`,
//! `privileged`, `breakpoint`, `unknown-syscall`, `missing-cap`.
#![no_std]
#![no_main]

#[path = "misbehave/faults.rs"]
mod faults;
#[path = "misbehave/noise.rs"]
mod noise;

use partenza_protocol::control::{Hello, Level, MAX_PROVIDES, Provided, ServiceReady, Stopped};
use partenza_protocol::{ABI, Op, Secret};
use partenza_service::{Code, Context, ServiceError, give_up};
use partenza_test_services::spin;
use sel4_microkit::{ChannelSet, Handler, Infallible, protection_domain, slots};

/// What is left of a service that still lives: it answers nothing and nobody.
struct Quiet;

impl Handler for Quiet {
    type Error = Infallible;

    fn notified(&mut self, _channels: ChannelSet) -> Result<(), Infallible> {
        Ok(())
    }
}

/// A ready report that can be wrong.
struct Ready<'a> {
    name: &'a str,
    version: &'a str,
    more: Option<Provided<'a>>,
}

impl<'a> Ready<'a> {
    fn own(context: &'a Context) -> Self {
        Self { name: context.name(), version: context.startup().version(), more: None }
    }

    fn send(&self, context: &Context) -> Result<(), Code> {
        let items = context.startup().provides().filter_map(|item| item.split_once('@'));
        let own = items.map(|(interface, version)| Provided { interface, version });
        let provides: heapless::Vec<_, MAX_PROVIDES> = own.chain(self.more).take(MAX_PROVIDES).collect();
        let endpoint = context.startup().serves();
        let ready = ServiceReady { name: self.name, endpoint, version: self.version, provides };
        context.supervisor().tell(Op::Ready.label(), &ready)
    }
}

/// Says what an attempt was answered.
fn tell(context: &Context, what: &str, answer: Result<(), Code>) {
    match answer {
        Ok(()) => context.log(Level::Info, format_args!("{what} answered ok")),
        Err(code) => context.log(Level::Info, format_args!("{what} answered {code}")),
    }
}

fn flood(context: &Context) -> ! {
    loop {
        context.emit(Level::Info, "and another line");
    }
}

fn misbehave(context: &Context) -> Result<(), Code> {
    let startup = *context.startup();
    let mut args = startup.args();
    let mode = args.next().ok_or(ServiceError::BadArgument)?;
    let argument = args.next();
    let supervisor = context.supervisor();
    let ready = Ready::own(context);
    match mode {
        "silent" => {}
        "never-ready" => context.hello()?,
        "mute" => {
            context.hello()?;
            loop {
                sel4::cap::Endpoint::from_bits(slots::INPUT).recv(());
            }
        }
        "spin" => {
            context.hello()?;
            spin()
        }
        "deaf" => {
            context.hello()?;
            context.ready()?;
        }
        "exit" => {
            context.hello()?;
            supervisor.tell(Op::Stopped.label(), &Stopped { code: 3 })?;
        }
        "fault" => {
            context.hello()?;
            faults::fault(argument.ok_or(ServiceError::BadArgument)?)?;
        }
        "fault-after-ready" => {
            context.hello()?;
            context.ready()?;
            faults::fault(argument.ok_or(ServiceError::BadArgument)?)?;
        }
        "wrong-name" => {
            context.hello()?;
            let name = argument.unwrap_or("somebody");
            tell(context, "ready", Ready { name, ..ready }.send(context));
        }
        "wrong-version" => {
            context.hello()?;
            tell(context, "ready", Ready { version: "99.0.0", ..ready }.send(context));
        }
        "wrong-interface" => {
            context.hello()?;
            let more = Some(Provided { interface: "test/other", version: "1.0.0" });
            tell(context, "ready", Ready { more, ..ready }.send(context));
        }
        "wrong-abi" => {
            let hello = Hello { secret: startup.secret(), abi: ABI + 1 };
            tell(context, "hello", supervisor.tell(Op::Hello.label(), &hello));
        }
        "wrong-secret" => {
            let Secret(mut secret) = startup.secret();
            secret[15] ^= 1;
            let hello = Hello { secret: Secret(secret), abi: ABI };
            tell(context, "hello", supervisor.tell(Op::Hello.label(), &hello));
            tell(context, "ready", ready.send(context));
        }
        "ready-without-hello" => tell(context, "ready", ready.send(context)),
        "hello-twice" => {
            context.hello()?;
            tell(context, "hello", context.hello());
            ready.send(context)?;
        }
        "ready-twice" => {
            context.hello()?;
            ready.send(context)?;
            tell(context, "ready", ready.send(context));
        }
        "forge" => {
            let name = argument.ok_or(ServiceError::BadArgument)?;
            tell(context, "fault", noise::fault_message(&supervisor));
            tell(context, "signal", supervisor.signal(0));
            tell(context, "ready", Ready { name, ..Ready::own(context) }.send(context));
            context.hello()?;
            ready.send(context)?;
            tell(context, "ready", Ready { name, ..Ready::own(context) }.send(context));
        }
        "garbage" => {
            let count = argument.map_or(Ok(16), str::parse).map_err(|_| ServiceError::BadArgument)?;
            noise::garbage(&supervisor, count);
            context.hello()?;
            ready.send(context)?;
            noise::garbage(&supervisor, 10 * count);
            context.log(Level::Info, format_args!("sent {} messages of noise", 11 * count));
        }
        "flood" => {
            context.hello()?;
            flood(context)
        }
        "flood-after-ready" => {
            context.hello()?;
            context.ready()?;
            flood(context)
        }
        "overreach" => {
            context.hello()?;
            context.ready()?;
            for op in Op::ALL.iter().filter(|op| !op.allowed_by_default()) {
                tell(context, op.name(), supervisor.signal(op.label()));
            }
        }
        _ => return Err(ServiceError::BadArgument.code()),
    }
    Ok(())
}

#[protection_domain]
fn init() -> impl Handler {
    let context = Context::find();
    match misbehave(&context) {
        Ok(()) => Quiet,
        Err(code) => give_up(&context, code),
    }
}
