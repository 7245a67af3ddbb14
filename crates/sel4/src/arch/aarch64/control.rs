// SPDX-License-Identifier: BSD-2-Clause
//! The control page of this project's kernel for QEMU's `virt` (`cmake-build/platform/qemu-virt`).
//!
//! A frame of that page is authority over power, the physical timer and trigger modes of interrupts. Its operations are cache
//! operations on ranges of it, so the frame must be mapped in its holder's address space; the mapping is never used.

use crate::invocations::Call;
use crate::sys::label;
use crate::{Result, Word, cap};

/// How an interrupt tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// As long as the line is active.
    Level = 0,
    /// By a change of the line.
    Edge = 1,
}

/// The control page, mapped.
#[derive(Debug, Clone, Copy)]
pub struct PlatformControl(cap::Granule);

impl PlatformControl {
    /// The page's physical address: its untyped is a device's, with one page.
    pub const PADDR: usize = 0x0b00_0000;
    /// The interrupt of the physical timer.
    pub const TIMER_IRQ: Word = 30;
    /// What an operation answers that cannot be done.
    const FAILED: Word = Word::MAX;

    /// The control page behind a frame of it that is mapped.
    pub const fn new(frame: cap::Granule) -> Self {
        Self(frame)
    }

    fn operation(self, operation: Word, arguments: [Word; 2]) -> Result<Word> {
        const LINE: Word = 64;
        let start = operation * LINE;
        let [first, second] = arguments;
        let words = [start, start + LINE, first, second];
        Ok(Call::new(self.0.bits(), label::ARMPageCleanInvalidate_Data).short(words)?[2])
    }

    /// Turns the machine off. Returns only if its firmware cannot.
    pub fn power_off(self) -> Result<()> {
        self.operation(0, [0, 0]).map(drop)
    }

    /// Resets the machine. Returns only if its firmware cannot.
    pub fn reset(self) -> Result<()> {
        self.operation(1, [0, 0]).map(drop)
    }

    /// Raises [`TIMER_IRQ`](Self::TIMER_IRQ) when `CNTPCT_EL0` reaches `count`, and keeps it raised until the timer is armed for
    /// later or disarmed. At once for a count that has passed.
    pub fn arm_timer(self, count: Word) -> Result<()> {
        self.operation(2, [count, 0]).map(drop)
    }

    /// Raises no timer interrupt any more.
    pub fn disarm_timer(self) -> Result<()> {
        self.operation(3, [0, 0]).map(drop)
    }

    /// Version of the firmware's power interface (PSCI) as major and minor, `None` where there is none.
    pub fn psci_version(self) -> Result<Option<(u16, u16)>> {
        let version = self.operation(4, [0, 0])?;
        Ok((version != Self::FAILED).then_some(((version >> 16) as u16, version as u16)))
    }

    /// Sets how a shared interrupt (INTID 32 to 255) tells. Whether there is such an interrupt.
    pub fn set_trigger(self, irq: Word, trigger: Trigger) -> Result<bool> {
        Ok(self.operation(5, [irq, trigger as Word])? != Self::FAILED)
    }
}
