// SPDX-License-Identifier: BSD-2-Clause
//! What a page of a writable segment begins with: bytes of the archive, then patches over them.

use partenza_plan::PAGE;
use partenza_plan::archived::{Patch, Segment};

/// One page.
pub struct PageContents<'a> {
    bytes: &'a [u8],
    /// Where in the page they go.
    at: usize,
    address: u64,
    patches: &'a [Patch],
}

impl<'a> PageContents<'a> {
    #[must_use]
    pub fn new(archive: &'a [u8], segment: &Segment, page: u32, patches: &'a [Patch]) -> Self {
        let page_start = u64::from(page) * PAGE;
        let data_start = u64::from(segment.data_offset.to_native());
        let start = data_start.max(page_start);
        let end = (data_start + u64::from(segment.data_bytes.to_native())).min(page_start + PAGE);
        let bytes = if start < end {
            let place = segment.archive.to_native() as usize;
            archive.get(place + start as usize..place + end as usize).unwrap_or(&[])
        } else {
            &[]
        };
        Self {
            bytes,
            at: (start - page_start) as usize % PAGE as usize,
            address: segment.address + page_start,
            patches,
        }
    }

    fn patches_here(&self) -> impl Iterator<Item = (usize, &'a [u8])> + '_ {
        self.patches.iter().filter_map(|patch| {
            let (address, bytes) = (patch.address.to_native(), &patch.bytes);
            let end = address + bytes.len() as u64;
            let here = self.address..self.address + PAGE;
            let (from, to) = (address.max(here.start), end.min(here.end));
            (from < to).then(|| {
                ((from - here.start) as usize, &bytes[(from - address) as usize..(to - address) as usize])
            })
        })
    }

    /// Whether a fresh frame is right as it is.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.bytes.is_empty() && self.patches_here().next().is_none()
    }

    pub fn write(&self, page: &mut [u8; PAGE as usize]) {
        page[self.at..self.at + self.bytes.len()].copy_from_slice(self.bytes);
        for (at, bytes) in self.patches_here() {
            page[at..at + bytes.len()].copy_from_slice(bytes);
        }
    }
}
