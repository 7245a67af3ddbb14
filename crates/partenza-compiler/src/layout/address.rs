// SPDX-License-Identifier: BSD-2-Clause
//! Addresses in a service's address space.
//!
//! The image stands where it was linked. Startup page, IPC buffer and stack go to the end of the 2 MiB that hold the
//! image's end, so that one page table is enough for all; where there is no room, to the end of the next 2 MiB that
//! has it. From the top: IPC buffer, startup page, a guard page, the stack, a guard page.

use std::collections::BTreeSet;
use std::ops::Range;

use partenza_plan::PAGE;

/// What one page table covers.
pub const LARGE: u64 = 2 << 20;

/// The pages that are not the image's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    pub stack_top: u64,
    pub startup: Option<u64>,
    pub ipc_buffer: u64,
}

impl Addresses {
    /// The lowest address of the stack.
    #[must_use]
    pub fn stack_bottom(&self, stack_pages: u64) -> u64 {
        self.stack_top - stack_pages * PAGE
    }
}

/// Places stack, startup page and IPC buffer beside what is `used` (image first, then maps; page granular).
/// `None`: no room below `end`.
#[must_use]
pub fn place(
    used: &[Range<u64>],
    image_end: u64,
    stack_pages: u64,
    startup: bool,
    end: u64,
) -> Option<Addresses> {
    let below_stack = (1 + u64::from(startup) + 1) * PAGE;
    let size = below_stack + (stack_pages + 1) * PAGE;
    let mut top = image_end.checked_next_multiple_of(LARGE)?;
    while top <= end {
        let bottom = top.checked_sub(size);
        if let Some(bottom) = bottom.filter(|b| *b >= PAGE)
            && used.iter().all(|range| range.end <= bottom || top <= range.start)
        {
            return Some(Addresses {
                stack_top: top - below_stack,
                startup: startup.then(|| top - 2 * PAGE),
                ipc_buffer: top - PAGE,
            });
        }
        top += LARGE;
    }
    None
}

/// A range of pages of one size.
#[derive(Clone, Copy, Debug)]
pub struct Mapped {
    pub address: u64,
    pub pages: u64,
    pub page_bits: u8,
}

/// Addresses at which a table of each level is needed, top level first; a large page needs none of the last.
#[must_use]
pub fn tables(mapped: &[Mapped]) -> [Vec<u64>; 3] {
    let mut levels: [BTreeSet<u64>; 3] = Default::default();
    for range in mapped {
        for page in 0..range.pages {
            let address = range.address + (page << range.page_bits);
            for (level, shift) in [39, 30, 21].into_iter().enumerate() {
                if shift != 21 || range.page_bits == 12 {
                    levels[level].insert(address >> shift << shift);
                }
            }
        }
    }
    levels.map(|level| level.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: u64 = 1 << 32;

    #[test]
    fn a_small_service_needs_one_page_table() {
        let image = 0x20_0000..0x20_5000;
        let at = place(std::slice::from_ref(&image), image.end, 2, true, END).unwrap();
        assert_eq!(at.ipc_buffer, 0x3f_f000);
        assert_eq!(at.startup, Some(0x3f_e000));
        assert_eq!((at.stack_top, at.stack_bottom(2)), (0x3f_d000, 0x3f_b000));
        let mapped = [(0x20_0000, 5), (at.stack_bottom(2), 2), (at.ipc_buffer, 1)]
            .map(|(address, pages)| Mapped { address, pages, page_bits: 12 });
        assert_eq!(tables(&mapped), [vec![0], vec![0], vec![0x20_0000]]);
    }

    #[test]
    fn what_does_not_fit_goes_to_the_next_region_that_has_room() {
        let image = 0x20_0000..0x3f_f000;
        let map = 0x40_0000..0x60_0000;
        let at = place(&[image.clone(), map], image.end, 4, false, END).unwrap();
        assert_eq!(at.ipc_buffer, 0x7f_f000);
        assert_eq!(at.startup, None);
        assert_eq!(place(std::slice::from_ref(&image), image.end, 4, false, 0x40_0000), None);
    }

    #[test]
    fn the_guard_page_below_the_stack_is_free() {
        // Stack of 2, guard, startup, IPC and the guard below: 6 pages; the image leaves exactly that.
        let fits = 0x20_0000..0x3f_a000;
        let at = place(std::slice::from_ref(&fits), fits.end, 2, true, END).unwrap();
        assert_eq!(at.stack_bottom(2) - PAGE, fits.end);
        let tight = 0x20_0000..0x3f_b000;
        let at = place(std::slice::from_ref(&tight), tight.end, 2, true, END).unwrap();
        assert!(at.ipc_buffer > 0x40_0000);
    }

    #[test]
    fn a_large_page_needs_no_page_table() {
        let levels = tables(&[Mapped { address: 0x4000_0000, pages: 2, page_bits: 21 }]);
        assert_eq!(levels, [vec![0], vec![0x4000_0000], vec![]]);
    }
}
