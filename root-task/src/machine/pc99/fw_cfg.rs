// SPDX-License-Identifier: BSD-2-Clause
//! QEMU's fw_cfg device (docs/specs/fw_cfg.rst of QEMU): named files that the host hands to the guest.
//!
//! Files are read through its DMA interface: two port writes per file instead of a system call per byte.

use core::sync::atomic::{Ordering, compiler_fence};

use sel4::cap;

/// The ports are `FIRST_PORT..=LAST_PORT`.
pub const FIRST_PORT: u16 = 0x510;
pub const LAST_PORT: u16 = 0x51b;
const SELECTOR: u16 = 0x510;
const DATA: u16 = 0x511;
const DMA_HIGH: u16 = 0x514;
const DMA_LOW: u16 = 0x518;
const KEY_SIGNATURE: u16 = 0;
const KEY_FEATURES: u16 = 1;
const KEY_DIRECTORY: u16 = 0x19;
const FEATURE_DMA: u8 = 1 << 1;
const CONTROL_ERROR: u32 = 1;
const CONTROL_READ: u32 = 1 << 1;
const CONTROL_SELECT: u32 = 1 << 3;

/// Bytes of a directory entry, and of the name at its end.
const ENTRY: usize = 64;
const NAME: usize = 56;
/// The transfer's description comes first in the page, its data after it.
const DATA_AT: usize = 64;
/// Longest file, and longest directory, that is read.
pub const MAX_FILE: usize = 4096 - DATA_AT;

/// A page that the device writes to.
#[repr(C, align(4096))]
pub struct Page(core::cell::UnsafeCell<[u8; 4096]>);

// SAFETY: used by Init's one thread, through the one `FwCfg` that `open` gives out per boot.
unsafe impl Sync for Page {}

impl Page {
    #[must_use]
    pub const fn new() -> Self {
        Self(core::cell::UnsafeCell::new([0; 4096]))
    }

    #[must_use]
    pub fn address(&self) -> usize {
        self.0.get().addr()
    }
}

impl Default for Page {
    fn default() -> Self {
        Self::new()
    }
}

/// The device.
pub struct FwCfg {
    ports: cap::IOPort,
    page: &'static Page,
    physical: u64,
}

impl FwCfg {
    /// `None` when this is not QEMU, or a QEMU without the DMA interface. `physical` is the page's address.
    #[must_use]
    pub fn open(ports: cap::IOPort, page: &'static Page, physical: u64) -> Option<Self> {
        let this = Self { ports, page, physical };
        let mut signature = [0; 4];
        this.select(KEY_SIGNATURE, &mut signature)?;
        let mut features = [0];
        this.select(KEY_FEATURES, &mut features)?;
        (signature == *b"QEMU" && features[0] & FEATURE_DMA != 0).then_some(this)
    }

    fn select(&self, key: u16, out: &mut [u8]) -> Option<()> {
        self.ports.ioport_out16(SELECTOR, key).ok()?;
        for byte in out {
            *byte = self.ports.ioport_in8(DATA).ok()?;
        }
        Some(())
    }

    /// Reads `len` bytes of `key` into the page.
    fn transfer(&mut self, key: u16, len: usize) -> Option<&[u8]> {
        let len = len.min(MAX_FILE);
        let control = u32::from(key) << 16 | CONTROL_SELECT | CONTROL_READ;
        let page = self.page.0.get();
        // SAFETY: the page is this device's alone; the device writes it only between the two port writes below and
        // the moment that the control word is cleared.
        let bytes = unsafe { &mut *page };
        bytes[0..4].copy_from_slice(&control.to_be_bytes());
        bytes[4..8].copy_from_slice(&(len as u32).to_be_bytes());
        bytes[8..16].copy_from_slice(&(self.physical + DATA_AT as u64).to_be_bytes());
        compiler_fence(Ordering::SeqCst);
        // Both ports are big endian; the transfer starts with the low half.
        self.ports.ioport_out32(DMA_HIGH, ((self.physical >> 32) as u32).to_be()).ok()?;
        self.ports.ioport_out32(DMA_LOW, (self.physical as u32).to_be()).ok()?;
        compiler_fence(Ordering::SeqCst);
        // SAFETY: as above; the device may have written in between, so the page is looked at anew.
        let bytes = unsafe { &*core::hint::black_box(page) };
        let left = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        (left & (CONTROL_ERROR | CONTROL_READ) == 0).then(|| &bytes[DATA_AT..DATA_AT + len])
    }

    /// Calls `each` with name (behind `prefix`) and contents of every file whose name begins with `prefix`.
    pub fn files(&mut self, prefix: &str, mut each: impl FnMut(&str, &[u8])) {
        let mut directory = [0; MAX_FILE];
        match self.transfer(KEY_DIRECTORY, MAX_FILE) {
            Some(bytes) => directory.copy_from_slice(bytes),
            None => return,
        }
        let count = u32::from_be_bytes([directory[0], directory[1], directory[2], directory[3]]) as usize;
        for entry in directory[4..].chunks_exact(ENTRY).take(count) {
            let name = &entry[ENTRY - NAME..];
            let name = &name[..name.iter().position(|byte| *byte == 0).unwrap_or(NAME)];
            let Some(name) = core::str::from_utf8(name).ok().and_then(|name| name.strip_prefix(prefix))
            else {
                continue;
            };
            let size = u32::from_be_bytes([entry[0], entry[1], entry[2], entry[3]]) as usize;
            let key = u16::from_be_bytes([entry[4], entry[5]]);
            if let Some(contents) = self.transfer(key, size) {
                each(name, contents);
            }
        }
    }
}
