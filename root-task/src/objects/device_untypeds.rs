// SPDX-License-Identifier: BSD-2-Clause
//! Frames at given physical addresses, out of the device untypeds.
//!
//! An untyped hands out its memory from its start upwards. To reach an address, what lies before it is filled with
//! untypeds that are dropped again once the frame stands; so frames of one untyped must be asked for in ascending
//! order, which [`Devices::frames`]' caller sees to.

use partenza_protocol::error::GrantError;
use sel4::{FrameObjectType, ObjectBlueprint, UntypedDesc, cap};

use crate::objects::cspace::{CSpace, Slot};
use crate::objects::error::{During, ObjectError, Step};
use crate::objects::untyped_pool::retype;

/// Device untypeds that are looked at.
const MAX_DEVICES: usize = 256;
/// Slots that fillers need at most: one for each bit of an untyped's size, twice.
pub const FILLER_SLOTS: u32 = 96;

struct Device {
    cap: cap::Untyped,
    start: u64,
    bits: u8,
    used: u64,
}

pub struct Devices {
    cspace: CSpace,
    fillers: Slot,
    devices: heapless::Vec<Device, MAX_DEVICES>,
}

impl Devices {
    /// `fillers` is the first of [`FILLER_SLOTS`] free slots.
    pub fn new<'a>(
        cspace: CSpace,
        fillers: Slot,
        untypeds: impl Iterator<Item = (cap::Untyped, &'a UntypedDesc)>,
    ) -> Self {
        let mut devices = heapless::Vec::new();
        for (cap, desc) in untypeds {
            let device = Device { cap, start: desc.paddr() as u64, bits: desc.size_bits() as u8, used: 0 };
            // BootInfo's list is shorter than this by construction of the kernel.
            let _ = devices.push(device);
        }
        Self { cspace, fillers, devices }
    }

    /// Makes `count` frames of 2^`bits` bytes at `physical` in slots from `first` on.
    ///
    /// # Errors
    /// [`GrantError::NoSuchDevice`] when no device untyped holds the range, or part of it is taken.
    pub fn frames(&mut self, physical: u64, bits: u8, first: Slot, count: u32) -> Result<(), ObjectError> {
        let frame = if bits as usize == FrameObjectType::GRANULE.bits() {
            FrameObjectType::GRANULE
        } else {
            FrameObjectType::LargePage
        };
        let end = physical + (u64::from(count) << bits);
        let cspace = self.cspace;
        let device = self
            .devices
            .iter_mut()
            .find(|d| d.start + d.used <= physical && end <= d.start + (1u64 << d.bits))
            .ok_or(ObjectError::because(GrantError::NoSuchDevice))?;
        let mut filler = self.fillers;
        while device.start + device.used < physical {
            let gap = physical - device.start - device.used;
            let bits = device.used.trailing_zeros().min(gap.ilog2());
            retype(cspace, device.cap, ObjectBlueprint::Untyped { size_bits: bits as usize }, filler, 1)?;
            device.used += 1 << bits;
            filler = filler.plus(1);
        }
        retype(cspace, device.cap, frame.blueprint(), first, count)?;
        device.used += u64::from(count) << bits;
        while filler != self.fillers {
            filler = Slot(filler.0 - 1);
            cspace.path(filler).delete().during(Step::DeviceMemory)?;
        }
        Ok(())
    }
}
