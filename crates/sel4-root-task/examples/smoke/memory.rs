// SPDX-License-Identifier: BSD-2-Clause
//! The root task's own pages, and new ones.

use sel4::init_thread::slot;
use sel4::{
    BootInfoPtr, CapRights, ObjectBlueprint, TranslationTableObjectType, VmAttributes, cap, cap_type,
};
use sel4_root_task::{image, stack};

use crate::{Kit, at, check};

const VSPACE: cap::VSpace = slot::VSPACE.cap();
const PAGE: usize = 4096;
/// Nothing of the root task is here.
pub const SCRATCH: usize = 0x1000_0000_0000;

/// The memory functions of `sel4-runtime`, which unit tests hold on the host's architecture only: short and long, apart and
/// overlapping both ways.
pub fn functions(kit: &mut Kit) {
    use core::hint::black_box;

    const ROOM: usize = 160;
    let fresh = || -> [u8; ROOM] { core::array::from_fn(|i| (i * 7 + 3) as u8) };
    let mut right = true;
    for n in 0..70 {
        for (from, to) in
            [(0, 80), (3, 0), (0, 3), (1, 9), (9, 1), (0, 40), (40, 0), (5, 5), (0, 17), (17, 0)]
        {
            let mut bytes = fresh();
            bytes.copy_within(black_box(from..from + n), black_box(to));
            let original = fresh();
            right &= bytes.iter().enumerate().all(|(i, byte)| {
                *byte == if (to..to + n).contains(&i) { original[i - to + from] } else { original[i] }
            });
        }
        let mut bytes = fresh();
        let filled = black_box(1..1 + n);
        bytes[filled.clone()].fill(black_box(0x5c));
        right &= bytes
            .iter()
            .zip(fresh())
            .enumerate()
            .all(|(i, (byte, old))| *byte == if filled.contains(&i) { 0x5c } else { old });
        let mut other = fresh();
        right &= black_box(&other[..n]) == black_box(&fresh()[..n]);
        if n > 0 {
            other[n - 1] ^= 1;
            right &= black_box(&other[..n]) != black_box(&fresh()[..n]);
        }
    }
    check!(kit, "memory functions", right);
}

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
    for level in TranslationTableObjectType::ALL {
        let table: cap::UnspecifiedIntermediateTranslationTable = kit.make(level.blueprint())?;
        table.generic_intermediate_translation_table_map(level, VSPACE, SCRATCH, attributes)?;
    }

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
