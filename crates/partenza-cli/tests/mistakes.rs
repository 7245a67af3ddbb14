// SPDX-License-Identifier: BSD-2-Clause
//! Mistakes in a first system, as a new user makes them in what `partenza new` writes: the message alone says what to write.

use std::fs;
use std::path::Path;
use std::process::Command;

#[path = "../../partenza-compiler/tests/support/mod.rs"]
mod support;

use support::{Bench, ElfFile};

/// A file, what stands in it, what the user made of it, and what he is told.
struct Mistake(&'static str, &'static str, &'static str, &'static str);

const MISTAKES: &[Mistake] = &[
    Mistake(
        "system.xml",
        "        <end pd=\"caller\" id=\"0\" pp=\"true\" notify=\"false\"/>",
        "        <end pd=\"caller\" id=\"1\" pp=\"true\" notify=\"false\"/>",
        "help: did you mean `channel: 1`?",
    ),
    Mistake(
        "system.xml",
        "priority=\"100\"",
        "priority=\"160\"",
        "else give `greeter` a higher priority than `caller`",
    ),
    Mistake(
        "system.xml",
        "    <!-- The first end",
        "    <protection_domain name=\"extra\" priority=\"90\"><program_image path=\"caller.elf\"/>\
         </protection_domain>\n    <!-- The first end",
        "help: write manifests/extra.yaml",
    ),
    Mistake(
        "partenza.yaml",
        "      call: {demo/greeting: {channel: 0}}",
        "      {}",
        "help: write `call: {demo/greeting: {channel: 0}}` under `services: caller: grants:`",
    ),
    Mistake(
        "partenza.yaml",
        "    provides: {demo/greeting: {channel: 0}}",
        "    {}",
        "help: say what is served there: `provides: {demo/greeting: {channel: 0}}`",
    ),
    Mistake(
        "manifests/caller.yaml",
        "interface: demo/greeting",
        "interface: demo/greting",
        "help: did you mean `demo/greeting`?",
    ),
    Mistake("manifests/caller.yaml", "layer: 3", "layr: 3", "help: did you mean `layer`?"),
    Mistake("manifests/caller.yaml", "500ms", "500", "help: write a number with its unit: 500us, 500ms"),
    Mistake(
        "manifests/caller.yaml",
        "memory: 64KiB",
        "memory: 4KiB",
        "KiB` or more, or make data or stack smaller",
    ),
    Mistake(
        "manifests/caller.yaml",
        "  - interface: demo/greeting\n    version: \">=1.0, <2\"",
        "  - demo/greeting",
        "help: write fields, as in `interface: …`; there are interface, module",
    ),
    Mistake(
        "manifests/greeter.yaml",
        "provides:\n  - interface: demo/greeting\n    version: 1.0.0\n",
        "",
        "help: write `provides: [{interface: demo/greeting, version: 1.0.0}]` in the manifest",
    ),
    Mistake("manifests/greeter.yaml", "layer: 2", "layer: 4", "help: move `caller` to layer 4 or above"),
];

/// A new system with programs, and a kernel's configuration beside it.
fn new_system() -> Bench {
    let bench = Bench::new();
    let config = r#"{"VERSION": "5.0.0", "SEL4_ARCH": "x86_64", "KERNEL_MCS": false, "DEBUG_BUILD": true,
        "ROOT_CNODE_SIZE_BITS": "16", "MAX_NUM_BOOTINFO_UNTYPED_CAPS": "167"}"#;
    bench.file("build/kernel/debug/libsel4/include/kernel/gen_config.json", config);
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut new = Command::new(env!("CARGO_BIN_EXE_partenza"));
    new.current_dir(bench.dir.path()).args(["new", "demo", "--checkout"]).arg(checkout);
    assert!(new.status().unwrap().success());
    for name in ["greeter", "caller"] {
        bench.file(&format!("demo/{name}.elf"), ElfFile::service().bytes());
    }
    bench
}

fn check(bench: &Bench) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_partenza"));
    command.args(["check", "demo"]).current_dir(bench.dir.path()).env_remove("SEL4_PREFIX");
    String::from_utf8_lossy(&command.output().unwrap().stderr).into_owned()
}

#[test]
fn the_message_alone_says_what_to_write() {
    let bench = new_system();
    // Nothing is built here, so whether the system fits the machine cannot be said; that is told (PZ-0307).
    let said = check(&bench);
    assert!(said.starts_with("note[PZ-0307]: no root task was found"), "{said}");
    assert!(said.ends_with("\n1 note\n"), "a new system has no other findings: {said}");
    for Mistake(file, from, to, told) in MISTAKES {
        let path = bench.dir.path().join("demo").join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let said = check(&bench);
        fs::write(&path, text).unwrap();
        assert!(said.contains(told), "`{to}` in {file}: `{told}` is not in\n{said}");
    }
}
