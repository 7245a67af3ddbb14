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
    let (bytes, offsets) = elf::write(&elf, &note.unwrap_or_default())
        .map_err(|error| vec![Problem::new(Code::BadRootTask, error.to_string())])?;
    let archive_at = elf.segments.iter().zip(&offsets).find(|(segment, _)| segment.address == address);
    Ok(Image { pages: pages(&elf), archive_at: archive_at.map_or(0, |(_, at)| *at as usize), bytes })
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
