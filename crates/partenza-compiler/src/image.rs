// SPDX-License-Identifier: BSD-2-Clause
//! Injects an archive into the prebuilt root task's ELF: making a new system needs no compiler.
//!
//! The result holds the root task's PT_LOADs and one more, read-only, page aligned, right after the last: the kernel
//! copies every program header whatever its type, so no other is kept. Where programs come after the boot (SPEC D-6),
//! their zeroed pages follow, as a segment without bytes. The root task finds the archive through its symbol `PARTENZA_ARCHIVE`: magic `PZIMAGE\0`, address and length (u64 each, little endian), written here.
//!
//! One section is kept, which the kernel does not look at: the ABI note, changed to say for which kernel the image was packed.

use partenza_plan::PAGE;
use partenza_plan::archive::MAGIC as ARCHIVE_MAGIC;

use crate::diagnostic::Code;
use crate::elf::{self, AbiNote, Elf, Problem, ROLE_ROOT_TASK};
use crate::kernel::Kernel;

const SYMBOL: &str = "PARTENZA_ARCHIVE";
const MAGIC: &[u8; 8] = b"PZIMAGE\0";
/// Bytes of an ELF64 header and of a program header.
const HEADER: u64 = 64;
const PROGRAM_HEADER: u64 = 56;
/// Bytes of a section header, and how many there are: none, the note, the names.
const SECTION_HEADER: u16 = 64;
const SECTIONS: u16 = 3;

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
    // What its services may do depends on the kernel that they were checked against, so the flavour is the kernel's.
    let note = elf.note.take().map(|note| AbiNote { debug: kernel.debug, ..note }.write());
    Ok(write(&elf, &note.unwrap_or_default(), address))
}

/// A packed image, taken apart.
#[derive(Clone, Debug)]
pub struct Opened {
    pub archive: Vec<u8>,
    /// Pages in memory, as in [`Image`].
    pub pages: u64,
}

/// Opens an image that [`inject`] made, for `kernel`. What the archive holds is not looked at.
///
/// # Errors
/// [`Code::NotImage`]: it is none. [`Code::ImageForeign`]: it was packed for a kernel whose programs do not run on this one.
pub fn open(bytes: &[u8], kernel: &Kernel) -> Result<Opened, Problem> {
    let mut elf = elf::read(bytes).map_err(|problem| Problem::new(Code::NotImage, problem.message))?;
    let pages = pages(&elf);
    let Some(at) = elf.segments.iter().position(|segment| segment.data.starts_with(&ARCHIVE_MAGIC)) else {
        let what = match elf.note.map(|note| note.role) {
            Some(ROLE_ROOT_TASK) => "the file is a root task without a system",
            Some(_) => "the file is the program of a service",
            None => "the file is a program without a system",
        };
        return Err(Problem::new(Code::NotImage, what));
    };
    let foreign = |message: &str| Problem::new(Code::ImageForeign, message);
    let Some(note) = &elf.note else {
        return Err(foreign("nothing in the image says for which kernel it was packed"));
    };
    if note.abi != kernel.facts.abi || note.mcs != kernel.mcs {
        let message = format!(
            "it was packed for seL4 {} ({}), the kernel is seL4 {}",
            note.kernel, note.abi, kernel.version
        );
        return Err(foreign(&message));
    }
    if note.debug && !kernel.debug {
        return Err(foreign("it was packed for a debug kernel, the kernel is a release one"));
    }
    Ok(Opened { archive: elf.segments.swap_remove(at).data, pages })
}

/// From the first to the last page.
fn pages(elf: &Elf) -> u64 {
    let first = elf.segments.iter().map(elf::Segment::first_page).min().unwrap_or(0);
    let last = elf.segments.iter().map(elf::Segment::end).max().unwrap_or(0);
    (last - first).div_ceil(PAGE)
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
fn write(elf: &Elf, note: &[u8], archive: u64) -> Image {
    let count = elf.segments.len() as u64;
    let mut offsets = Vec::new();
    let mut at = HEADER + PROGRAM_HEADER * count;
    for segment in &elf.segments {
        // Offset and address agree within a page.
        at = at.next_multiple_of(PAGE) + segment.address % PAGE;
        offsets.push(at);
        at += segment.data.len() as u64;
    }
    let (sections_at, sections) = sections(note, at);
    let mut bytes = Vec::new();
    bytes.extend(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    for half in [2u16, 62] {
        bytes.extend(half.to_le_bytes()); // ET_EXEC, EM_X86_64
    }
    bytes.extend(1u32.to_le_bytes());
    for word in [elf.entry, HEADER, sections_at] {
        bytes.extend(word.to_le_bytes()); // entry, program headers, section headers
    }
    bytes.extend(0u32.to_le_bytes());
    for half in [HEADER as u16, PROGRAM_HEADER as u16, count as u16, SECTION_HEADER, SECTIONS, SECTIONS - 1] {
        bytes.extend(half.to_le_bytes());
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
    bytes.extend(sections);
    Image { pages: pages(elf), archive_at: archive_at.map_or(0, |(_, at)| *at as usize), bytes }
}

/// What comes behind the segments, from file offset `at` on: the note, the sections' names, the section headers. Gives the place
/// of the headers as well.
fn sections(note: &[u8], at: u64) -> (u64, Vec<u8>) {
    /// Of each section: where its name begins, its type (none, note, strings), its bytes.
    const NAMES: &[u8] = b"\0.note.sel4.abi\0.shstrtab\0";
    let table: [(u32, u32, &[u8]); SECTIONS as usize] = [(0, 0, &[]), (1, 7, note), (16, 3, NAMES)];
    let start = at.next_multiple_of(8);
    let mut bytes = vec![0; (start - at) as usize];
    let mut headers = Vec::new();
    for (name, kind, content) in table {
        let offset = if kind == 0 { 0 } else { at + bytes.len() as u64 };
        for word in [name, kind] {
            headers.extend(word.to_le_bytes());
        }
        for word in [0, 0, offset, content.len() as u64] {
            headers.extend(word.to_le_bytes()); // flags, address
        }
        headers.extend(0u64.to_le_bytes()); // link, info
        for word in [u64::from(kind != 0), 0] {
            headers.extend(word.to_le_bytes()); // alignment, size of an entry
        }
        bytes.extend(content);
    }
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    let headers_at = at + bytes.len() as u64;
    bytes.extend(headers);
    (headers_at, bytes)
}
