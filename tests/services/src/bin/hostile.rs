// SPDX-License-Identifier: BSD-2-Clause
//! Attacks the system after its boot, in the way that its first argument names. What one incarnation learned the next
//! finds in the memory region `memo`, which outlives both; so an attack of which it dies goes on where it died.
//!
//! | mode | does |
//! |---|---|
//! | `replay` | keeps its secret and dies; the next life says hello with the old one, then with its own |
//! | `postcard` | each operation with every payload cut short, with something behind it, and with lengths that lie |
//! | `instructions` | privileged instructions and system calls that are not, one a life |
//! | `addresses` | reads and writes where others have something, one a life |
//! | `exhaust` | writes page after page until there is none |
//! | `walk` | every invocation that there is, on each slot |
//! | `slots` | a message to each CPtr up to 4096, and a receive on each that it has |
//! | `mint` | tries to get its capabilities again with more rights, and to give them to others |
//! | `revoke` | tries to take back and to turn off what it was given |
//! | `ports` | reads every port that there is, and says which it could read |
//! | `mute` | is ready, and never answers the Supervisor |
//! | `serve HOW` | serves `test/hostage`: `twice` replies twice, `spin` never comes back, `sleep` waits for ever with the call in its hand, `drop` forgets the call and goes on |
//! | `ask COUNT` | calls `test/hostage` that often once it is ready, and says what it was answered |
//! | `feint INTERFACE` | has in its registers what a call to that one has, for some milliseconds, and makes none |
//! | `alarm COUNT` | waits for interrupts of the PIT, says when it had COUNT, then unhooks them and dies |
#![no_std]
#![no_main]

#[path = "hostile/cspace.rs"]
mod cspace;
#[path = "hostile/memo.rs"]
mod memo;
#[path = "hostile/payloads.rs"]
mod payloads;
#[path = "hostile/processor.rs"]
mod processor;
#[path = "hostile/server.rs"]
mod server;

use partenza_protocol::control::{Hello, Welcome};
use partenza_protocol::{ABI, Op};
use partenza_service::{
    Answered, Call, Code, Context, Interrupt, Level, Service, ServiceError, crash, give_up, serve,
};
use sel4_microkit::{Handler, protection_domain};

use crate::memo::Memo;

#[derive(Default)]
struct Hostile {
    interrupts: u32,
}

fn argument(context: &Context, index: usize) -> &'static str {
    context.startup().args().nth(index).unwrap_or("")
}

impl Service for Hostile {
    fn start(&mut self, context: &Context) -> Result<(), Code> {
        match argument(context, 0) {
            "" => Err(ServiceError::BadArgument.code()),
            _ => Ok(()),
        }
    }

    fn started(&mut self, context: &Context) {
        match argument(context, 0) {
            "replay" if context.incarnation().0 == 1 => {
                Memo::keep_secret(context.startup().secret());
                crash(0)
            }
            "postcard" => payloads::attack(context),
            "instructions" => processor::instructions(context),
            "addresses" => processor::addresses(context),
            "exhaust" => processor::exhaust(context),
            "walk" => cspace::walk(context),
            "slots" => cspace::slots(context),
            "mint" => cspace::mint(context),
            "revoke" => cspace::revoke(context),
            "ports" => cspace::ports(context),
            "mute" => server::sleep(context),
            "serve" if argument(context, 1) == "drop" => server::drop_calls(context),
            "ask" => server::ask(context, argument(context, 1)),
            "feint" => server::feint(context, argument(context, 1)),
            "alarm" => server::listen(),
            _ => {}
        }
    }

    fn call(&mut self, context: &Context, call: &mut Call<'_>) -> Result<Answered, Code> {
        server::answer(context, argument(context, 1), call)
    }

    fn interrupt(&mut self, context: &Context, interrupt: Interrupt) {
        interrupt.acknowledge();
        self.interrupts += 1;
        server::alarm(context, self.interrupts, argument(context, 1));
    }
}

/// SPEC G-2: the secret of the life before opens nothing.
fn replay(context: &Context) -> Result<(), Code> {
    let hello = Hello { secret: Memo::secret(), abi: ABI };
    match context.supervisor().ask::<_, Welcome>(Op::Hello.label(), &hello) {
        Ok(_) => context.log(Level::Error, format_args!("the old secret was taken")),
        Err(code) => context.log(Level::Info, format_args!("the old secret answered {code}")),
    }
    Ok(())
}

#[protection_domain]
fn init() -> impl Handler {
    let context = Context::find();
    if argument(&context, 0) == "replay"
        && context.incarnation().0 > 1
        && let Err(code) = replay(&context)
    {
        give_up(&context, code);
    }
    serve(Hostile::default())
}
