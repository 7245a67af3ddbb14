// SPDX-License-Identifier: BSD-2-Clause
//! One file to start an AArch64 machine with. On x86_64 the machine's boot loader takes kernel and root task as they are; here
//! somebody must be there before the kernel, so both go into one image behind the loader (`crates/loader`).
//!
//! [`Image::pack`] places every part where it will stay, which the loader's parameters tell; [`Image::elf`], [`Image::flat`] and
//! [`Image::uimage`] write the same image in three forms:
//!
//! | form | started by |
//! |---|---|
//! | ELF | QEMU's `-kernel` |
//! | flat, with a Linux image header | QEMU's `-kernel`; U-Boot's `booti` |
//! | uImage | U-Boot's `bootm` |
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod elf;
mod error;
mod uimage;

pub use error::PackError;

use elf::Program;
use partenza_loader::parameters::{
    IMAGE_SIZE_OFFSET, LOADER, LOADER_BYTES, MAGIC, OFFSET, PAGE, Parameters, RAM,
};

/// Bytes at a physical address.
#[derive(Clone, Debug)]
struct Segment {
    address: u64,
    bytes: Vec<u8>,
}

/// An image, placed.
#[derive(Clone, Debug)]
pub struct Image {
    /// In ascending order, without overlaps; the loader is the first.
    segments: Vec<Segment>,
}

impl Image {
    /// Places kernel, root task and loader, each an ELF file for AArch64.
    ///
    /// # Errors
    /// A file is not what it should be, or the kernel is not one that the loader can start.
    pub fn pack(kernel: &[u8], root_task: &[u8], loader: &[u8]) -> Result<Self, PackError> {
        let kernel = Program::read(kernel, "kernel")?;
        let root_task = Program::read(root_task, "root task")?;
        let loader = Program::read(loader, "loader")?;

        let kernel_start = kernel.physical_start();
        if kernel_start != LOADER + LOADER_BYTES {
            return Err(PackError::KernelPlace(kernel_start));
        }
        let user_start = kernel.physical_end().next_multiple_of(PAGE);
        let user_virtual = root_task.virtual_start() / PAGE * PAGE;
        let parameters = Parameters {
            magic: MAGIC,
            kernel_entry: kernel.entry,
            kernel_window: kernel.virtual_start() - (kernel_start - RAM),
            // The second word of the only region.
            ram_end_at: kernel.physical_of("avail_p_regs")? + 8,
            psci_conduit_at: kernel.physical_of("psci_conduit")?,
            user_start,
            user_end: (user_start + root_task.virtual_end() - user_virtual).next_multiple_of(PAGE),
            user_virtual,
            user_entry: root_task.entry,
        };

        let mut segments = vec![place_loader(&loader, &parameters)?];
        segments
            .extend(kernel.segments.iter().map(|s| Segment { address: s.physical, bytes: s.bytes.clone() }));
        let moved = |s: &elf::Segment| s.virtual_address - user_virtual + user_start;
        segments
            .extend(root_task.segments.iter().map(|s| Segment { address: moved(s), bytes: s.bytes.clone() }));
        segments.sort_by_key(|segment| segment.address);
        // A flat file says how much memory it takes; an ELF file's reader does not look.
        let mut image = Self { segments };
        let size = image.end() - LOADER;
        image.segments[0].bytes[IMAGE_SIZE_OFFSET..][..8].copy_from_slice(&size.to_le_bytes());
        Ok(image)
    }

    /// As an ELF file whose addresses are physical. Every segment is in the file in full: QEMU clears nothing at a warm reset.
    #[must_use]
    pub fn elf(&self) -> Vec<u8> {
        elf::write(LOADER, self.segments.iter().map(|segment| (segment.address, segment.bytes.as_slice())))
    }

    /// As it lies in memory from the loader on, with the loader's Linux image header first.
    #[must_use]
    pub fn flat(&self) -> Vec<u8> {
        let mut bytes = vec![0; (self.end() - LOADER) as usize];
        for segment in &self.segments {
            let at = (segment.address - LOADER) as usize;
            bytes[at..at + segment.bytes.len()].copy_from_slice(&segment.bytes);
        }
        bytes
    }

    /// The flat image behind U-Boot's legacy header.
    #[must_use]
    pub fn uimage(&self) -> Vec<u8> {
        uimage::wrap(&self.flat(), LOADER as u32)
    }

    /// The address after the last byte.
    fn end(&self) -> u64 {
        self.segments
            .iter()
            .map(|segment| segment.address + segment.bytes.len() as u64)
            .max()
            .unwrap_or(LOADER)
    }
}

/// The loader's segment with its parameters.
fn place_loader(loader: &Program, parameters: &Parameters) -> Result<Segment, PackError> {
    let [segment] = loader.segments.as_slice() else { return Err(PackError::NotLoader) };
    let mut bytes = segment.bytes.clone();
    let fits = segment.physical == LOADER && bytes.len() as u64 <= LOADER_BYTES;
    match bytes.get_mut(OFFSET..OFFSET + Parameters::BYTES) {
        Some(place) if fits && place.starts_with(&MAGIC) => place.copy_from_slice(&parameters.to_bytes()),
        _ => return Err(PackError::NotLoader),
    }
    Ok(Segment { address: LOADER, bytes })
}
