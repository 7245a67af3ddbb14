// SPDX-License-Identifier: BSD-2-Clause
//! A 16550 whose line settings Init has made: input by interrupt, output by polling.
//!
//! * The interrupt is acknowledged before the receiver is emptied, so that a byte that comes while it is emptied
//!   raises the line again: nothing waits for a key that was pressed already.
//! * Output goes out in bursts of the transmitter's FIFO, because each access to a port is a system call. The status
//!   that is read between bursts tells of input as well, and what has come is kept: output of any length loses no key
//!   that the line's own speed allows.

use core::fmt;

use heapless::Deque;
use partenza_service::{Code, Ports, ServiceError};

/// First port of the first serial line.
pub const COM1: u16 = 0x3f8;

/// Data; divisor and interrupt enable are behind the same ports at other times.
const DATA: u16 = 0;
const INTERRUPT_ENABLE: u16 = 1;
const FIFO_CONTROL: u16 = 2;
const MODEM_CONTROL: u16 = 4;
const LINE_STATUS: u16 = 5;

/// Interrupt when data is there.
const ON_DATA: u8 = 0x01;
/// FIFOs on, receiver emptied, interrupt from the first byte on.
const FIFO_ON: u8 = 0x03;
/// Ready, and the output that lets interrupts through to the controller.
const READY: u8 = 0x0b;

const DATA_READY: u8 = 0x01;
const TRANSMITTER_EMPTY: u8 = 0x20;

/// Bytes of the transmitter's FIFO.
const BURST: usize = 16;

/// Status reads before a transmitter that does not empty is given up: half a second at least, for 16 bytes that take
/// 1.4 ms.
const PATIENCE: u32 = 500_000;

/// Bytes kept that came while output was written.
const KEPT: usize = 64;

pub struct Uart {
    ports: Ports,
    /// Bytes that the transmitter takes before its status is to be read again.
    room: usize,
    kept: Deque<u8, KEPT>,
}

impl Uart {
    pub const fn new(ports: Ports) -> Self {
        Self { ports, room: 0, kept: Deque::new() }
    }

    /// Takes the line over: from now on input interrupts.
    ///
    /// # Errors
    /// The ports are not the line's.
    pub fn listen(&self) -> Result<(), Code> {
        self.ports.write8(FIFO_CONTROL, FIFO_ON)?;
        self.ports.write8(MODEM_CONTROL, READY)?;
        self.ports.write8(INTERRUPT_ENABLE, ON_DATA)
    }

    /// The next byte that came; `None` when there is none, or the ports are not the line's.
    pub fn receive(&mut self) -> Option<u8> {
        if let Some(byte) = self.kept.pop_front() {
            return Some(byte);
        }
        let status = self.ports.read8(LINE_STATUS).ok()?;
        if status & DATA_READY != 0 { self.ports.read8(DATA).ok() } else { None }
    }

    /// Waits until the transmitter takes bytes, and keeps what comes in meanwhile.
    fn wait_for_room(&mut self) -> Result<(), Code> {
        for _ in 0..PATIENCE {
            let status = self.ports.read8(LINE_STATUS)?;
            if status & DATA_READY != 0 && !self.kept.is_full() {
                let byte = self.ports.read8(DATA)?;
                // There is room for it.
                let _ = self.kept.push_back(byte);
            }
            if status & TRANSMITTER_EMPTY != 0 {
                self.room = BURST;
                return Ok(());
            }
        }
        Err(ServiceError::DeviceFailed.code())
    }

    fn send(&mut self, byte: u8) -> Result<(), Code> {
        if self.room == 0 {
            self.wait_for_room()?;
        }
        self.room -= 1;
        self.ports.write8(DATA, byte)
    }
}

impl fmt::Write for Uart {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if byte == b'\n' {
                self.send(b'\r').map_err(|_| fmt::Error)?;
            }
            self.send(byte).map_err(|_| fmt::Error)?;
        }
        Ok(())
    }
}
