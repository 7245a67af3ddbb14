// SPDX-License-Identifier: BSD-2-Clause
//! The boot attempt counter (SPEC ): bytes that survive a warm reset, on pc99 in the CMOS RAM.
//!
//! Counted up before the first service starts, and back when somebody who may ends the boot; cleared at BootComplete; the
//! reason of the last failure stays. A system
//! that is lost soon after counts with the boots that failed before it, so that one which boots and is lost over and
//! over comes to a recovery boot (SPEC E-5); lost later, it is the first of a new row. Bytes that do not add up, after a
//! change of battery, count as no attempt at all.

use partenza_plan::ServiceId;
use partenza_protocol::Code;
use sel4::cap;

/// Index and data port.
pub const FIRST_PORT: u16 = 0x70;
pub const LAST_PORT: u16 = 0x71;
/// First of the bytes that are ours: the BIOS leaves 0x40 to 0x5a alone.
const FIRST_BYTE: u8 = 0x40;
const MARK: [u8; 2] = *b"PZ";
/// A system that was up for so long did boot: 10 minutes, in microseconds.
const STABLE: u64 = 600_000_000;
/// Mark, attempts, code, culprit, sum.
const BYTES: usize = 8;
const NOBODY: u16 = u16::MAX;

pub struct Attempts {
    ports: cap::IOPort,
    /// Boots that failed in a row before this one.
    failed: u8,
    code: u16,
    culprit: u16,
}

impl Attempts {
    /// Reads what the last boots left, and counts this one as failed until it is complete.
    #[must_use]
    pub fn begin(ports: cap::IOPort) -> Self {
        let bytes: [u8; BYTES] = core::array::from_fn(|at| read(ports, at as u8));
        let sound = bytes[..2] == MARK && bytes[BYTES - 1] == sum(&bytes[..BYTES - 1]);
        let (failed, code, culprit) = if sound {
            (bytes[2], u16::from_le_bytes([bytes[3], bytes[4]]), u16::from_le_bytes([bytes[5], bytes[6]]))
        } else {
            (0, 0, NOBODY)
        };
        let this = Self { ports, failed, code, culprit };
        this.write(failed.saturating_add(1));
        this
    }

    /// Boots that failed in a row before this one.
    #[must_use]
    pub fn failed(&self) -> u8 {
        self.failed
    }

    /// Why the last failed, where it could say so.
    #[must_use]
    pub fn last(&self) -> (Option<Code>, Option<ServiceId>) {
        let code = (self.code != 0).then_some(Code(self.code));
        (code, (self.culprit != NOBODY).then_some(ServiceId(self.culprit)))
    }

    /// This boot, or the system `up` microseconds after it, fails for this reason.
    pub fn fail(&mut self, code: Code, culprit: Option<ServiceId>, up: u64) {
        if up >= STABLE {
            self.failed = 0;
        }
        self.code = code.0;
        self.culprit = culprit.map_or(NOBODY, |id| id.0);
        self.write(self.failed.saturating_add(1));
    }

    /// Somebody asked for the end of this boot: it has not failed.
    pub fn called_off(&mut self) {
        self.write(self.failed);
    }

    /// BootComplete.
    pub fn clear(&mut self) {
        self.write(0);
    }

    fn write(&self, attempts: u8) {
        let [code_low, code_high] = self.code.to_le_bytes();
        let [culprit_low, culprit_high] = self.culprit.to_le_bytes();
        let mut bytes = [MARK[0], MARK[1], attempts, code_low, code_high, culprit_low, culprit_high, 0];
        bytes[BYTES - 1] = sum(&bytes[..BYTES - 1]);
        for (at, byte) in (0..).zip(bytes) {
            // The ports are Init's own, so neither write can be refused.
            let _ = self.ports.ioport_out8(FIRST_PORT, FIRST_BYTE + at);
            let _ = self.ports.ioport_out8(LAST_PORT, byte);
        }
    }
}

fn read(ports: cap::IOPort, at: u8) -> u8 {
    let _ = ports.ioport_out8(FIRST_PORT, FIRST_BYTE + at);
    ports.ioport_in8(LAST_PORT).unwrap_or(0)
}

fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0x5a, |sum, byte| sum.wrapping_add(*byte))
}
