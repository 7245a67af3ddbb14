// SPDX-License-Identifier: BSD-2-Clause
//! Looking at what services have, without changing it: slots, and the proof that a destroyed service left
//! nothing behind. The kernel is asked, not our own counters.

use partenza_plan::ServiceId;
use sel4::{CapRights, ObjectBlueprint, cap};

use crate::objects::cspace::{Slot, own};
use crate::objects::error::{During, ObjectError, Step};
use crate::objects::untyped_pool::{FAN_OUT, retype};
use crate::service::executor::Executor;

/// What is in a slot of a service's CSpace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    Empty,
    /// A capability, of this type where the kernel tells.
    Held(Option<sel4::debug::Identity>),
}

/// log2 of the untyped whose objects fill empty slots: 256 endpoints.
pub const AUDIT_UNTYPED_BITS: usize = 12;
/// Surplus capabilities of one gap that an audit names.
pub const MAX_OCCUPIED: usize = 16;

impl Executor {
    /// Proves that a destroyed incarnation, or with `whole` a service, left nothing behind, by asking the kernel, not our
    /// own counters: its untyped, or both, are retyped whole, and every slot takes a new object. Gives bytes and slots.
    ///
    /// # Errors
    /// The first retype that the kernel refused.
    pub fn verify_reclaimed(&self, id: ServiceId, whole: bool) -> Result<(u64, u32), ObjectError> {
        let (service, _, slots) = self.parts(id);
        let untypeds = [
            (service.untyped_slots.1, service.incarnation_untyped),
            (service.untyped_slots.0, service.service_untyped),
        ];
        let (untypeds, begin) =
            if whole { (&untypeds[..], slots.cnode) } else { (&untypeds[..1], slots.frames) };
        let mut bytes = 0;
        for &(slot, bits) in untypeds {
            let untyped = self.cspace.cap(Slot(slot.into()));
            let whole = ObjectBlueprint::Untyped { size_bits: bits as usize };
            retype(self.cspace, untyped, whole, own::SCRATCH, 1)?;
            self.cspace.path(Slot(slot.into())).revoke().during(Step::Revoke)?;
            bytes += 1u64 << bits;
        }
        let slot = service.untyped_slots.1;
        let count = slots.end - begin;
        let mut probed = 0;
        while probed < count {
            let batch = (count - probed).min(FAN_OUT);
            let first = Slot(begin + probed);
            retype(self.cspace, self.cspace.cap(Slot(slot.into())), ObjectBlueprint::Endpoint, first, batch)?;
            self.cspace.path(Slot(slot.into())).revoke().during(Step::Revoke)?;
            probed += batch;
        }
        Ok((bytes, count))
    }

    /// Looks into a slot of the service's CSpace.
    #[must_use]
    pub fn examine(&self, id: ServiceId, cptr: u32) -> Finding {
        let copy = self.cspace.path(own::SCRATCH);
        if copy.copy(&self.slot_of(id, cptr), CapRights::all()).is_err() {
            return Finding::Empty;
        }
        let identity = sel4::debug::identity(self.cspace.cptr(own::SCRATCH));
        // Deleting a copy that was just made cannot fail.
        let _ = copy.delete();
        Finding::Held(identity)
    }

    /// The slots in `gap` that are not empty, at most [`MAX_OCCUPIED`], found by filling the others.
    #[must_use]
    pub fn occupied(&self, id: ServiceId, gap: core::ops::Range<u32>) -> heapless::Vec<u32, MAX_OCCUPIED> {
        let mut found = heapless::Vec::new();
        let mut next = gap.start;
        while next < gap.end {
            let count = (gap.end - next).min(FAN_OUT);
            if !self.fills(id, next, count) {
                // One of them is not empty: look at each.
                for cptr in next..next + count {
                    if !self.fills(id, cptr, 1) && found.push(cptr).is_err() {
                        return found;
                    }
                }
            }
            next += count;
        }
        found
    }

    /// Whether new objects fit into these slots; they are taken away again.
    fn fills(&self, id: ServiceId, first: u32, count: u32) -> bool {
        let (_, _, slots) = self.parts(id);
        let untyped: cap::Untyped = self.cspace.cap(own::AUDIT_UNTYPED);
        let into = sel4::init_thread::slot::CNODE.cap().absolute_cptr(self.cspace.cptr(Slot(slots.cnode)));
        let filled =
            untyped.untyped_retype(&ObjectBlueprint::Endpoint, &into, first as usize, count as usize).is_ok();
        if filled {
            // Revoking what was just made cannot fail.
            let _ = self.cspace.path(own::AUDIT_UNTYPED).revoke();
        }
        filled
    }
}
