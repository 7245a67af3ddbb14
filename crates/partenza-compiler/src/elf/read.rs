// SPDX-License-Identifier: BSD-2-Clause
//! From bytes to [`Elf`]: header, segments, symbols, note. Refuses what cannot be read; [`super::check`] judges the rest.

use std::collections::BTreeMap;

use object::LittleEndian;
use object::elf::{self, FileHeader64};
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader, Sym};

use super::{AbiNote, Elf, Problem, Segment, note};
use crate::diagnostic::Code;

type Header = FileHeader64<LittleEndian>;
const E: LittleEndian = LittleEndian;
/// Largest image of a service in memory.
const MAX_MEMORY: u64 = 1 << 30;

/// Reads a file.
///
/// # Errors
/// It is not a 64-bit, static, complete ELF file for this architecture.
pub fn read(data: &[u8]) -> Result<Elf, Problem> {
    let header = header(data)?;
    let truncated = |what: &str| Problem::new(Code::ElfTruncated, format!("the file ends inside {what}"));
    let programs = header.program_headers(E, data).map_err(|_| truncated("its program headers"))?;
    for program in programs {
        let kind = program.p_type(E);
        if kind == elf::PT_DYNAMIC || kind == elf::PT_INTERP {
            return Err(Problem::new(Code::ElfDynamic, "the file wants a dynamic linker"));
        }
    }
    let mut elf = Elf { entry: header.e_entry(E), ..Elf::default() };
    for program in programs.iter().filter(|p| p.p_type(E) == elf::PT_LOAD && p.p_memsz(E) > 0) {
        let bytes = program.data(E, data).map_err(|()| truncated("a segment"))?;
        let (address, memory) = (program.p_vaddr(E), program.p_memsz(E));
        if bytes.len() as u64 > memory || memory > MAX_MEMORY || address.checked_add(memory).is_none() {
            let message = format!("the segment at {address:#x} has impossible sizes");
            return Err(Problem::new(Code::ElfTruncated, message));
        }
        elf.segments.push(Segment {
            address,
            memory,
            data: bytes.to_vec(),
            writable: program.p_flags(E).contains(elf::PF_W),
            executable: program.p_flags(E).contains(elf::PF_X),
        });
    }
    elf.segments.sort_by_key(|segment| segment.address);
    if header.e_shoff.get(E) != 0 {
        sections(header, data, &mut elf).ok_or_else(|| truncated("its section headers or sections"))?;
    }
    Ok(elf)
}

fn header(data: &[u8]) -> Result<&Header, Problem> {
    if data.get(..4) != Some(b"\x7fELF") {
        return Err(Problem::new(Code::NotElf, "the file is not ELF"));
    }
    if data.get(4) == Some(&1) {
        return Err(Problem::new(Code::Elf32, "the file is 32-bit ELF"));
    }
    let parsed = Header::parse(data);
    let header = parsed.map_err(|_| Problem::new(Code::ElfTruncated, "the file ends inside its header"))?;
    if !header.is_little_endian() || !header.is_class_64() || header.e_machine(E) != elf::EM_X86_64 {
        return Err(Problem::new(Code::ElfMachine, "the file is not for x86_64"));
    }
    if header.e_type(E) == elf::ET_DYN {
        return Err(Problem::new(Code::ElfDynamic, "the file is position-independent or a shared library"));
    }
    if header.e_type(E) != elf::ET_EXEC {
        return Err(Problem::new(Code::NotElf, "the file is ELF, but not an executable"));
    }
    Ok(header)
}

/// Symbols and the note; `None` when the file is too short for them.
fn sections(header: &Header, data: &[u8], elf: &mut Elf) -> Option<()> {
    let sections = header.sections(E, data).ok()?;
    for section in sections.iter() {
        let bytes = section.data(E, data).ok()?;
        let name = sections.section_name(E, section).unwrap_or_default();
        if name == note::SECTION.as_bytes() {
            elf.note = AbiNote::read(bytes);
        }
    }
    let symbols = sections.symbols(E, data, elf::SHT_SYMTAB).ok()?;
    let mut functions: BTreeMap<u32, (bool, &str)> = BTreeMap::new();
    for symbol in symbols.iter().filter(|s| !s.is_undefined(E)) {
        let Ok(name) = symbol.name(E, symbols.strings()) else { continue };
        let Ok(name) = std::str::from_utf8(name) else { continue };
        if name.is_empty() {
            continue;
        }
        let address = symbol.st_value(E);
        if symbol.st_type() == elf::STT_FUNC
            && let Ok(address) = u32::try_from(address)
        {
            // Of several names the global one, then the first of the alphabet: the same in every run.
            let candidate = (symbol.is_local(), name);
            functions
                .entry(address)
                .and_modify(|known| *known = (*known).min(candidate))
                .or_insert(candidate);
        }
        if !symbol.is_local() || !elf.symbols.contains_key(name) {
            elf.symbols.insert(name.to_owned(), (address, symbol.st_size(E)));
        }
    }
    let demangle = |name: &str| format!("{:#}", rustc_demangle::demangle(name));
    elf.functions = functions.into_iter().map(|(at, (_, name))| (at, demangle(name))).collect();
    Some(())
}
