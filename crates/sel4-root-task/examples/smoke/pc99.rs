// SPDX-License-Identifier: BSD-2-Clause
//! A PC: COM1, two ways to end QEMU, the PIT through the I/O APIC, and ranges of I/O ports.

use sel4::init_thread::slot;
use sel4::{BootInfoPtr, CPtr, CapRights, Error, ObjectBlueprint, cap, cap_type};

use crate::{Kit, at, check};

const COM1: u16 = 0x3f8;
const LINE_STATUS: u16 = COM1 + 5;
const TRANSMITTER_EMPTY: u8 = 0x20;
/// QEMU's `isa-debug-exit`: 2v+1 is its exit status.
const DEBUG_EXIT: u16 = 0xf4;
/// The q35's power management control register, and "soft off".
const PM_CONTROL: u16 = 0x604;
const SOFT_OFF: u16 = 0x2000;

/// What a function finds below its stack pointer's alignment: the return address.
pub const RETURN_ADDRESS_BYTES: usize = 8;

#[derive(Clone, Copy)]
pub struct Machine {
    ports: cap::IOPort,
}

impl Machine {
    /// Takes slots from `next_slot` on, which it moves.
    pub fn open(_bootinfo: &BootInfoPtr, next_slot: &mut usize) -> sel4::Result<Self> {
        let ports = CPtr::from_bits(*next_slot as u64);
        *next_slot += 1;
        slot::IO_PORT_CONTROL.cap().ioport_control_issue(0, 0xffff, &crate::at(ports))?;
        Ok(Self { ports: ports.cast() })
    }

    pub fn put(&self, byte: u8) -> sel4::Result<()> {
        while self.ports.ioport_in8(LINE_STATUS).is_ok_and(|s| s & TRANSMITTER_EMPTY == 0) {}
        self.ports.ioport_out8(COM1, byte)
    }

    pub fn power_off(&self) -> ! {
        // Takes effect a moment later.
        let _ = self.ports.ioport_out16(PM_CONTROL, SOFT_OFF);
        sel4::init_thread::suspend_self()
    }

    pub fn fail(&self) -> ! {
        let _ = self.ports.ioport_out8(DEBUG_EXIT, 16);
        sel4::init_thread::suspend_self()
    }
}

/// The kernel tells the rate of the TSC.
pub fn clock(kit: &mut Kit, bootinfo: &BootInfoPtr) {
    check!(kit, "a clock", bootinfo.tsc_mhz().is_some_and(|mhz| mhz > 0));
}

/// The PIT ticks through the I/O APIC; ports outside a range are refused.
pub fn interrupts(kit: &mut Kit) -> sel4::Result<()> {
    let ports = kit.slot();
    let control = slot::IO_PORT_CONTROL.cap();
    let nothing = control.ioport_control_issue(0x43, 0x40, &at(ports));
    check!(kit, "an empty port range", nothing == Err(Error::RangeError));
    control.ioport_control_issue(0x40, 0x43, &at(ports))?;
    let ports = ports.cast::<cap_type::IOPort>();
    let outside = ports.ioport_in8(0x44).map(drop);
    check!(kit, "a port outside", outside == Err(Error::IllegalOperation));
    let high = kit.slot();
    control.ioport_control_issue(0xf000, 0xffff, &at(high))?;
    let high = high.cast::<cap_type::IOPort>();
    check!(kit, "a high port", high.ioport_in8(0xfff0).is_ok());

    let handler = kit.slot();
    slot::IRQ_CONTROL.cap().irq_control_get_ioapic(0, 2, 0, 0, 0, &at(handler))?;
    let handler = handler.cast::<cap_type::IrqHandler>();
    let notification: cap::Notification = kit.make(ObjectBlueprint::Notification)?;
    let badged = kit.slot();
    at(badged).mint(&at(notification.cptr()), CapRights::all(), 0x100)?;
    handler.irq_handler_set_notification(badged.cast())?;
    handler.irq_handler_ack()?;
    let count: u16 = 11932; // 10 ms
    ports.ioport_out8(0x43, 0x34)?;
    ports.ioport_out8(0x40, count as u8)?;
    ports.ioport_out8(0x40, (count >> 8) as u8)?;
    check!(kit, "a tick", notification.wait().1 == 0x100);
    handler.irq_handler_ack()?;
    check!(kit, "another", notification.wait().1 == 0x100);
    handler.irq_handler_clear()?;
    ports.ioport_out8(0x43, 0x30)
}

/// Faults that only this machine has: none.
pub fn faults(_kit: &mut Kit) -> sel4::Result<()> {
    Ok(())
}
