// SPDX-License-Identifier: BSD-2-Clause
//! Knocks at a server: calls that mean nothing, of every length, the same in every run. A server must answer each, with
//! whatever; one that dies or hangs of them is none.
//!
//! It says `answered 12` while it goes on and `answered 32 of 32` at the end, and is ready only then.
#![no_std]
#![no_main]

use partenza_protocol::Code;
use partenza_protocol::error::SupervisorError;
use partenza_service::{Context, Level, Service, ServiceError, serve};
use partenza_test_services::Noise;
use sel4_microkit::{Channel, Handler, MessageInfo, protection_domain, with_msg_regs_mut};

const CALLS: u32 = 32;
/// Words in a message at most, and 1.
const LENGTHS: u64 = 121;
/// Labels that no service's operation has: high ones, of 20 bits.
const LABELS: u64 = 0xf_0000;

struct Knocker;

impl Service for Knocker {
    fn start(&mut self, context: &Context) -> Result<(), Code> {
        let server = context.startup().channels().map(|channel| Channel::new(usize::from(channel.id)));
        let supervisor = context.supervisor().channel();
        let server = server.filter(|channel| *channel != supervisor).find(Channel::can_call);
        let server = server.ok_or(ServiceError::NoSuchChannel.code())?;
        let mut noise = Noise::new(0x0dd_ba11);
        for done in 0..CALLS {
            with_msg_regs_mut(|words| words.fill_with(|| noise.word()));
            let label = LABELS | (noise.word() & 0xffff);
            let answer = server.pp_call(MessageInfo::new(label, (noise.word() % LENGTHS) as usize));
            if answer.label() == u64::from(SupervisorError::ServerDown.code().0) {
                context.log(Level::Error, format_args!("answered {done} of {CALLS}, then it was gone"));
                return Err(SupervisorError::ServerDown.code());
            }
            context.log(Level::Info, format_args!("answered {}", done + 1));
        }
        context.log(Level::Info, format_args!("answered {CALLS} of {CALLS}"));
        Ok(())
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(Knocker)
}
