// SPDX-License-Identifier: BSD-2-Clause
//! From [`Elf`] to a file that a kernel boots: PT_LOADs, and the ABI note as a section, which the kernel does not look at.

use object::elf::{
    ELFOSABI_NONE, EM_X86_64, ET_EXEC, FileFlags, PF_R, PF_W, PF_X, PT_LOAD, SHT_NOTE, SectionFlags,
};
use object::write::elf::{FileHeader, ProgramHeader, SectionHeader, Writer};
use object::{Endianness, write};

use super::Elf;
use partenza_plan::PAGE;

/// Bytes at whose multiples a note's words lie.
const NOTE_ALIGN: u64 = 8;

/// Writes the segments and the note; gives the file, and where in it each segment's bytes begin.
///
/// # Errors
/// There are more segments, or longer ones, than an ELF file can name.
pub fn write(elf: &Elf, note: &[u8]) -> write::Result<(Vec<u8>, Vec<u64>)> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(Endianness::Little, true, &mut bytes);
    writer.reserve_file_header();
    writer.reserve_program_headers(elf.segments.len() as u32);
    let mut offsets = Vec::new();
    for segment in &elf.segments {
        // Offset and address agree within a page.
        let offset = writer.reserved_len().next_multiple_of(PAGE) + segment.address % PAGE;
        writer.reserve_until(offset);
        writer.reserve(segment.data.len() as u64, 1);
        offsets.push(offset);
    }
    let name = writer.add_section_name(b".note.sel4.abi");
    writer.reserve_section_index();
    writer.reserve_shstrtab_section_index();
    let note_at = writer.reserve(note.len() as u64, NOTE_ALIGN);
    writer.reserve_shstrtab()?;
    writer.reserve_section_headers();

    writer.write_file_header(&FileHeader {
        os_abi: ELFOSABI_NONE,
        abi_version: 0,
        e_type: ET_EXEC,
        e_machine: EM_X86_64,
        e_entry: elf.entry,
        e_flags: FileFlags(0),
    })?;
    writer.write_align_program_headers();
    for (segment, offset) in elf.segments.iter().zip(&offsets) {
        let mut flags = PF_R;
        if segment.writable {
            flags |= PF_W;
        }
        if segment.executable {
            flags |= PF_X;
        }
        writer.write_program_header(&ProgramHeader {
            p_type: PT_LOAD,
            p_flags: flags,
            p_offset: *offset,
            p_vaddr: segment.address,
            p_paddr: segment.address,
            p_filesz: segment.data.len() as u64,
            p_memsz: segment.memory,
            p_align: PAGE,
        });
    }
    for (segment, offset) in elf.segments.iter().zip(&offsets) {
        writer.pad_until(*offset);
        writer.write(&segment.data);
    }
    writer.pad_until(note_at);
    writer.write(note);
    writer.write_shstrtab();
    writer.write_null_section_header();
    let sh_name = writer.section_name_offset(Some(name));
    writer.write_section_header(&SectionHeader {
        sh_name,
        sh_type: SHT_NOTE,
        sh_flags: SectionFlags(0),
        sh_addr: 0,
        sh_offset: note_at,
        sh_size: note.len() as u64,
        sh_link: 0,
        sh_info: 0,
        sh_addralign: NOTE_ALIGN,
        sh_entsize: 0,
    });
    writer.write_shstrtab_section_header();
    Ok((bytes, offsets))
}
