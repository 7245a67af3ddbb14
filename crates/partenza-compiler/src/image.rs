// SPDX-License-Identifier: BSD-2-Clause
//! Injects an archive into the prebuilt root task's ELF: making a new system needs no compiler.
//!
//! The result holds the root task's PT_LOADs and one more, read-only, page aligned, right after the last: the kernel
//! copies every program header whatever its type, so nothing else is kept. Where programs come after the boot (SPEC D-6),
//! their zeroed pages follow, as a segment without bytes. The root task finds the archive through its symbol `PARTENZA_ARCHIVE`: magic `PZIMAGE\0`, address and length (u64 each, little endian), written here.

use partenza_plan::PAGE;

use crate::diagnostic::Code;
use crate::elf::{self, Elf, Problem, ROLE_ROOT_TASK};
use crate::kernel::Kernel;

const SYMBOL: &str = "PARTENZA_ARCHIVE";
const MAGIC: &[u8; 8] = b"PZIMAGE\0";
/// Bytes of an ELF64 header and of a program header.
const HEADER: u64 = 64;
const PROGRAM_HEADER: u64 = 56;

/// An image, and what it takes of the machine.
#[derive(Clone, Debug)]
pub struct Image {
    pub bytes: Vec<u8>,
    /// Pages in memory, each of which takes a slot of the root CNode.
    pub pages: u64,
    /// Where the archive is, for tests that damage it.
    pub archive_at: usize,
}

/// Puts `archive` into `root_task`, with `store` bytes of zeros behind it.
///
/// # Errors
/// The root task is not one, or not for this kernel.
pub fn inject(root_task: &[u8], archive: &[u8], store: u64, kernel: &Kernel) -> Result<Image, Vec<Problem>> {
    let mut elf = elf::read(root_task).map_err(|problem| vec![problem])?;
    let problems = elf::check(&elf, kernel, ROLE_ROOT_TASK);
    if !problems.is_empty() {
        return Err(problems);
    }
    let end = elf.segments.iter().map(elf::Segment::end).max().unwrap_or(PAGE);
    let address = end.next_multiple_of(PAGE);
    write_symbol(&mut elf, address, archive.len() as u64).map_err(|problem| vec![problem])?;
    elf.segments.push(elf::Segment {
        address,
        memory: archive.len() as u64,
        data: archive.to_vec(),
        writable: false,
        executable: false,
    });
    if store > 0 {
        elf.segments.push(elf::Segment {
            address: (address + archive.len() as u64).next_multiple_of(PAGE),
            memory: store,
            data: Vec::new(),
            writable: true,
            executable: false,
        });
    }
    Ok(write(&elf, address))
}

fn write_symbol(elf: &mut Elf, address: u64, length: u64) -> Result<(), Problem> {
    let lacks = || {
        let message = format!("the file has no proper symbol `{SYMBOL}`: it is not Partenza's root task");
        Problem { code: Code::BadRootTask, message, help: None }
    };
    let (at, _) = *elf.symbols.get(SYMBOL).ok_or_else(lacks)?;
    let segment = elf.segments.iter_mut().find(|s| s.address <= at && at < s.end()).ok_or_else(lacks)?;
    let offset = (at - segment.address) as usize;
    let place = segment.data.get_mut(offset..offset + 24).filter(|p| p[..8] == *MAGIC).ok_or_else(lacks)?;
    place[8..16].copy_from_slice(&address.to_le_bytes());
    place[16..24].copy_from_slice(&length.to_le_bytes());
    Ok(())
}

/// `archive` is the address of that segment.
fn write(elf: &Elf, archive: u64) -> Image {
    let count = elf.segments.len() as u64;
    let mut bytes = Vec::new();
    bytes.extend(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    for half in [2u16, 62] {
        bytes.extend(half.to_le_bytes()); // ET_EXEC, EM_X86_64
    }
    bytes.extend(1u32.to_le_bytes());
    for word in [elf.entry, HEADER, 0] {
        bytes.extend(word.to_le_bytes()); // entry, program headers, no section headers
    }
    bytes.extend(0u32.to_le_bytes());
    for half in [HEADER as u16, PROGRAM_HEADER as u16, count as u16, 64, 0, 0] {
        bytes.extend(half.to_le_bytes());
    }
    let mut offsets = Vec::new();
    let mut at = HEADER + PROGRAM_HEADER * count;
    for segment in &elf.segments {
        // Offset and address agree within a page.
        at = at.next_multiple_of(PAGE) + segment.address % PAGE;
        offsets.push(at);
        at += segment.data.len() as u64;
    }
    for (segment, offset) in elf.segments.iter().zip(&offsets) {
        let flags = 4u32 | u32::from(segment.writable) << 1 | u32::from(segment.executable);
        bytes.extend(1u32.to_le_bytes());
        bytes.extend(flags.to_le_bytes());
        for word in
            [*offset, segment.address, segment.address, segment.data.len() as u64, segment.memory, PAGE]
        {
            bytes.extend(word.to_le_bytes());
        }
    }
    for (segment, offset) in elf.segments.iter().zip(&offsets) {
        bytes.resize(*offset as usize, 0);
        bytes.extend(&segment.data);
    }
    let archive_at = elf.segments.iter().zip(&offsets).find(|(segment, _)| segment.address == archive);
    let first = elf.segments.iter().map(elf::Segment::first_page).min().unwrap_or(0);
    let last = elf.segments.iter().map(elf::Segment::end).max().unwrap_or(0);
    Image {
        pages: (last - first).div_ceil(PAGE),
        archive_at: archive_at.map_or(0, |(_, at)| *at as usize),
        bytes,
    }
}
