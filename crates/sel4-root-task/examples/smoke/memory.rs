// SPDX-License-Identifier: BSD-2-Clause
//! The root task's own pages, and new ones.

use sel4::init_thread::slot;
use sel4::{BootInfoPtr, CapRights, ObjectBlueprint, VmAttributes, cap, cap_type};
use sel4_root_task::{image, stack};

use crate::{Kit, at, check};

const VSPACE: cap::VSpace = slot::VSPACE.cap();
const PAGE: usize = 4096;
/// Nothing of the root task is here.
pub const SCRATCH: usize = 0x1000_0000_0000;

/// The image's frames can be told from its addresses: code becomes read-only, the stack's guard
/// page goes.
pub fn image(kit: &mut Kit, bootinfo: &BootInfoPtr) -> sel4::Result<()> {
    let frames = bootinfo.user_image_frames();
    let frame = |address: usize| frames.index((address - image::text().start) / PAGE).cap();
    for page in image::text().step_by(PAGE) {
        frame(page).frame_remap(VSPACE, page, CapRights::read_only(), VmAttributes::DEFAULT)?;
    }
    frame(stack::guard_page()).frame_unmap()?;
    check!(kit, "stack above its guard", stack::range().contains(&(&raw const frames).addr()));
    check!(kit, "image", image::data().start.is_multiple_of(PAGE) && image::text().end != 0);
    Ok(())
}

/// Tables and a frame are mapped, written, read, copied and unmapped.
pub fn pages(kit: &mut Kit) -> sel4::Result<()> {
    let attributes = VmAttributes::DEFAULT;
    let pdpt: cap::PDPT = kit.make(ObjectBlueprint::PDPT)?;
    pdpt.pdpt_map(VSPACE, SCRATCH, attributes)?;
    let directory: cap::PageDirectory = kit.make(ObjectBlueprint::PAGE_DIRECTORY)?;
    directory.page_directory_map(VSPACE, SCRATCH, attributes)?;
    let table: cap::PageTable = kit.make(ObjectBlueprint::PAGE_TABLE)?;
    table.page_table_map(VSPACE, SCRATCH, attributes)?;

    let frame: cap::Granule = kit.make(ObjectBlueprint::GRANULE)?;
    check!(kit, "unmapping what is not mapped", frame.frame_unmap() == Ok(()));
    frame.frame_map(VSPACE, SCRATCH, CapRights::read_write(), attributes)?;
    let words = core::ptr::with_exposed_provenance_mut::<u64>(SCRATCH);
    // SAFETY: mapped just now, at an address that nothing else uses.
    unsafe { words.add(7).write_volatile(0x5e14) };

    let copy = kit.slot();
    at(copy).copy(&at(frame.cptr()), CapRights::read_only())?;
    let copy = copy.cast::<cap_type::Granule>();
    copy.frame_map(VSPACE, SCRATCH + PAGE, CapRights::read_only(), attributes)?;
    // SAFETY: a second mapping of the same frame.
    let read = unsafe { words.add(512 + 7).read_volatile() };
    check!(kit, "one frame mapped twice", read == 0x5e14);
    let same = frame.frame_get_address()? == copy.frame_get_address()?;
    check!(kit, "physical addresses", same && frame.frame_get_address()?.is_multiple_of(PAGE));
    copy.frame_unmap()?;
    frame.frame_unmap()?;
    frame.frame_unmap()
}
