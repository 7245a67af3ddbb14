// SPDX-License-Identifier: BSD-2-Clause
//! Drives a device that interrupts at a steady rate: the real-time clock (ports 0x70 and 0x71, pin 8) or the interval timer
//! (ports 0x40 to 0x43, pin 2). Arguments:
//!
//! | argument | does |
//! |---|---|
//! | `rtc=RATE` | the clock interrupts 65536 >> RATE times a second; RATE is 3 to 15, so 8192 times at most |
//! | `pit=DIVISOR` | the timer interrupts 1193182 / DIVISOR times a second |
//! | `say=COUNT` | says `heard COUNT` at that interrupt |
//! | `crash=COUNT` | touches address 0 at that interrupt, before it serves the device |
//! | `deaf` | never serves the device: its line stays asserted |
//! | `masked=COUNT` | takes so many interrupts itself and leaves the line masked for 2 ms after each, then says `heard COUNT masked` |
//!
//! The clock holds its line until register C is read, and an edge that comes while the line is masked is lost. So the device is
//! served after the acknowledgement, and once before the first interrupt: a predecessor that crashed may have left the line
//! asserted.
#![no_std]
#![no_main]

use partenza_service::{
    Code, Context, Interrupt, Level, Ports, Service, ServiceError, crash, give_up, serve,
};
use partenza_test_services::wait;
use sel4_microkit::{Handler, protection_domain, slots};

const IRQ: u64 = 20;
/// How long a masked line stays masked: many periods of the fastest rate.
const MASKED_MILLISECONDS: u64 = 2;

/// The clock's registers: index and data, then numbers behind the index.
const RTC: u16 = 0x70;
const INDEX: u16 = 0;
const DATA: u16 = 1;
const REGISTER_A: u8 = 0x0a;
const REGISTER_B: u8 = 0x0b;
const REGISTER_C: u8 = 0x0c;
/// Register A: the divider for 32,768 Hz. Register B: 24 hours, and the periodic interrupt.
const DIVIDER: u8 = 0x20;
const HOURS_24: u8 = 0x02;
const PERIODIC: u8 = 0x40;

const PIT: u16 = 0x40;
const CHANNEL: u16 = 0;
const COMMAND: u16 = 3;
/// Channel 0, both bytes, one interrupt a period.
const RATE_GENERATOR: u8 = 0x34;

#[derive(Clone, Copy)]
enum Device {
    Rtc(Ports),
    Pit,
}

impl Device {
    fn begin(argument: &str) -> Result<Option<Self>, Code> {
        let number = |text: &str| text.parse::<u16>().map_err(|_| ServiceError::BadArgument.code());
        Ok(match argument.split_once('=') {
            Some(("rtc", rate)) => {
                let device = Device::Rtc(Ports::find(RTC)?);
                device.set(REGISTER_A, DIVIDER | number(rate)? as u8)?;
                device.set(REGISTER_B, HOURS_24 | PERIODIC)?;
                device.serve()?;
                Some(device)
            }
            Some(("pit", divisor)) => {
                let ports = Ports::find(PIT)?;
                let [low, high] = number(divisor)?.to_le_bytes();
                ports.write8(COMMAND, RATE_GENERATOR)?;
                ports.write8(CHANNEL, low)?;
                ports.write8(CHANNEL, high)?;
                Some(Device::Pit)
            }
            _ => None,
        })
    }

    fn set(self, register: u8, value: u8) -> Result<(), Code> {
        let Device::Rtc(ports) = self else { return Ok(()) };
        ports.write8(INDEX, register)?;
        ports.write8(DATA, value)
    }

    /// Lets go of the line.
    fn serve(self) -> Result<(), Code> {
        let Device::Rtc(ports) = self else { return Ok(()) };
        ports.write8(INDEX, REGISTER_C)?;
        ports.read8(DATA).map(drop)
    }
}

#[derive(Default)]
struct Ticker {
    device: Option<Device>,
    heard: u32,
    say: u32,
    crash: u32,
    masked: u32,
    deaf: bool,
}

impl Ticker {
    fn read(&mut self, argument: &str) -> Result<(), Code> {
        let bad = ServiceError::BadArgument.code();
        let number = |text: &str| text.parse::<u32>().map_err(|_| bad);
        match argument.split_once('=') {
            Some(("say", count)) => self.say = number(count)?,
            Some(("crash", count)) => self.crash = number(count)?,
            Some(("masked", count)) => self.masked = number(count)?,
            None if argument == "deaf" => self.deaf = true,
            _ => return Err(bad),
        }
        Ok(())
    }

    fn serve(&self) -> Result<(), Code> {
        self.device.filter(|_| !self.deaf).map_or(Ok(()), Device::serve)
    }

    /// Waits for an interrupt, and leaves its line masked for a while.
    fn hear_masked(&self) -> Result<(), Code> {
        let input = sel4::cap::Endpoint::from_bits(slots::INPUT);
        // The Supervisor may signal as well; whoever asks for this does not mind that it is not heard.
        while input.recv(()).1 & 1 << IRQ == 0 {}
        wait(MASKED_MILLISECONDS);
        let handler = sel4::cap::IrqHandler::from_bits(slots::BASE_IRQ + IRQ);
        handler.irq_handler_ack().map_err(|_| ServiceError::DeviceFailed.code())?;
        self.serve()
    }
}

impl Service for Ticker {
    fn start(&mut self, context: &Context) -> Result<(), Code> {
        for argument in context.startup().args() {
            match Device::begin(argument)? {
                Some(device) => self.device = Some(device),
                None => self.read(argument)?,
            }
        }
        Ok(())
    }

    fn started(&mut self, context: &Context) {
        match (0..self.masked).try_for_each(|_| self.hear_masked()) {
            Ok(()) if self.masked > 0 => {
                context.log(Level::Info, format_args!("heard {} masked", self.masked));
            }
            Ok(()) => {}
            Err(code) => give_up(context, code),
        }
    }

    fn interrupt(&mut self, context: &Context, interrupt: Interrupt) {
        interrupt.acknowledge();
        self.heard = self.heard.wrapping_add(1);
        if self.heard == self.crash {
            crash(0);
        }
        if let Err(code) = self.serve() {
            give_up(context, code);
        }
        if self.heard == self.say {
            context.log(Level::Info, format_args!("heard {}", self.heard));
        }
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(Ticker::default())
}
