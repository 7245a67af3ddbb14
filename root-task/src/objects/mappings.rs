// SPDX-License-Identifier: BSD-2-Clause
//! Init's own address space: a window through which frames are filled, device registers, the arena, and the image's
//! pages with the rights that they should have.
//!
//! Everything lies in one gigabyte above the image: page 0 is the timer's registers, page 1 the window, page tables
//! from the second on hold the arena, and behind it the kept pages, which Init writes and services see, read-only.

use partenza_plan::PAGE;
use partenza_protocol::error::BootError;
use sel4::{CapRights, ObjectBlueprint, VmAttributes, cap};

use crate::objects::cspace::{CSpace, Slot, own};
use crate::objects::error::{During, ObjectError, Step};
use crate::objects::untyped_pool::Pool;

const BASE: usize = 0x1000_0000_0000;
const TABLE_SPAN: usize = 1 << 21;
const TIMER: usize = BASE;
const WINDOW: usize = BASE + PAGE as usize;
const ARENA: usize = BASE + TABLE_SPAN;
/// Page tables that [`own::WINDOW_TABLES`] has room for, besides PDPT and PD.
const MAX_TABLES: usize = 32;

/// Init's window into frames that it makes for others.
#[derive(Clone, Copy)]
pub struct Window {
    cspace: CSpace,
}

fn vspace() -> cap::VSpace {
    sel4::init_thread::slot::VSPACE.cap()
}

impl Window {
    /// Makes the tables for the window and `pages` of memory.
    ///
    /// # Errors
    /// No memory, or what the kernel refused.
    pub fn open(cspace: CSpace, pool: &mut Pool, pages: u32) -> Result<Self, ObjectError> {
        let tables = 1 + (pages as usize * PAGE as usize).div_ceil(TABLE_SPAN);
        if tables > MAX_TABLES {
            return Err(ObjectError::because(BootError::NotEnoughMemory));
        }
        let attributes = VmAttributes::DEFAULT;
        let (pdpt, pd, first_table) =
            (own::WINDOW_TABLES, own::WINDOW_TABLES.plus(1), own::WINDOW_TABLES.plus(2));
        pool.take(ObjectBlueprint::PDPT, pdpt, 1)?;
        pool.take(ObjectBlueprint::PAGE_DIRECTORY, pd, 1)?;
        pool.take(ObjectBlueprint::PAGE_TABLE, first_table, tables as u32)?;
        cspace
            .cap::<sel4::cap_type::PDPT>(pdpt)
            .pdpt_map(vspace(), BASE, attributes)
            .during(Step::MapTable)?;
        cspace
            .cap::<sel4::cap_type::PageDirectory>(pd)
            .page_directory_map(vspace(), BASE, attributes)
            .during(Step::MapTable)?;
        for table in 0..tables {
            cspace
                .cap::<sel4::cap_type::PageTable>(first_table.plus(table as u32))
                .page_table_map(vspace(), BASE + table * TABLE_SPAN, attributes)
                .during(Step::MapTable)?;
        }
        Ok(Self { cspace })
    }

    /// Makes and maps the frames of the arena and of `kept` pages, in slots from `first` on; gives the arena's address
    /// range and the kept pages.
    ///
    /// # Errors
    /// No memory, or what the kernel refused.
    pub fn map_memory(
        &self,
        pool: &mut Pool,
        first: Slot,
        arena: u32,
        kept: u32,
    ) -> Result<(core::ops::Range<usize>, StartupPages), ObjectError> {
        let address = |page: u32| ARENA + page as usize * PAGE as usize;
        let pages = arena + kept;
        pool.take(ObjectBlueprint::GRANULE, first, pages)?;
        for page in 0..pages {
            self.frame(first.plus(page))
                .frame_map(vspace(), address(page), CapRights::read_write(), VmAttributes::DEFAULT)
                .during(Step::MapFrame)?;
        }
        Ok((
            ARENA..address(arena),
            StartupPages { base: address(arena), count: kept as usize, first: first.plus(arena) },
        ))
    }

    /// Maps a frame of device registers for Init and gives its address.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn map_timer(&self, frame: Slot) -> Result<*mut u64, ObjectError> {
        self.frame(frame)
            .frame_map(vspace(), TIMER, CapRights::read_write(), VmAttributes::CACHE_DISABLED)
            .during(Step::MapFrame)?;
        Ok(core::ptr::with_exposed_provenance_mut(TIMER))
    }

    /// Lets `fill` write to the frame in `slot`, which is mapped nowhere before and after.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn fill(&self, slot: Slot, fill: impl FnOnce(&mut [u8; PAGE as usize])) -> Result<(), ObjectError> {
        let frame = self.frame(slot);
        frame
            .frame_map(vspace(), WINDOW, CapRights::read_write(), VmAttributes::DEFAULT)
            .during(Step::MapFrame)?;
        let page: *mut [u8; PAGE as usize] = core::ptr::with_exposed_provenance_mut(WINDOW);
        // SAFETY: the frame was just mapped here, writable, and is unmapped below; Init's one thread is the only user
        // of the window and `self` is not reachable from `fill`.
        fill(unsafe { &mut *page });
        frame.frame_unmap().during(Step::Unmap)
    }

    fn frame(&self, slot: Slot) -> cap::Granule {
        self.cspace.cap(slot)
    }
}

/// Pages of Init's own memory that services see: mapped here for ever, writable, and zero at first.
pub struct StartupPages {
    base: usize,
    count: usize,
    first: Slot,
}

impl StartupPages {
    /// A page, and the slot of its frame.
    ///
    /// # Panics
    /// There are not so many.
    pub fn page(&mut self, index: usize) -> (&mut [u8; PAGE as usize], Slot) {
        assert!(index < self.count, "the plan keeps no such page");
        let page: *mut [u8; PAGE as usize] =
            core::ptr::with_exposed_provenance_mut(self.base + index * PAGE as usize);
        // SAFETY: `map_memory` mapped it, writable, for this alone, and it stays so; `self` is borrowed with it.
        (unsafe { &mut *page }, self.first.plus(index as u32))
    }
}

/// The frames that the root task's image lies in: the kernel gives one capability for each of its pages.
#[derive(Clone, Copy)]
pub struct ImageFrames {
    first: usize,
    count: usize,
    base: usize,
}

impl ImageFrames {
    /// `base` is the image's lowest address.
    #[must_use]
    pub fn new(slots: core::ops::Range<usize>, base: usize) -> Self {
        Self { first: slots.start, count: slots.len(), base }
    }

    /// First address behind the image.
    #[must_use]
    pub fn end(&self) -> usize {
        self.base + self.count * PAGE as usize
    }

    /// The frame that holds `address`.
    #[must_use]
    pub fn at(&self, address: usize) -> Option<cap::Granule> {
        let page = address.checked_sub(self.base)? / PAGE as usize;
        (page < self.count).then(|| sel4::init_thread::Slot::from_index(self.first + page).cap())
    }

    /// Whether all of `range` is backed by frames of the image.
    #[must_use]
    pub fn cover(&self, range: &core::ops::Range<usize>) -> bool {
        range.is_empty() || self.at(range.start).is_some() && self.at(range.end - 1).is_some()
    }

    /// Maps `range` read-only to Init itself (the kernel maps all of the image writable).
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn protect(&self, range: core::ops::Range<usize>) -> Result<(), ObjectError> {
        for address in range.step_by(PAGE as usize) {
            if let Some(frame) = self.at(address) {
                frame
                    .frame_remap(vspace(), address, CapRights::read_only(), VmAttributes::DEFAULT)
                    .during(Step::MapFrame)?;
            }
        }
        Ok(())
    }

    /// Unmaps the page at `address`, so that touching it faults.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn guard(&self, address: usize) -> Result<(), ObjectError> {
        self.at(address).map_or(Ok(()), |frame| frame.frame_unmap().during(Step::Unmap))
    }
}
