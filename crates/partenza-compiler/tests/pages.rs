// SPDX-License-Identifier: BSD-2-Clause
//! The examples of `partenza explain` are true: each piece is put into a small system, wrong and right, and its code
//! must come and go. So every check that one file can break is tried both ways here.

mod support;

use std::fs;
use std::path::Path;

use partenza_compiler::diagnostic::{Example, Page, pages};
use partenza_compiler::{Code, Diagnostics, Severity, diagnostic};
use support::{Bench, ElfFile};

const SYSTEM: &str = r#"<system>
  <memory_region name="shared" size="0x2000"/>
  <memory_region name="screen" size="0x1000" phys_addr="0xb8000"/>
  <protection_domain name="server" priority="150">
    <program_image path="server.elf"/>
    <map mr="shared" vaddr="0x4000000" perms="rw"/>
    <ioport id="1" addr="0x1f0" size="8"/>
    <irq id="2" pin="14" vector="5"/>
  </protection_domain>
  <protection_domain name="client" priority="100">
    <program_image path="client.elf"/>
    <map mr="shared" vaddr="0x4000000" perms="r"/>
    <map mr="screen" vaddr="0x5000000" perms="rw"/>
  </protection_domain>
  <channel><!-- what clients call -->
    <end pd="client" id="3" pp="true"/>
    <end pd="server" id="0" notify="false"/>
  </channel>
</system>
"#;

const CONFIG: &str = r#"partenza: "1.0"
system: pair
services:
  server:
    provides: {storage/files: {channel: 0}}
    grants:
      block-device: {disk: {ioport: 1, irq: 2}}
      memory: {buffer: shared}
  client:
    manifest: client
    supervisor_channel: auto
    grants:
      call: {storage/files: {channel: 3}}
      memory: {buffer: shared}
      framebuffer: {screen: screen}
      supervisor: [status]
"#;

const SERVER: &str = r#"partenza: "1.0"
id: server
version: 0.2.0
layer: 7
provides: [{interface: storage/files, version: "1.2"}]
extensions: [{extension: lifecycle}]
capabilities:
  required:
    - block-device: disk
    - memory: buffer
"#;

const CLIENT: &str = r#"partenza: "1.0"
id: client
version: 0.1.0
entrypoint: client.elf
layer: 7
requires:
  - interface: storage/files
    version: ">=1.0, <2"
extensions: [{extension: tracing, version: ">=1", optional: true}]
health: {startup_timeout: 300ms}
args: [one]
capabilities:
  required:
    - call: storage/files
    - memory: buffer
      rights: r
    - framebuffer: screen
    - supervisor: [status]
"#;

const EXTENSIONS: &str = r#"partenza: "1.0"
extensions:
  lifecycle: {version: 1.0.0, core: true}
  tracing:
    version: 1.4.0
    module: server
    works-with: {lifecycle: ">=1, <2"}
"#;

const FILES: [(&str, &str); 5] = [
    ("system.xml", SYSTEM),
    ("partenza.yaml", CONFIG),
    ("manifests/server.yaml", SERVER),
    ("manifests/client.yaml", CLIENT),
    ("extensions.yaml", EXTENSIONS),
];

fn bench() -> Bench {
    let bench = Bench::new();
    for name in ["server.elf", "client.elf"] {
        bench.file(name, ElfFile::service().bytes());
    }
    for (name, text) in FILES {
        bench.file(name, text);
    }
    bench
}

/// The file with a piece in it: in the place of what is right, else at the end.
fn with(file: &str, text: &str, right: &str, piece: &str) -> String {
    if !right.is_empty() && text.contains(right) {
        text.replacen(right, piece, 1)
    } else if file.ends_with(".xml") {
        text.replacen("</system>", &format!("  {piece}\n</system>"), 1)
    } else {
        format!("{text}{piece}\n")
    }
}

fn findings(file: &str, text: &str) -> (Vec<(Code, Severity)>, String) {
    let bench = bench();
    bench.file(file, text);
    let (_, out, sources) = bench.compile();
    let shown = diagnostic::text(&out, &sources, Severity::Note, false);
    let list = |out: &Diagnostics| out.iter().map(|d| (d.code, d.severity)).collect();
    (list(&out), shown)
}

#[test]
fn the_system_of_the_examples_is_right() {
    let (_, out, sources) = bench().compile();
    assert_eq!(out.codes(), [], "{}", diagnostic::text(&out, &sources, Severity::Note, false));
}

#[test]
fn every_example_shows_its_code_and_its_remedy() {
    for Page { code, example, .. } in pages() {
        let Example::Piece { file, wrong, right } = example else { continue };
        let text = FILES.iter().find(|(name, _)| name == file).map(|(_, text)| *text).unwrap();
        let (found, shown) = findings(file, &with(file, text, right, wrong));
        assert!(found.iter().any(|(found, _)| found == code), "{code:?} is not found in {wrong:?}:\n{shown}");
        let (found, shown) = findings(file, &with(file, text, right, right));
        let bad = |(found, severity): &(Code, Severity)| found == code || *severity == Severity::Error;
        assert!(!found.iter().any(bad), "{code:?}: {right:?} is not right:\n{shown}");
    }
}

/// Every Rust file below a folder, from `marker` on, as one text.
fn sources(dir: &Path, marker: &str) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &sources(&path, marker);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            let source = fs::read_to_string(path).unwrap();
            text += source.find(marker).map_or("", |at| &source[at..]);
        }
    }
    text
}

#[test]
fn every_code_that_no_piece_can_show_is_tried_elsewhere() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut tests = sources(&crates.join("partenza-compiler/tests"), "");
    tests += &sources(&crates.join("partenza-cli/tests"), "");
    tests += &sources(&crates.join("partenza-cli/src"), "#[cfg(test)]");
    for Page { code, example, .. } in pages() {
        let tried = tests.contains(&format!("Code::{code:?}")) || tests.contains(&code.to_string());
        assert!(tried || matches!(example, Example::Piece { .. }), "no test is about {code} {code:?}");
    }
}
