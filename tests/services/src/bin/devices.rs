// SPDX-License-Identifier: BSD-2-Clause
//! Drives two devices of a PC at once: the real-time clock with a level-triggered interrupt, the interval timer with an
//! edge-triggered one. It has a range of ports for each and learns every id from its variables.
//!
//! It says whether registers of 16 and 32 bits work, which the ISA bus takes for those of 8 in a row; how many of the
//! timer's interrupts it heard, of which each but the first came while the one before was served; and how many of the
//! clock's came for nothing.
#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use partenza_service::{Code, Context, Interrupt, Level, Ports, Service, ServiceError, give_up, serve};
use partenza_test_services::wait;
use sel4_microkit::{Channel, Handler, IoPort, protection_domain, var};

/// Of the clock: index and data, and what stands behind the index.
const INDEX: u16 = 0;
const VALUE: u16 = 1;
const SECONDS_ALARM: u8 = 0x01;
const CONTROL: u8 = 0x0b;
const CAUSE: u8 = 0x0c;
/// 24 hours, binary off, nothing that interrupts; and the same with the periodic interrupt, 1024 times a second.
const QUIET: u8 = 0x02;
const PERIODIC: u8 = 0x42;
/// That the clock did interrupt.
const INTERRUPTED: u8 = 0x80;

/// Of the timer: channel 0, and the command that has it interrupt once.
const COUNTER: u16 = 0;
const COMMAND: u16 = 3;
const ONCE: u8 = 0x30;
/// Channel 2, which interrupts nobody; the same, both bytes, once; and the command that has its next byte tell that mode.
const OTHER: u16 = 2;
const OTHER_ONCE: u8 = 0xb0;
const TELL_OTHER: u8 = 0xe8;
const MODE: u8 = 0x3f;
/// A millisecond of its ticks.
const TICKS: u16 = 1193;

/// Interrupts of each that are waited for.
const WANTED: u32 = 8;

struct Devices {
    clock: Ports,
    timer: Ports,
    ticks: u32,
    idle: u32,
    shots: u32,
}

impl Devices {
    fn find() -> Result<Self, Code> {
        let clock = Ports::of(IoPort::new(*var!(clock_ports: usize = 0)), 0x70)?;
        let timer = Ports::of(IoPort::new(*var!(timer_ports: usize = 0)), 0x40)?;
        Ok(Self { clock, timer, ticks: 0, idle: 0, shots: 0 })
    }

    /// Of a row of bytes that are written at once the last tells whether all of them came.
    fn try_widths(&self, context: &Context) -> Result<(), Code> {
        let Self { clock, timer, .. } = self;
        clock.write16(INDEX, u16::from_le_bytes([SECONDS_ALARM, 0x2a]))?;
        let both = clock.read8(VALUE)? == 0x2a && clock.read16(INDEX)?.to_le_bytes()[1] == 0x2a;
        context.log(Level::Info, format_args!("16 bits: {both}"));
        timer.write8(COMMAND, OTHER_ONCE)?;
        timer.write32(COUNTER, u32::from_le_bytes([0, 0, 0, TELL_OTHER]))?;
        let written = timer.read8(OTHER)? & MODE;
        timer.write8(COMMAND, TELL_OTHER)?;
        let read = timer.read32(COUNTER)?.to_le_bytes()[usize::from(OTHER)] & MODE;
        let all = [written, read].map(|mode| mode | 0x80) == [OTHER_ONCE; 2];
        context.log(Level::Info, format_args!("32 bits: {all}"));
        // The last byte of each is the first behind the range.
        let beyond = ServiceError::DeviceFailed.code();
        let refused = timer.read8(4) == Err(beyond)
            && timer.write16(3, 0) == Err(beyond)
            && timer.read32(1) == Err(beyond)
            && timer.read8(u16::MAX) == Err(beyond);
        context.log(Level::Info, format_args!("what is not in the range is refused: {refused}"));
        // Which of the two is meant nobody could say.
        let ambiguous = Ports::find(0x70).err() == Some(ServiceError::NoSuchChannel.code());
        context.log(Level::Info, format_args!("one of several is not guessed: {ambiguous}"));
        Ok(())
    }

    fn shoot(&self) -> Result<(), Code> {
        let [low, high] = TICKS.to_le_bytes();
        self.timer.write8(COMMAND, ONCE)?;
        self.timer.write8(COUNTER, low)?;
        self.timer.write8(COUNTER, high)
    }

    fn set_clock(&self, control: u8) -> Result<(), Code> {
        self.clock.write8(INDEX, CONTROL)?;
        self.clock.write8(VALUE, control)?;
        self.cause().map(drop)
    }

    /// Reading takes it back.
    fn cause(&self) -> Result<u8, Code> {
        self.clock.write8(INDEX, CAUSE)?;
        self.clock.read8(VALUE)
    }

    /// Level-triggered: the interrupt is acknowledged when the clock holds its line no more.
    fn tick(&mut self, context: &Context, _interrupt: Interrupt) -> Result<(), Code> {
        if self.cause()? & INTERRUPTED == 0 {
            self.idle += 1;
            return Ok(());
        }
        self.ticks += 1;
        if self.ticks == WANTED {
            self.set_clock(QUIET)?;
            let Self { ticks, idle, .. } = self;
            context.log(Level::Info, format_args!("clock: {ticks} interrupts, {idle} for nothing"));
        }
        Ok(())
    }

    /// Edge-triggered: the next one comes while this one is served.
    fn shot(&mut self, context: &Context, interrupt: Interrupt) -> Result<(), Code> {
        interrupt.acknowledge();
        self.shots += 1;
        if self.shots < WANTED {
            self.shoot()?;
            wait(3);
        } else {
            context.log(Level::Info, format_args!("timer: {} interrupts", self.shots));
            self.set_clock(PERIODIC)?;
        }
        Ok(())
    }
}

impl Service for Devices {
    fn started(&mut self, context: &Context) {
        let done = self.try_widths(context).and_then(|()| self.set_clock(QUIET)).and_then(|()| self.shoot());
        if let Err(code) = done {
            give_up(context, code);
        }
    }

    fn interrupt(&mut self, context: &Context, interrupt: Interrupt) {
        let clock = Channel::new(*var!(clock_irq: usize = 0));
        let timer = Channel::new(*var!(timer_irq: usize = 0));
        let done = match interrupt.channel() {
            channel if channel == clock => self.tick(context, interrupt),
            channel if channel == timer => self.shot(context, interrupt),
            _ => Err(ServiceError::OutOfRange.code()),
        };
        if let Err(code) = done {
            give_up(context, code);
        }
    }
}

#[protection_domain]
fn init() -> impl Handler {
    match Devices::find() {
        Ok(devices) => serve(devices),
        Err(code) => give_up(&Context::find(), code),
    }
}
