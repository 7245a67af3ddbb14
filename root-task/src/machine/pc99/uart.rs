// SPDX-License-Identifier: BSD-2-Clause
//! A 16550 by polling, and the sending half by interrupt, for the event line.
//!
//! Every byte is a system call, about 490 instructions: nothing is printed on a hot path. A line that takes no bytes is
//! waited for once, 50 ms at 1 GHz; from then on what is sent is dropped until the line takes bytes again.

use core::fmt;

use sel4::cap;

/// Bytes that the transmitter's FIFO takes when it is empty.
pub const FIFO: usize = 16;

const DATA: u16 = 0;
const INTERRUPT_ENABLE: u16 = 1;
const INTERRUPT_ID: u16 = 2;
const FIFO_CONTROL: u16 = 2;
const LINE_CONTROL: u16 = 3;
const MODEM_CONTROL: u16 = 4;
const LINE_STATUS: u16 = 5;
const DATA_READY: u8 = 1;
const TRANSMITTER_EMPTY: u8 = 1 << 5;
const RECEIVER_INTERRUPT: u8 = 1;
const TRANSMITTER_INTERRUPT: u8 = 1 << 1;
/// Looks at the line status, each about 490 instructions, before a line is taken to be stuck: 16 bytes at 115,200 baud
/// take 1.4 ms.
const PATIENCE: u32 = 100_000;

/// One UART's ports.
#[derive(Clone, Copy)]
pub struct Uart {
    ports: cap::IOPort,
    base: u16,
    /// Bytes that go out before the line status must be read again.
    room: u8,
    /// Interrupts that are enabled.
    enabled: u8,
    flow: Flow,
}

/// Whether the other end takes bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Moving,
    /// It took none for as long as [`PATIENCE`].
    Stuck,
}

impl Uart {
    /// 115,200 baud, 8N1, FIFO on, no interrupts. `ports` covers `base` to `base + 7`.
    #[must_use]
    pub fn new(ports: cap::IOPort, base: u16) -> Self {
        let this = Self { ports, base, room: 0, enabled: 0, flow: Flow::Moving };
        this.set_up();
        this
    }

    /// Makes the line what [`Uart::new`] says, whatever somebody else left there.
    pub fn set_up(&self) {
        self.set(LINE_CONTROL, 0x80);
        self.set(DATA, 1);
        self.set(INTERRUPT_ENABLE, 0);
        self.set(LINE_CONTROL, 0x03);
        self.set(INTERRUPT_ENABLE, 0);
        self.set(FIFO_CONTROL, 0x07);
        self.set(MODEM_CONTROL, 0x0b);
    }

    fn set(&self, register: u16, value: u8) {
        // A refusal would mean that the capability does not cover the port; then there is no console to say so on.
        let _ = self.ports.ioport_out8(self.base + register, value);
    }

    fn get(&self, register: u16) -> u8 {
        self.ports.ioport_in8(self.base + register).unwrap_or(0xff)
    }

    /// Sends one byte, waiting a bounded time for room. Dropped when the line is stuck.
    pub fn put(&mut self, byte: u8) {
        if self.room == 0 {
            let mut patience = if self.is_stuck() { 1 } else { PATIENCE };
            while !self.idle() {
                patience -= 1;
                if patience == 0 {
                    self.flow = Flow::Stuck;
                    return;
                }
            }
            self.flow = Flow::Moving;
            self.room = FIFO as u8;
        }
        self.room -= 1;
        self.set(DATA, byte);
    }

    /// Whether what [`Uart::put`] was given last was dropped.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        self.flow == Flow::Stuck
    }

    /// Whether a FIFO's worth of bytes can be sent without waiting.
    #[must_use]
    pub fn idle(&self) -> bool {
        self.get(LINE_STATUS) & TRANSMITTER_EMPTY != 0
    }

    /// Sends up to [`FIFO`] bytes to an idle transmitter and returns how many.
    pub fn put_batch(&mut self, bytes: &[u8]) -> usize {
        let count = bytes.len().min(FIFO);
        for byte in &bytes[..count] {
            self.set(DATA, *byte);
        }
        self.room = 0;
        count
    }

    /// Whether an interrupt follows when the transmitter runs empty.
    pub fn announce_idle(&mut self, on: bool) {
        self.enable(TRANSMITTER_INTERRUPT, on);
    }

    /// An interrupt follows when a byte has come.
    pub fn announce_input(&mut self) {
        self.enable(RECEIVER_INTERRUPT, true);
    }

    fn enable(&mut self, interrupt: u8, on: bool) {
        self.enabled = if on { self.enabled | interrupt } else { self.enabled & !interrupt };
        self.set(INTERRUPT_ENABLE, self.enabled);
    }

    /// A byte that has come.
    pub fn take(&mut self) -> Option<u8> {
        (self.get(LINE_STATUS) & DATA_READY != 0).then(|| self.get(DATA))
    }

    /// Reading the interrupt's identity withdraws a transmitter interrupt.
    pub fn withdraw(&mut self) {
        let _ = self.get(INTERRUPT_ID);
    }
}

impl fmt::Write for Uart {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if byte == b'\n' {
                self.put(b'\r');
            }
            self.put(byte);
        }
        Ok(())
    }
}
