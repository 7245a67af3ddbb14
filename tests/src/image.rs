// SPDX-License-Identifier: BSD-2-Clause
//! Images: made by `partenza pack` as a user makes them, looked into, and damaged on purpose.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use partenza_plan::Plan;
use partenza_plan::archive::{Archive, MAGIC};

use crate::system::System;
use crate::tools::{self, Kernel};

/// Bytes of an ELF file's header, and where it says where its program headers are.
const PROGRAM_HEADERS_AT: usize = 32;
const PROGRAM_HEADER_SIZE: usize = 56;
const PROGRAM_HEADER_COUNT_AT: usize = 56;
/// A program header's type when the segment is loaded, and other fields.
const LOAD: [u8; 4] = [1, 0, 0, 0];
const OFFSET: usize = 8;
const FLAGS: usize = 4;
const ADDRESS: usize = 16;
const FILE_SIZE: usize = 32;
const MEMORY_SIZE: usize = 40;

/// The same for section headers.
const SECTION_HEADERS_AT: usize = 40;
const SECTION_HEADER_SIZE: usize = 64;
const SECTION_HEADER_COUNT_AT: usize = 60;
const SECTION_TYPE: usize = 4;
const SYMBOL_TABLE: [u8; 4] = [2, 0, 0, 0];
const PROGRAM_BITS: [u8; 4] = [1, 0, 0, 0];

/// An image and the kernel that it was packed for.
#[derive(Clone, Debug)]
pub struct Image {
    pub path: PathBuf,
    pub kernel: Kernel,
}

impl Image {
    /// Writes the system to a folder of its name and packs it.
    ///
    /// # Panics
    /// `partenza pack` refuses it.
    #[must_use]
    pub fn of(kernel: Kernel, name: &str, system: &System) -> Self {
        let dir = tools::scratch(&format!("{name}-{}", kernel.name()));
        system.write(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
        Self::pack(kernel, &dir, &dir.join("image.elf"))
    }

    /// Packs the reference system, the project's own files.
    #[must_use]
    pub fn reference(kernel: Kernel, name: &str) -> Self {
        let dir = tools::scratch(&format!("{name}-{}", kernel.name()));
        Self::pack(kernel, tools::root(), &dir.join("image.elf"))
    }

    /// Packs the system in `dir`.
    ///
    /// # Panics
    /// `partenza pack` refuses it.
    #[must_use]
    pub fn pack(kernel: Kernel, dir: &Path, path: &Path) -> Self {
        Self::pack_with(kernel, "root-task", dir, path)
    }

    /// Packs it with the root task that knows the boot parameter `tamper`: it is built for the debug kernel only, the one
    /// that tells types of capabilities.
    ///
    /// # Panics
    /// As [`Image::pack`].
    #[must_use]
    pub fn tampered(dir: &Path, path: &Path) -> Self {
        Self::pack_with(Kernel::Debug, "tampered", dir, path)
    }

    fn pack_with(kernel: Kernel, root_task: &str, dir: &Path, path: &Path) -> Self {
        let mut command = Command::new(tools::partenza());
        command.arg("pack").arg(dir).arg("--kernel").arg(kernel.prefix()).arg("--search-path");
        command.arg(kernel.programs()).arg("--root-task").arg(kernel.program(root_task)).arg("-o").arg(path);
        let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}: {}\n{said}", output.status);
        Self { path: path.to_path_buf(), kernel }
    }

    /// The root task as it was built, without a system.
    #[must_use]
    pub fn bare(kernel: Kernel) -> Self {
        Self { path: kernel.program("root-task"), kernel }
    }

    /// # Panics
    /// The file cannot be read.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        fs::read(&self.path).unwrap_or_else(|error| panic!("{}: {error}", self.path.display()))
    }

    /// What `look` finds in the plan.
    ///
    /// # Panics
    /// The image holds no sound archive.
    pub fn plan<T>(&self, look: impl FnOnce(&Plan<'_>) -> T) -> T {
        let bytes = self.bytes();
        let (_, archive) = find_archive(&bytes);
        let archive = Archive::open(&bytes[archive]).expect("pack made a sound archive");
        look(&Plan::decode(archive.plan()).expect("pack made a readable plan"))
    }

    /// A copy of the image beside it, changed by `damage`, which is given the file and where in it the archive is.
    ///
    /// # Panics
    /// The copy cannot be written.
    #[must_use]
    pub fn damaged(&self, damage: impl FnOnce(&mut Vec<u8>, std::ops::Range<usize>)) -> Self {
        let mut bytes = self.bytes();
        let (_, archive) = find_archive(&bytes);
        damage(&mut bytes, archive);
        let path = self.path.with_extension("damaged.elf");
        fs::write(&path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { path, kernel: self.kernel }
    }
}

/// Takes `pages` pages from the end of the segment that holds the archive, which then is shorter than it says.
pub fn shorten_segment(bytes: &mut [u8], pages: u64) {
    let (header, _) = find_archive(bytes);
    for field in [FILE_SIZE, MEMORY_SIZE] {
        let less = word(bytes, header + field) - pages * partenza_plan::PAGE;
        bytes[header + field..header + field + 8].copy_from_slice(&less.to_le_bytes());
    }
}

/// Writes another version number into the archive's header and makes its checksum right again.
pub fn change_version(archive: &mut [u8]) {
    archive[MAGIC.len()] ^= 1;
    partenza_plan::archive::seal_header(archive);
}

/// What the file gives of the segments that are loaded: text and data, without what is only zero.
#[must_use]
pub fn loaded_bytes(bytes: &[u8]) -> u64 {
    let loaded = |header: &usize| bytes[*header..*header + 4] == LOAD;
    program_headers(bytes).filter(loaded).map(|header| word(bytes, header + FILE_SIZE)).sum()
}

fn program_headers(bytes: &[u8]) -> impl Iterator<Item = usize> + use<> {
    let first = word(bytes, PROGRAM_HEADERS_AT) as usize;
    let at = PROGRAM_HEADER_COUNT_AT;
    let count = usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    (0..count).map(move |index| first + index * PROGRAM_HEADER_SIZE)
}

/// The two segments of a program, as `support/sel4.ld` lays them out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segment {
    Text,
    Data,
}

/// A segment's program header, as far as cases change it.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    pub flags: u32,
    pub address: u64,
    pub memory: u64,
}

/// A program's file, to be changed.
#[derive(Clone, Debug)]
pub struct ElfFile {
    pub bytes: Vec<u8>,
}

impl ElfFile {
    /// # Panics
    /// The file cannot be read.
    #[must_use]
    pub fn read(path: &Path) -> Self {
        Self { bytes: fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())) }
    }

    /// Changes a segment's header; `change` sees the other's, too.
    ///
    /// # Panics
    /// The file has not both segments.
    pub fn change(&mut self, which: Segment, change: impl FnOnce(&mut Header, &Header)) {
        let loaded = program_headers(&self.bytes).filter(|at| self.bytes[*at..*at + 4] == LOAD);
        let [text, data] = loaded.collect::<Vec<_>>()[..] else { panic!("not a text and a data segment") };
        let (at, other) = if which == Segment::Text { (text, data) } else { (data, text) };
        let mut header = self.header(at);
        change(&mut header, &self.header(other));
        self.put(at + FLAGS, &header.flags.to_le_bytes());
        self.put(at + ADDRESS, &header.address.to_le_bytes());
        self.put(at + MEMORY_SIZE, &header.memory.to_le_bytes());
    }

    fn header(&self, at: usize) -> Header {
        Header {
            flags: (word(&self.bytes, at) >> 32) as u32,
            address: word(&self.bytes, at + ADDRESS),
            memory: word(&self.bytes, at + MEMORY_SIZE),
        }
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// Writes `new` over the first `old`, which is as long.
    ///
    /// # Panics
    /// It is not there.
    pub fn replace(&mut self, old: &[u8], new: &[u8]) {
        let at = self.bytes.windows(old.len()).position(|piece| piece == old);
        self.put(at.expect("the file holds what is to be replaced"), new);
    }

    /// Makes the table of symbols a section of no known kind.
    ///
    /// # Panics
    /// There is none.
    pub fn forget_symbols(&mut self) {
        let first = word(&self.bytes, SECTION_HEADERS_AT) as usize;
        let count = usize::from(self.bytes[SECTION_HEADER_COUNT_AT]);
        let kinds = (0..count).map(|index| first + index * SECTION_HEADER_SIZE + SECTION_TYPE);
        let symbols = kinds.into_iter().find(|at| self.bytes[*at..*at + 4] == SYMBOL_TABLE);
        self.put(symbols.expect("the file has a table of symbols"), &PROGRAM_BITS);
    }
}

/// Where the program header of the archive's segment is, and the archive.
fn find_archive(bytes: &[u8]) -> (usize, std::ops::Range<usize>) {
    for header in program_headers(bytes) {
        let start = word(bytes, header + OFFSET) as usize;
        let end = start + word(bytes, header + FILE_SIZE) as usize;
        if bytes.get(start..start + MAGIC.len()) == Some(&MAGIC) {
            return (header, start..end);
        }
    }
    panic!("the image has no segment that begins with an archive");
}

fn word(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}
