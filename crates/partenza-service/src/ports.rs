// SPDX-License-Identifier: BSD-2-Clause
//! I/O ports and interrupts of a driver.

use partenza_interfaces::ServiceError;
use partenza_protocol::Code;
use sel4_microkit::{Channel, IoPort};

/// The one range of I/O ports that a driver was given.
#[derive(Clone, Copy)]
pub struct Ports {
    cap: sel4::cap::IOPort,
    base: u16,
}

impl Ports {
    /// Finds the range. `base` is the device's first port, which its driver knows.
    ///
    /// # Errors
    /// [`ServiceError::NoSuchChannel`]: the plan gives no range.
    pub fn find(base: u16) -> Result<Self, Code> {
        let given = (0..62).map(IoPort::new).find(IoPort::is_given);
        given.map(|range| Self { cap: range.cap(), base }).ok_or(ServiceError::NoSuchChannel.code())
    }

    /// Reads the register at that offset from the base.
    ///
    /// # Errors
    /// [`ServiceError::DeviceFailed`]: the range does not reach that far; so for the others.
    pub fn read8(&self, offset: u16) -> Result<u8, Code> {
        self.cap.ioport_in8(self.base + offset).map_err(refused)
    }

    /// Writes the register at that offset.
    ///
    /// # Errors
    /// See [`Ports::read8`].
    pub fn write8(&self, offset: u16, value: u8) -> Result<(), Code> {
        self.cap.ioport_out8(self.base + offset, value).map_err(refused)
    }

    /// Reads the 16-bit register at that offset.
    ///
    /// # Errors
    /// See [`Ports::read8`].
    pub fn read16(&self, offset: u16) -> Result<u16, Code> {
        self.cap.ioport_in16(self.base + offset).map_err(refused)
    }
}

fn refused(_: sel4::Error) -> Code {
    ServiceError::DeviceFailed.code()
}

/// Acknowledges the interrupt behind a channel that signalled; `false` when it is no interrupt of this service's. The
/// kernel is not asked about a peer's channel: beyond the last slot of a CSpace the answer is a fault.
pub(crate) fn acknowledge(channel: Channel) -> bool {
    channel.is_irq() && channel.irq_ack().is_ok()
}
