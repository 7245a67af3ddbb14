// SPDX-License-Identifier: BSD-2-Clause
//! The human console: lines wait in a ring and go out a FIFO's worth at a time, so that neither a slow console nor one that
//! nobody reads holds Init up. A line for which there is no room is dropped, and how many were is told once there is room.
//!
//! Text is written at once, waiting for the line, only before BootComplete and when the system goes down: then nothing else
//! is to be done, and what cannot be shown now never is.
//!
//! No interrupt is used: the console's pin is the terminal's, from which Init takes the UART back when it dies. At
//! 115,200 baud 16 bytes take 1.4 ms, and so often the loop looks while something waits. That bounds what the console
//! takes of the processor, too, whoever writes: some 10,000 instructions in 1.4 ms.

use alloc::boxed::Box;
use alloc::vec;
use core::fmt::{self, Write};

use partenza_lifecycle::{Duration, Instant};

use crate::machine::uart::{FIFO, Uart};

/// Bytes that wait at most.
const CAPACITY: usize = 8 * 1024;
/// Room that there must be for a line: none is longer.
const LINE: usize = 512;
/// Bytes that are still written when the console becomes somebody else's: 45 ms of a real line.
const PARTING: usize = 512;
/// How long 16 bytes take at 115,200 baud.
const PACE: Duration = Duration::from_micros(1_400);
/// How long it is waited between two looks at a line that takes nothing.
const LONGEST_PACE: Duration = Duration::from_millis(100);

/// Who writes to the UART, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Init, at once, waiting for the line.
    AtOnce,
    /// Init, through the ring.
    InTime,
    /// A service, or nobody.
    Away,
}

pub struct Console {
    uart: Uart,
    mode: Mode,
    bytes: Box<[u8]>,
    first: usize,
    waiting: usize,
    /// Lines that were dropped and not told of.
    dropped: u32,
    /// When the line is looked at next.
    next_look: Instant,
    pace: Duration,
}

impl Console {
    /// Init's, written to at once; with `quiet` nobody's.
    #[must_use]
    pub fn new(uart: Uart, quiet: bool) -> Self {
        Self {
            uart,
            mode: if quiet { Mode::Away } else { Mode::AtOnce },
            bytes: vec![0; CAPACITY].into_boxed_slice(),
            first: 0,
            waiting: 0,
            dropped: 0,
            next_look: Instant::default(),
            pace: PACE,
        }
    }

    /// One line, to which `write` writes all but its end.
    pub fn line(&mut self, write: impl Fn(&mut dyn Write) -> fmt::Result) {
        match self.mode {
            Mode::Away => return,
            Mode::InTime if CAPACITY - self.waiting < LINE => {
                self.dropped = self.dropped.saturating_add(1);
                return;
            }
            Mode::AtOnce | Mode::InTime => {}
        }
        // Neither a UART nor the ring refuses anything.
        if self.dropped > 0 {
            let count = core::mem::take(&mut self.dropped);
            let _ = writeln!(self, "[{count} lines are not shown: the console was too slow]");
        }
        let _ = write(self);
        let _ = self.write_char('\n');
    }

    /// The boot is over: from here on text waits.
    pub fn settle(&mut self) {
        if self.mode == Mode::AtOnce {
            self.mode = Mode::InTime;
        }
    }

    /// A service has the console from here on.
    pub fn hand_over(&mut self) {
        self.write_out(PARTING);
        self.mode = Mode::Away;
    }

    /// The service is gone: the console is Init's again.
    pub fn take_back(&mut self) {
        if self.mode == Mode::Away {
            self.uart.set_up();
            self.mode = Mode::InTime;
        }
    }

    /// The system goes down: what waits is written, and what follows at once.
    pub fn write_at_once(&mut self) {
        self.take_back();
        self.write_out(CAPACITY);
        self.mode = Mode::AtOnce;
    }

    /// Writes what waits, before the machine goes off.
    pub fn flush(&mut self) {
        self.write_out(CAPACITY);
    }

    /// When [`Console::pump`] has something to do.
    #[must_use]
    pub fn next_look(&self) -> Option<Instant> {
        (self.waiting > 0).then_some(self.next_look)
    }

    /// Sends a FIFO's worth, if some waits and it is time.
    pub fn pump(&mut self, now: Instant) {
        if self.waiting == 0 || now < self.next_look {
            return;
        }
        if self.uart.idle() {
            let end = (self.first + self.waiting.min(FIFO)).min(CAPACITY);
            let sent = self.uart.put_batch(&self.bytes[self.first..end]);
            self.first = (self.first + sent) % CAPACITY;
            self.waiting -= sent;
            self.pace = PACE;
        } else {
            self.pace = Duration::from_micros(self.pace.as_micros() * 2).min(LONGEST_PACE);
        }
        self.next_look = now.after(self.pace);
    }

    /// Writes up to so many bytes of what waits, unless the line is stuck; the rest is dropped.
    fn write_out(&mut self, most: usize) {
        for _ in 0..self.waiting.min(most) {
            self.uart.put(self.bytes[self.first]);
            self.first = (self.first + 1) % CAPACITY;
            if self.uart.is_stuck() {
                break;
            }
        }
        self.waiting = 0;
    }

    fn put(&mut self, byte: u8) {
        if self.mode == Mode::AtOnce {
            self.uart.put(byte);
        } else if self.waiting < CAPACITY {
            self.bytes[(self.first + self.waiting) % CAPACITY] = byte;
            self.waiting += 1;
        }
    }
}

impl Write for Console {
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
