// SPDX-License-Identifier: BSD-2-Clause
//! No input makes the compiler panic: right files with pieces cut out, doubled, swapped.

mod property;
mod support;

use partenza_compiler::{Diagnostics, Severity, Sources, diagnostic};
use proptest::prelude::*;
use support::{Bench, CLIENT, ElfFile, PAIR_XML, PAIR_YAML, SERVER};

/// What happens to a text: at a place, so many bytes go, and this comes.
#[derive(Clone, Debug)]
struct Edit {
    at: usize,
    remove: usize,
    insert: String,
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let insert = prop_oneof![
        "[ -~]{0,4}",
        Just("\n".to_owned()),
        Just(": ".to_owned()),
        Just("[".to_owned()),
        Just("}".to_owned()),
        Just("<map mr=\"shared\" vaddr=\"0\"/>".to_owned()),
        Just("0xffffffffffffffff".to_owned()),
        Just("18446744073709551615".to_owned()),
        Just("ä".to_owned()),
        Just("&a ".to_owned()),
        Just("<!--".to_owned()),
    ];
    let edit =
        (any::<usize>(), 0usize..12, insert).prop_map(|(at, remove, insert)| Edit { at, remove, insert });
    prop::collection::vec(edit, 1..4)
}

fn apply(text: &str, edits: &[Edit]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for edit in edits {
        let at = edit.at % (bytes.len() + 1);
        let end = (at + edit.remove).min(bytes.len());
        bytes.splice(at..end, edit.insert.bytes());
    }
    bytes
}

fn shown(out: &Diagnostics, sources: &Sources) -> usize {
    diagnostic::text(out, sources, Severity::Note, false).len()
        + diagnostic::json(out, sources).to_string().len()
}

proptest! {
    #![proptest_config(property::config(300))]

    #[test]
    fn no_text_makes_it_panic(file in 0usize..4, edits in edits()) {
        let files = [
            ("system.xml", PAIR_XML),
            ("partenza.yaml", PAIR_YAML),
            ("manifests/server.yaml", SERVER),
            ("manifests/client.yaml", CLIENT),
        ];
        let bench = Bench::pair();
        bench.file(files[file].0, apply(files[file].1, &edits));
        let (compiled, out, sources) = bench.compile();
        shown(&out, &sources);
        if let Some(compiled) = compiled {
            prop_assert!(compiled.plan().check(compiled.archive.len(), compiled.store.len()).is_ok());
        } else {
            prop_assert!(out.has_errors());
        }
    }

    #[test]
    fn no_elf_file_makes_it_panic(flips in prop::collection::vec((any::<usize>(), any::<u8>()), 1..6), cut in any::<usize>()) {
        let mut bytes = ElfFile::service().bytes();
        for (at, byte) in flips {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        if cut % 3 == 0 {
            bytes.truncate(cut % bytes.len());
        }
        let bench = Bench::pair();
        bench.file("a.elf", bytes);
        let (compiled, out, sources) = bench.compile();
        shown(&out, &sources);
        if let Some(compiled) = compiled {
            prop_assert!(compiled.plan().check(compiled.archive.len(), compiled.store.len()).is_ok());
        } else {
            prop_assert!(out.has_errors());
        }
    }
}
