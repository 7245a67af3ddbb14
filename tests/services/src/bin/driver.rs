// SPDX-License-Identifier: BSD-2-Clause
//! Drives the PC's interval timer (ports at 0x40, interrupt on channel 20), so that there are interrupts when a case wants
//! them. Each argument is what one incarnation does once it is ready, the last for all that follow: steps with commas
//! between, one after the other.
//!
//! | step | does |
//! |---|---|
//! | `arm:MILLISECONDS` | has the timer interrupt once, after so long (at most 54) |
//! | `hear:COUNT` | so many times: arms it for 5 ms, waits for an interrupt, acknowledges it, says `heard after 5 ms` |
//! | `lend:INTERFACE` | has its interrupts sent to the peer that it may signal there, which the holder of a handler may |
//! | `crash` | touches address 0 |
//!
//! Nothing but `hear` acknowledges an interrupt: that it comes at all is the Supervisor's doing.
#![no_std]
#![no_main]

use partenza_service::{Code, Context, Level, Ports, Service, ServiceError, crash, give_up, serve};
use partenza_test_services::{TICKS, tsc};
use sel4_microkit::{Handler, protection_domain, slots};

const IRQ: u64 = 20;
const BASE: u16 = 0x40;
/// Of the channel that interrupts, and of the command, behind the base.
const CHANNEL: u16 = 0;
const COMMAND: u16 = 3;
/// Channel 0, both bytes, one interrupt when the count is down.
const ONCE: u8 = 0x30;
const PER_MILLISECOND: u16 = 1193;
const WAIT: u16 = 5;

struct Driver {
    ports: Option<Ports>,
}

impl Driver {
    fn arm(&self, milliseconds: u16) -> Result<(), Code> {
        let ports = self.ports.ok_or(ServiceError::NoSuchChannel.code())?;
        let [low, high] = milliseconds.saturating_mul(PER_MILLISECOND).to_le_bytes();
        ports.write8(COMMAND, ONCE)?;
        ports.write8(CHANNEL, low)?;
        ports.write8(CHANNEL, high)
    }

    fn hear(&self, context: &Context) -> Result<(), Code> {
        let armed = tsc();
        self.arm(WAIT)?;
        let input = sel4::cap::Endpoint::from_bits(slots::INPUT);
        // The Supervisor may signal as well; whoever asks for this does not mind that it is not heard.
        while input.recv(()).1 & 1 << IRQ == 0 {}
        let after = tsc().wrapping_sub(armed) / TICKS;
        context.log(Level::Info, format_args!("heard after {after} ms"));
        handler().irq_handler_ack().map_err(|_| ServiceError::DeviceFailed.code())
    }

    fn perform(&self, context: &Context, step: &str) -> Result<(), Code> {
        let bad = ServiceError::BadArgument.code();
        match step.split_once(':') {
            Some(("arm", milliseconds)) => self.arm(milliseconds.parse().map_err(|_| bad)?),
            Some(("hear", count)) => {
                (0..count.parse::<u32>().map_err(|_| bad)?).try_for_each(|_| self.hear(context))
            }
            Some(("lend", interface)) => {
                let channel = context.peer(interface)?.channel().index() as u64;
                let peer = sel4::cap::Notification::from_bits(slots::BASE_OUTPUT_NOTIFICATION + channel);
                handler().irq_handler_set_notification(peer).map_err(|_| ServiceError::DeviceFailed.code())
            }
            None if step == "crash" => crash(0),
            _ => Err(bad),
        }
    }
}

fn handler() -> sel4::cap::IrqHandler {
    sel4::cap::IrqHandler::from_bits(slots::BASE_IRQ + IRQ)
}

impl Service for Driver {
    fn start(&mut self, _context: &Context) -> Result<(), Code> {
        self.ports = Some(Ports::find(BASE)?);
        Ok(())
    }

    fn started(&mut self, context: &Context) {
        let args = || context.startup().args();
        let nth = context.incarnation().0.saturating_sub(1) as usize;
        let steps = args().nth(nth).or(args().last()).unwrap_or("");
        let done = steps.split(',').try_for_each(|step| self.perform(context, step));
        if let Err(code) = done {
            give_up(context, code);
        }
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(Driver { ports: None })
}
