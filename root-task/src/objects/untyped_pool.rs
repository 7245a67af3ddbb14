// SPDX-License-Identifier: BSD-2-Clause
//! Binds the plan's objects to the untypeds that the kernel handed over.
//!
//! The first retype out of an untyped clears all of it, 0.6 instructions a byte. So the pool fills what is open before it
//! opens another, and what it opens is the largest that the boot will fill, by the demand that the plan tells; only the last
//! rest takes the smallest that will do. Objects are asked for in descending size, so nothing is lost to alignment.
//! The choice depends on plan and BootInfo alone: the same machine gives the same result in every boot (SPEC F-1).

use partenza_protocol::error::BootError;
use sel4::{ObjectBlueprint, cap};

use crate::objects::cspace::{CSpace, Slot};
use crate::objects::error::{During, ObjectError, Step};

/// Untypeds that BootInfo can list.
const MAX_PARENTS: usize = 256;
/// Objects that one retype makes at most (`RETYPE_FAN_OUT_LIMIT` of the kernel).
pub const FAN_OUT: u32 = 256;

struct Parent {
    cap: cap::Untyped,
    bits: u8,
    used: u64,
}

impl Parent {
    /// Objects of `bits` that still fit.
    fn room(&self, bits: u8) -> u64 {
        let size = 1 << self.bits;
        let start = self.used.next_multiple_of(1 << bits);
        if start >= size { 0 } else { (size - start) >> bits }
    }
}

/// The RAM that the kernel handed over.
pub struct Pool {
    cspace: CSpace,
    parents: heapless::Vec<Parent, MAX_PARENTS>,
    /// Bytes that are still to be asked for.
    demand: u64,
}

impl Pool {
    /// `untypeds`: capability and log2 size of each RAM untyped. `demand`: bytes that will be asked for in all; a wrong
    /// number costs time, no memory.
    pub fn new(cspace: CSpace, untypeds: impl Iterator<Item = (cap::Untyped, u8)>, demand: u64) -> Self {
        let mut parents = heapless::Vec::new();
        for (cap, bits) in untypeds {
            // BootInfo's list is shorter than this by construction of the kernel.
            let _ = parents.push(Parent { cap, bits, used: 0 });
        }
        Self { cspace, parents, demand }
    }

    /// Makes `count` objects in consecutive slots from `first` on.
    ///
    /// # Errors
    /// [`BootError::NotEnoughMemory`], or what the kernel refused.
    pub fn take(&mut self, blueprint: ObjectBlueprint, first: Slot, count: u32) -> Result<(), ObjectError> {
        let bits = blueprint.physical_size_bits() as u8;
        let cspace = self.cspace;
        let mut made = 0;
        while made < count {
            let Some(parent) = self.choose(bits) else {
                return Err(ObjectError::because(BootError::NotEnoughMemory));
            };
            let batch = parent.room(bits).min(u64::from(count - made)) as u32;
            retype(cspace, parent.cap, blueprint, first.plus(made), batch)?;
            parent.used = parent.used.next_multiple_of(1 << bits) + (u64::from(batch) << bits);
            self.demand = self.demand.saturating_sub(u64::from(batch) << bits);
            made += batch;
        }
        Ok(())
    }

    fn choose(&mut self, bits: u8) -> Option<&mut Parent> {
        let demand = self.demand;
        self.parents.iter_mut().filter(|parent| parent.room(bits) > 0).min_by_key(|parent| {
            let left = (1u64 << parent.bits) - parent.used;
            match parent.used {
                0 if left <= demand => (1, demand - left),
                0 => (2, left),
                _ => (0, left),
            }
        })
    }
}

/// Makes `count` objects in consecutive slots from `first` on, at most [`FAN_OUT`] in one `Untyped_Retype`.
///
/// # Errors
/// What the kernel refused.
pub fn retype(
    cspace: CSpace,
    parent: cap::Untyped,
    blueprint: ObjectBlueprint,
    first: Slot,
    count: u32,
) -> Result<(), ObjectError> {
    let root = sel4::init_thread::slot::CNODE.cap().absolute_cptr_for_self();
    let mut made = 0;
    while made < count {
        let batch = (count - made).min(FAN_OUT);
        let at = cspace.index(first.plus(made));
        parent.untyped_retype(&blueprint, &root, at, batch as usize).during(Step::Retype)?;
        made += batch;
    }
    Ok(())
}
