// SPDX-License-Identifier: BSD-2-Clause
//! What the packer tells the loader, and where things are.
//!
//! ```text
//! 0x40000000  RAM; QEMU puts the device tree here when it starts an ELF file
//! 0x40200000  the loader: Linux image header, parameters, code, stack, tables
//! 0x40210000  the kernel, where it stays
//!             the root task, contiguous and page aligned, where it stays
//!             the device tree, copied there by the loader
//! ```
//!
//! Nothing of the image is moved. The kernel gives everything below its `ki_boot_end` to user level as untyped memory, the
//! loader and QEMU's device tree included.

/// The first byte of RAM.
pub const RAM: u64 = 0x4000_0000;
/// Where the loader is linked: RAM and the header's text offset.
pub const LOADER: u64 = 0x4020_0000;
/// Bytes that it has, code, stack and tables.
pub const LOADER_BYTES: u64 = 0x1_0000;
/// Offset of the parameters in the loader: behind the header.
pub const OFFSET: usize = 64;
/// Offset of the size in memory (u64) that a Linux image header holds.
pub const IMAGE_SIZE_OFFSET: usize = 16;
/// What the parameters begin with in a loader, packed or not.
pub const MAGIC: [u8; 8] = *b"PZLOAD01";
/// Bytes in a page.
pub const PAGE: u64 = 4096;

/// The parameters. Addresses are physical unless they say otherwise; all zero but for the magic in a loader that is not
/// packed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Parameters {
    /// [`MAGIC`].
    pub magic: [u8; 8],
    /// Virtual address at which the kernel starts.
    pub kernel_entry: u64,
    /// Virtual address of the kernel's window, at which [`RAM`] is seen.
    pub kernel_window: u64,
    /// Where the kernel keeps the end of RAM, which the loader writes.
    pub ram_end_at: u64,
    /// Where the kernel keeps how firmware is called, which the loader writes.
    pub psci_conduit_at: u64,
    /// First byte of the root task.
    pub user_start: u64,
    /// The byte after its last page.
    pub user_end: u64,
    /// Virtual address of its first byte.
    pub user_virtual: u64,
    /// Virtual address at which it starts.
    pub user_entry: u64,
}

impl Parameters {
    /// Bytes.
    pub const BYTES: usize = size_of::<Self>();

    /// As they lie in the loader.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let words = [
            self.kernel_entry,
            self.kernel_window,
            self.ram_end_at,
            self.psci_conduit_at,
            self.user_start,
            self.user_end,
            self.user_virtual,
            self.user_entry,
        ];
        let mut bytes = [0; Self::BYTES];
        bytes[..8].copy_from_slice(&self.magic);
        for (place, word) in bytes[8..].chunks_exact_mut(8).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }
}

const _: () = assert!(Parameters::BYTES == 72);
