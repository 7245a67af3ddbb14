// SPDX-License-Identifier: BSD-2-Clause
//! Small systems in a temporary directory, with ELF files made by hand, and what the compiler says of them.
#![allow(dead_code, reason = "each test program uses its part")]

use std::fs;
use std::path::Path;

use partenza_compiler::elf::{AbiNote, ROLE_PROTECTION_DOMAIN, ROLE_ROOT_TASK};
use partenza_compiler::{
    Code, Compiled, Diagnostics, Kernel, Options, Severity, Sources, compile, diagnostic,
};
use serde_json::json;
use tempfile::TempDir;

/// seL4 5.0.0 as this project builds it.
pub fn kernel() -> Kernel {
    kernel_with(16)
}

pub fn kernel_with(root_cnode_bits: u8) -> Kernel {
    let config = json!({"VERSION": "5.0.0", "SEL4_ARCH": "x86_64", "KERNEL_MCS": false, "DEBUG_BUILD": true,
        "ROOT_CNODE_SIZE_BITS": root_cnode_bits.to_string(), "MAX_NUM_BOOTINFO_UNTYPED_CAPS": "167"});
    Kernel::from_config(Path::new("kernel"), &config).unwrap()
}

/// A segment of a made-up ELF file.
#[derive(Clone)]
pub struct Load {
    pub address: u64,
    pub data: Vec<u8>,
    pub memory: u64,
    /// 4 read, 2 write, 1 execute.
    pub flags: u32,
}

/// An ELF file, made by hand so that it can be wrong in every way.
#[derive(Clone)]
pub struct ElfFile {
    pub class: u8,
    pub kind: u16,
    pub machine: u16,
    pub entry: u64,
    pub loads: Vec<Load>,
    /// Type of a further program header.
    pub extra: Option<u32>,
    pub note: Option<Vec<u8>>,
    /// Name, address, size, whether a function.
    pub symbols: Vec<(String, u64, u64, bool)>,
}

pub fn note(role: u8) -> Vec<u8> {
    AbiNote { role, mcs: false, debug: true, kernel: "5.0.0".to_owned(), abi: "v5_x86_64".to_owned() }.write()
}

impl ElfFile {
    /// What our services look like: code, data, the Microkit's symbols.
    pub fn service() -> Self {
        let masks = ["microkit_irqs", "microkit_notifications", "microkit_pps", "microkit_ioports"];
        let mut symbols = vec![
            ("_start".to_owned(), 0x20_0000, 16, true),
            ("microkit_name".to_owned(), 0x20_1000, 64, false),
            ("microkit_passive".to_owned(), 0x20_1040, 1, false),
        ];
        let places = (0x20_1048..).step_by(8);
        symbols.extend(masks.iter().zip(places).map(|(name, at)| ((*name).to_owned(), at, 8, false)));
        symbols.push(("buffer".to_owned(), 0x20_1080, 8, false));
        Self {
            class: 2,
            kind: 2,
            machine: 62,
            entry: 0x20_0000,
            loads: vec![
                Load { address: 0x20_0000, data: vec![0x90; 100], memory: 100, flags: 5 },
                Load { address: 0x20_1000, data: vec![7; 0x90], memory: 0x2000, flags: 6 },
            ],
            extra: None,
            note: Some(note(ROLE_PROTECTION_DOMAIN)),
            symbols,
        }
    }

    /// A root task with the place for the archive's address.
    pub fn root_task() -> Self {
        let mut file = Self::service();
        file.loads[1].data[..8].copy_from_slice(b"PZIMAGE\0");
        file.note = Some(note(ROLE_ROOT_TASK));
        file.symbols = vec![("PARTENZA_ARCHIVE".to_owned(), 0x20_1000, 24, false)];
        file
    }

    pub fn bytes(&self) -> Vec<u8> {
        let count = self.loads.len() + usize::from(self.extra.is_some());
        let mut body = vec![0; 64 + 56 * count];
        let mut programs = Vec::new();
        for load in &self.loads {
            programs.push((
                1u32,
                load.flags,
                body.len() as u64,
                load.address,
                load.data.len() as u64,
                load.memory,
            ));
            body.extend(&load.data);
        }
        programs.extend(self.extra.map(|kind| (kind, 4, 0, 0, 0, 0)));
        let sections = self.sections(&mut body);
        let shoff = body.len() as u64;
        for section in &sections {
            for word in [section.0, section.1] {
                body.extend(word.to_le_bytes());
            }
            for word in [0u64, 0, section.2, section.3] {
                body.extend(word.to_le_bytes());
            }
            for word in [section.4, 0u32] {
                body.extend(word.to_le_bytes());
            }
            for word in [1u64, section.5] {
                body.extend(word.to_le_bytes());
            }
        }
        let mut header = b"\x7fELF".to_vec();
        header.extend([self.class, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        header.extend(self.kind.to_le_bytes());
        header.extend(self.machine.to_le_bytes());
        header.extend(1u32.to_le_bytes());
        for word in [self.entry, 64, shoff] {
            header.extend(word.to_le_bytes());
        }
        header.extend(0u32.to_le_bytes());
        for half in [64u16, 56, count as u16, 64, sections.len() as u16, 1] {
            header.extend(half.to_le_bytes());
        }
        for (kind, flags, offset, address, file, memory) in programs {
            header.extend(kind.to_le_bytes());
            header.extend(u32::to_le_bytes(flags));
            for word in [offset, address, address, file, memory, 4096] {
                header.extend(u64::to_le_bytes(word));
            }
        }
        body[..header.len()].copy_from_slice(&header);
        body
    }

    /// Name, type, offset, size, link, entry size of: null, section names, symbols, strings, the note.
    fn sections(&self, body: &mut Vec<u8>) -> Vec<(u32, u32, u64, u64, u32, u64)> {
        let names = b"\0.shstrtab\0.symtab\0.strtab\0.note.sel4.abi\0";
        let mut put = |bytes: &[u8]| {
            let at = body.len() as u64;
            body.extend(bytes);
            (at, bytes.len() as u64)
        };
        let (names_at, names_len) = put(names);
        let mut strings = vec![0u8];
        let mut symbols = vec![0u8; 24];
        for (name, address, size, function) in &self.symbols {
            symbols.extend((strings.len() as u32).to_le_bytes());
            symbols.extend([if *function { 0x12 } else { 0x11 }, 0, 1, 0]);
            symbols.extend(address.to_le_bytes());
            symbols.extend(size.to_le_bytes());
            strings.extend(name.as_bytes());
            strings.push(0);
        }
        let (symbols_at, symbols_len) = put(&symbols);
        let (strings_at, strings_len) = put(&strings);
        let mut sections = vec![
            (0, 0, 0, 0, 0, 0),
            (1, 3, names_at, names_len, 0, 0),
            (11, 2, symbols_at, symbols_len, 3, 24),
            (19, 3, strings_at, strings_len, 0, 0),
        ];
        if let Some(note) = &self.note {
            let (at, len) = put(note);
            sections.push((27, 7, at, len, 0, 0));
        }
        sections
    }
}

/// A system in a directory of its own.
pub struct Bench {
    pub dir: TempDir,
    pub kernel: Kernel,
}

impl Default for Bench {
    fn default() -> Self {
        Self::new()
    }
}

impl Bench {
    /// An empty directory with one good ELF file, `a.elf`.
    pub fn new() -> Self {
        let bench = Self { dir: TempDir::new().unwrap(), kernel: kernel() };
        bench.file("a.elf", ElfFile::service().bytes());
        bench
    }

    /// `server` and `client`, a channel between them, and everything that there is to be right.
    pub fn pair() -> Self {
        let bench = Self::new();
        bench.file("system.xml", PAIR_XML);
        bench.file("partenza.yaml", PAIR_YAML);
        bench.file("manifests/server.yaml", SERVER);
        bench.file("manifests/client.yaml", CLIENT);
        bench
    }

    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Replaces `from`, which must be there, by `to`.
    pub fn edit(&self, name: &str, from: &str, to: &str) -> &Self {
        let path = self.dir.path().join(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{name} does not contain {from}");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
        self
    }

    pub fn compile(&self) -> (Option<Compiled>, Diagnostics, Sources) {
        let (mut sources, mut out) = (Sources::default(), Diagnostics::default());
        let compiled = compile(&Options::new(self.dir.path(), self.kernel.clone()), &mut sources, &mut out);
        (compiled, out, sources)
    }

    /// Compiles what must be right, and gives the result.
    #[track_caller]
    pub fn good(&self) -> Compiled {
        let (compiled, out, sources) = self.compile();
        let shown = diagnostic::text(&out, &sources, Severity::Note, false);
        assert!(!out.has_errors(), "{shown}");
        compiled.unwrap()
    }

    /// Compiles, and expects exactly these errors; gives the text.
    #[track_caller]
    pub fn errors(&self, expected: &[Code]) -> String {
        let (compiled, out, sources) = self.compile();
        let shown = diagnostic::text(&out, &sources, Severity::Note, false);
        let mut found: Vec<Code> =
            out.iter().filter(|d| d.severity == Severity::Error).map(|d| d.code).collect();
        found.sort();
        assert_eq!(found, expected, "{shown}");
        assert!(compiled.is_none());
        shown
    }

    /// Compiles, and expects this one error at `place`, as in `system.xml:3:7`, with `text` in it.
    #[track_caller]
    pub fn error(&self, code: Code, place: &str, text: &str) {
        let shown = self.errors(&[code]);
        assert!(shown.contains(place), "no {place} in:\n{shown}");
        assert!(shown.contains(text), "no {text:?} in:\n{shown}");
    }

    /// The codes of warnings and notes.
    #[track_caller]
    pub fn remarks(&self) -> Vec<Code> {
        let (compiled, out, sources) = self.compile();
        assert!(compiled.is_some(), "{}", diagnostic::text(&out, &sources, Severity::Note, false));
        out.codes()
    }
}

pub const PAIR_XML: &str = r#"<system>
  <memory_region name="shared" size="0x2000"/>
  <protection_domain name="server" priority="150">
    <program_image path="a.elf"/>
    <map mr="shared" vaddr="0x4_000_000" perms="rw"/>
    <ioport id="1" addr="0x1f0" size="8"/>
    <irq id="2" pin="14" vector="5"/>
  </protection_domain>
  <protection_domain name="client" priority="100">
    <program_image path="a.elf"/>
    <map mr="shared" vaddr="0x4_000_000" perms="r"/>
  </protection_domain>
  <channel>
    <end pd="client" id="3" pp="true"/>
    <end pd="server" id="0" notify="false"/>
  </channel>
</system>
"#;

pub const PAIR_YAML: &str = r#"partenza: "1.0"
system: pair
services:
  server:
    provides: {storage/files: {channel: 0}}
    grants:
      block-device: {disk: {ioport: 1, irq: 2}}
      memory: {buffer: shared}
  client:
    grants:
      call: {storage/files: {channel: 3}}
      memory: {buffer: shared}
      supervisor: [status]
"#;

pub const SERVER: &str = r#"partenza: "1.0"
id: server
version: 0.2.0
entrypoint: a.elf
layer: 4
provides:
  - interface: storage/files
    version: "1.2"
capabilities:
  required:
    - block-device: disk
    - memory: buffer
      rights: rw
"#;

pub const CLIENT: &str = r#"partenza: "1.0"
id: client
version: 0.1.0
entrypoint: a.elf
layer: 7
requires:
  - interface: storage/files
    version: ">=1.0, <2"
capabilities:
  required:
    - call: storage/files
    - memory: buffer
      rights: r
  optional:
    - framebuffer: screen
      rights: w
    - supervisor: [status, restart]
args: [one]
env: {TERM: dumb}
"#;
