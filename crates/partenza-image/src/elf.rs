// SPDX-License-Identifier: BSD-2-Clause
//! ELF files: programs that are read, and the image that is written.

use object::elf::{EM_AARCH64, FileHeader64, PT_LOAD};
use object::read::elf::{ElfFile64, FileHeader, ProgramHeader};
use object::{LittleEndian, Object, ObjectSymbol};
use partenza_loader::parameters::PAGE;
use std::collections::HashMap;

use crate::PackError;

const E: LittleEndian = LittleEndian;

/// The largest part of an image, from its first address to its last: what the loader maps for the kernel is 1 GiB.
const LARGEST: u64 = 1 << 29;

/// What is loaded.
pub struct Segment {
    pub virtual_address: u64,
    pub physical: u64,
    /// As long as it is in memory.
    pub bytes: Vec<u8>,
}

/// A program.
pub struct Program {
    pub entry: u64,
    /// Of at least one byte each; at least one.
    pub segments: Vec<Segment>,
    symbols: HashMap<String, u64>,
}

impl Program {
    /// Reads a program; `what` names it in errors.
    pub fn read(data: &[u8], what: &'static str) -> Result<Self, PackError> {
        let broken = |error: object::Error| PackError::NotElf(what, error.to_string());
        let header = FileHeader64::<LittleEndian>::parse(data).map_err(broken)?;
        if header.e_machine(E) != EM_AARCH64 {
            return Err(PackError::Machine(what, header.e_machine(E).0));
        }
        let mut segments = Vec::new();
        for segment in header.program_headers(E, data).map_err(broken)? {
            if segment.p_type(E) != PT_LOAD || segment.p_memsz(E) == 0 {
                continue;
            }
            let cut = || PackError::NotElf(what, "a segment is not in the file".to_owned());
            let mut bytes = segment.data(E, data).map_err(|()| cut())?.to_vec();
            let memory = segment.p_memsz(E);
            if memory < bytes.len() as u64 {
                return Err(PackError::NotElf(what, "a segment has an impossible size".to_owned()));
            }
            if memory > LARGEST {
                return Err(PackError::TooLarge(what));
            }
            bytes.resize(memory as usize, 0);
            segments.push(Segment {
                virtual_address: segment.p_vaddr(E),
                physical: segment.p_paddr(E),
                bytes,
            });
        }
        let ends =
            |s: &Segment| [s.virtual_address, s.physical].map(|at| at.checked_add(s.bytes.len() as u64));
        if segments.iter().any(|segment| ends(segment).contains(&None)) {
            return Err(PackError::NotElf(what, "a segment has an impossible address".to_owned()));
        }
        if segments.is_empty() {
            return Err(PackError::Empty(what));
        }
        let program = Self { entry: header.e_entry(E), segments, symbols: HashMap::new() };
        let spans = [
            program.virtual_end() - program.virtual_start(),
            program.physical_end() - program.physical_start(),
        ];
        if spans.iter().any(|span| *span > LARGEST) {
            return Err(PackError::TooLarge(what));
        }
        let file = ElfFile64::<LittleEndian>::parse(data).map_err(broken)?;
        let symbols = file.symbols().filter_map(|s| Some((s.name().ok()?.to_owned(), s.address()))).collect();
        Ok(Self { symbols, ..program })
    }

    fn lowest(&self, of: impl Fn(&Segment) -> u64) -> u64 {
        self.segments.iter().map(of).min().unwrap_or(0)
    }

    fn highest(&self, of: impl Fn(&Segment) -> u64) -> u64 {
        self.segments.iter().map(|s| of(s) + s.bytes.len() as u64).max().unwrap_or(0)
    }

    pub fn physical_start(&self) -> u64 {
        self.lowest(|segment| segment.physical)
    }

    pub fn physical_end(&self) -> u64 {
        self.highest(|segment| segment.physical)
    }

    pub fn virtual_start(&self) -> u64 {
        self.lowest(|segment| segment.virtual_address)
    }

    pub fn virtual_end(&self) -> u64 {
        self.highest(|segment| segment.virtual_address)
    }

    /// The physical address of a variable.
    pub fn physical_of(&self, symbol: &'static str) -> Result<u64, PackError> {
        let lacks = || PackError::KernelSymbol(symbol);
        let address = *self.symbols.get(symbol).ok_or_else(lacks)?;
        let inside =
            |s: &&Segment| (s.virtual_address..s.virtual_address + s.bytes.len() as u64).contains(&address);
        let segment = self.segments.iter().find(inside).ok_or_else(lacks)?;
        Ok(address - segment.virtual_address + segment.physical)
    }
}

/// Bytes of an ELF64 header and of a program header.
const HEADER: u64 = 64;
const PROGRAM_HEADER: u64 = 56;

/// An executable of these segments at physical addresses, readable, writable and executable: there is no MMU to care.
pub fn write<'a>(entry: u64, segments: impl Iterator<Item = (u64, &'a [u8])> + Clone) -> Vec<u8> {
    let count = segments.clone().count();
    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    let half = |file: &mut Vec<u8>, value: u16| file.extend(value.to_le_bytes());
    for value in [object::elf::ET_EXEC.0, EM_AARCH64.0] {
        half(&mut file, value);
    }
    file.extend(1u32.to_le_bytes());
    for word in [entry, HEADER, 0] {
        file.extend(word.to_le_bytes());
    }
    file.extend(0u32.to_le_bytes());
    for value in [HEADER as u16, PROGRAM_HEADER as u16, count as u16, 64, 0, 0] {
        half(&mut file, value);
    }
    let mut offset = HEADER + PROGRAM_HEADER * count as u64;
    for (address, bytes) in segments.clone() {
        // Offset and address agree within a page.
        offset = offset.next_multiple_of(PAGE) + address % PAGE;
        for word in [PT_LOAD.0, 7] {
            file.extend(word.to_le_bytes());
        }
        for word in [offset, address, address, bytes.len() as u64, bytes.len() as u64, PAGE] {
            file.extend(word.to_le_bytes());
        }
        offset += bytes.len() as u64;
    }
    for (address, bytes) in segments {
        let start = (file.len() as u64).next_multiple_of(PAGE) + address % PAGE;
        file.resize(start as usize, 0);
        file.extend(bytes);
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(segments: &[(u64, &[u8])]) -> Result<Program, PackError> {
        Program::read(&write(0x20_0000, segments.iter().copied()), "root task")
    }

    #[test]
    fn what_was_written_is_read() {
        let program = read(&[(0x20_0000, b"code"), (0x20_1008, b"data")]).map_err(|e| e.to_string()).unwrap();
        assert_eq!(
            (program.entry, program.virtual_start(), program.virtual_end()),
            (0x20_0000, 0x20_0000, 0x20_100c)
        );
        let parts: Vec<_> = program.segments.iter().map(|s| (s.physical, s.bytes.as_slice())).collect();
        assert_eq!(parts, [(0x20_0000, b"code".as_slice()), (0x20_1008, b"data")]);
    }

    /// Nobody allocates what a damaged address asks for.
    #[test]
    fn segments_far_apart_or_beyond_all_addresses_are_refused() {
        let refused = |segments: &[(u64, &[u8])]| read(segments).err();
        assert_eq!(
            refused(&[(0x20_0000, b"code"), (0x7fff_ffff_0000, b"data")]),
            Some(PackError::TooLarge("root task"))
        );
        assert!(matches!(refused(&[(u64::MAX - 2, b"code")]), Some(PackError::NotElf("root task", _))));
        assert_eq!(refused(&[]), Some(PackError::Empty("root task")));
        let mut file = write(0, [(0x1000, b"code".as_slice())].into_iter());
        // The program header's size in memory.
        file[64 + 40..64 + 48].copy_from_slice(&(1u64 << 62).to_le_bytes());
        assert_eq!(Program::read(&file, "kernel").err(), Some(PackError::TooLarge("kernel")));
    }

    #[test]
    fn whatever_byte_is_another_a_file_is_read_or_refused() {
        let whole = write(0x20_0000, [(0x20_0000, b"code".as_slice()), (0x20_1000, b"data")].into_iter());
        for at in 0..64 + 2 * 56 {
            for other in [0, 1, 0x7f, 0x80, 0xff] {
                let mut file = whole.clone();
                file[at] = other;
                let _ = Program::read(&file, "root task");
            }
        }
    }
}
