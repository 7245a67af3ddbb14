// SPDX-License-Identifier: BSD-2-Clause
//! What is written into symbols of a program, also for what no target does yet: children, prefilled regions.

use std::path::PathBuf;

use partenza_compiler::elf::{Elf, Segment};
use partenza_compiler::layout::patch::patches;
use partenza_compiler::sdf::{self, Board};
use partenza_compiler::{Code, Diagnostics, Sources};

const DATA: u64 = 0x20_1000;

/// A program with these symbols of eight bytes, one after the other in a writable segment.
fn program(symbols: &[&str]) -> Elf {
    let data = vec![0; 0x1000];
    let segment = Segment { address: DATA, memory: 0x1000, data, writable: true, executable: false };
    let places = (DATA..).step_by(8).map(|at| (at, 8));
    let symbols = symbols.iter().map(|name| (*name).to_owned()).zip(places).collect();
    Elf { entry: DATA, segments: vec![segment], symbols, ..Elf::default() }
}

const XML: &str = "<system>
<memory_region name=\"table\" prefill_path=\"table.bin\"/>
<memory_region name=\"uart\" size=\"0x2000\" phys_addr=\"0x9000000\"/>
<protection_domain name=\"a\" priority=\"1\"><program_image path=\"a.elf\"/>
<map mr=\"table\" vaddr=\"0x6000000\" setvar_vaddr=\"v\" setvar_size=\"s\" setvar_prefill_size=\"p\"/>
<irq id=\"3\" pin=\"4\" vector=\"4\" setvar_id=\"i\"/>
<ioport id=\"5\" addr=\"0x3f8\" size=\"8\" setvar_id=\"o\" setvar_addr=\"q\"/>
<setvar symbol=\"r\" region_paddr=\"uart\"/>
<protection_domain name=\"kid\" id=\"7\" setvar_id=\"k\"><program_image path=\"a.elf\"/></protection_domain>
</protection_domain>
<channel><end pd=\"a\" id=\"9\" setvar_id=\"c\"/><end pd=\"kid\" id=\"1\"/></channel>
</system>";

#[test]
fn every_setvar_is_written() {
    let (mut sources, mut out) = (Sources::default(), Diagnostics::default());
    let file = sources.add("system.xml", XML);
    let prefills = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/sdf/prefills");
    let system = sdf::read(file, &sources, &Board::X86_64, &[prefills], &mut out);
    assert!(!out.has_errors(), "{:?}", out.codes());
    let names = ["v", "s", "p", "i", "o", "q", "r", "k", "c"];
    let (written, problems) = patches(&system.pds[0], &system, &program(&names), None);
    assert!(problems.is_empty(), "{problems:?}");
    let values: [u64; 9] = [0x600_0000, 0x1000, 10, 3, 5, 0x3f8, 0x900_0000, 7, 9];
    let expected =
        values.iter().zip((DATA..).step_by(8)).map(|(value, at)| (at, value.to_le_bytes().to_vec()));
    assert_eq!(written, expected.collect::<Vec<_>>());
    // The child's own program has none of them to set.
    let (written, problems) = patches(&system.pds[1], &system, &program(&names), None);
    assert!(written.is_empty() && problems.is_empty());
    // A symbol that is asked for must be there.
    let (_, problems) = patches(&system.pds[0], &system, &program(&names[..7]), None);
    let codes: Vec<Code> = problems.iter().map(|(problem, _)| problem.code).collect();
    assert_eq!(codes, [Code::NoSymbol, Code::NoSymbol]);
}
