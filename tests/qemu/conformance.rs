// SPDX-License-Identifier: BSD-2-Clause
//! The conformance tool (SPEC S-7): a right module passes; for every clause there is a wrong module that only this
//! clause catches.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use partenza_tests::image::{ElfFile, Segment};
use partenza_tests::tools::{self, Kernel};
use serde_json::Value;

/// A module without fault: `trivial`, or what stands in for it in a wrong one.
const MANIFEST: &str = "\
partenza: \"1.0\"
id: module
version: 0.1.0
entrypoint: module.elf
layer: 5
provides: [{interface: test/module, version: 1.0.0}]
args: []
resources: {stack: 16KiB, memory: 256KiB}
health: {probe: call, interval: 200ms, timeout: 100ms, startup_timeout: 500ms}
restart: {policy: never}
";

/// The module's program.
enum Elf {
    None,
    /// One of the tests' own, with its first argument and more.
    Program(&'static str, &'static str),
    /// `trivial`, changed.
    Changed(fn(&mut ElfFile)),
}
use Elf::{Changed, Program};

/// Fine, but for what its manifest says.
const TRIVIAL: Elf = Program("trivial", "");

/// A wrong module: the clause that catches it, what its manifest says instead of what, its program.
struct Wrong(&'static str, &'static str, &'static str, Elf);

const fn same(clause: &'static str, elf: Elf) -> Wrong {
    Wrong(clause, "", "", elf)
}

const STATIC: &[Wrong] = &[
    Wrong("C-101", "partenza: \"1.0\"", "partenza: [\"1.0\"", TRIVIAL),
    Wrong("C-102", "layer:", "colour: red\nlayer:", TRIVIAL),
    Wrong("C-103", "entrypoint: module.elf\n", "", TRIVIAL),
    Wrong("C-104", "startup_timeout: 500ms", "startup_timeout: soon", TRIVIAL),
    Wrong("C-105", "partenza: \"1.0\"", "partenza: \"9.0\"", TRIVIAL),
    same("C-201", Elf::None),
    same("C-202", Changed(|elf| elf.bytes[0] = b'X')),
    same("C-203", Changed(|elf| elf.bytes[16] = 3)),
    same("C-204", Changed(|elf| elf.bytes.truncate(elf.bytes.len() / 2))),
    same("C-205", Changed(|elf| elf.change(Segment::Data, |data, text| data.address = text.address + 0x10))),
    same("C-206", Changed(|elf| elf.change(Segment::Text, |text, _| text.flags |= 2))),
    same("C-207", Changed(|elf| elf.bytes[24..32].copy_from_slice(&0x5000_0000_u64.to_le_bytes()))),
    same("C-208", Changed(|elf| elf.replace(b"v5_x86_64", b"v9_x86_64"))),
    same("C-209", Changed(|elf| elf.change(Segment::Data, |data, _| data.address = 0))),
    same("C-210", Changed(ElfFile::forget_symbols)),
    Wrong("C-211", "memory: 256KiB", "memory: 4KiB", TRIVIAL),
    Wrong("C-301", "args: []", "capabilities: {required: [{call: test/other}]}", TRIVIAL),
    Wrong("C-302", "args: []", "requires: [{module: module}]", TRIVIAL),
    Wrong(
        "C-401",
        ", memory: 256KiB",
        "",
        Changed(|elf| elf.change(Segment::Data, |data, _| data.memory = 200 << 20)),
    ),
];

const AT_START: &[Wrong] = &[
    same("C-303", Program("misbehave", "wrong-interface")),
    same("C-304", Program("misbehave", "wrong-name")),
    same("C-305", Program("misbehave", "wrong-version")),
    Wrong(
        "C-306",
        "provides: [{interface: test/module, version: 1.0.0}]\n",
        "",
        Program("wrong_module", "wrong-channel"),
    ),
    same("C-402", Program("misbehave", "wrong-secret")),
    same("C-403", Program("misbehave", "never-ready")),
    same("C-404", Program("misbehave", "fault, ud2")),
    same("C-405", Program("misbehave", "exit")),
    same("C-406", Program("misbehave", "flood")),
];

const LATER: &[Wrong] = &[
    Wrong("C-407", "probe: call", "probe: none", Program("misbehave", "ready-twice")),
    Wrong("C-408", "probe: call", "probe: none", Program("misbehave", "overreach")),
    Wrong("C-409", "probe: call", "probe: none", Program("misbehave", "fault-after-ready, ud2")),
    Wrong("C-410", "probe: call", "probe: none", Program("misbehave", "flood-after-ready")),
    Wrong("C-411", "probe: call", "probe: none", Program("patient", "after=spin")),
    same("C-412", Program("patient", "health=h")),
    same("C-413", Program("patient", "health=b")),
    same("C-414", Program("patient", "\"start=ok,exit\"")),
    same("C-415", Program("wrong_module", "deaf-to-callers")),
    same("C-415", Program("wrong_module", "falls-to-callers")),
    same("C-416", Program("patient", "prepare=spin")),
    same("C-417", Program("patient", "stop=crash")),
];

/// Writes a module to a folder of its own.
fn write(name: &str, manifest: &str, program: &Elf) -> std::path::PathBuf {
    let dir = tools::scratch(&format!("conformance-{name}"));
    let elf = match program {
        Elf::None => None,
        Program(name, _) => Some(fs::read(Kernel::Debug.program(name)).expect("a program that was built")),
        Changed(change) => {
            let mut elf = ElfFile::read(&Kernel::Debug.program("trivial"));
            change(&mut elf);
            Some(elf.bytes)
        }
    };
    if let Some(elf) = elf {
        fs::write(dir.join("module.elf"), elf).expect("the scratch folder takes files");
    }
    let args = match program {
        Program(_, args) => format!("args: [{args}]"),
        Elf::None | Changed(_) => "args: []".to_owned(),
    };
    let manifest = manifest.replace("args: []", &args);
    fs::write(dir.join("module.yaml"), manifest).expect("the scratch folder takes files");
    dir
}

fn command(dir: &Path, scratch: &Path) -> Command {
    let mut command = Command::new(tools::partenza());
    command.args(["conformance", "module"]).arg(dir).arg("--kernel").arg(Kernel::Debug.prefix());
    command.arg("--search-path").arg(Kernel::Debug.programs()).arg("--scratch").arg(scratch);
    command
}

fn report(dir: &Path) -> (Output, Value) {
    let mut command = command(dir, &dir.join("bench"));
    let output = command.arg("--json").output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let json = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    (output, json)
}

fn rules(report: &Value, verdict: &str) -> Vec<String> {
    let rules = report["rules"].as_array().expect("a report has rules");
    let rules = rules.iter().filter(|rule| rule["verdict"] == verdict);
    rules.map(|rule| rule["number"].as_str().unwrap_or_default().to_owned()).collect()
}

fn only_their_clause_catches_them(table: &[Wrong]) {
    let mut wrong = Vec::new();
    for (place, Wrong(clause, instead, written, program)) in table.iter().enumerate() {
        assert!(MANIFEST.contains(instead), "{clause}: `{instead}` is not in the manifest");
        let manifest =
            if instead.is_empty() { MANIFEST.to_owned() } else { MANIFEST.replace(instead, written) };
        let dir = write(&format!("{clause}-{place}"), &manifest, program);
        let (output, report) = report(&dir);
        let failed = rules(&report, "failed");
        if failed != [*clause] || output.status.code() != Some(1) {
            wrong.push(format!(
                "{clause}: failed {failed:?}, ended with {:?}:\n{report:#}",
                output.status.code()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_wrong_manifest_or_program_is_caught_by_its_clause_alone() {
    only_their_clause_catches_them(STATIC);
}

#[test]
fn a_module_that_does_not_start_is_caught_by_its_clause_alone() {
    only_their_clause_catches_them(AT_START);
}

#[test]
fn a_module_that_goes_wrong_later_is_caught_by_its_clause_alone() {
    only_their_clause_catches_them(LATER);
}

#[test]
fn a_right_module_passes_and_every_clause_has_a_wrong_one() {
    let dir = write("right", MANIFEST, &TRIVIAL);
    let (output, report) = report(&dir);
    assert_eq!((rules(&report, "failed"), output.status.code()), (Vec::new(), Some(0)), "{report:#}");
    let all: BTreeSet<String> = rules(&report, "passed").into_iter().collect();
    let caught = STATIC.iter().chain(AT_START).chain(LATER).map(|Wrong(clause, ..)| (*clause).to_owned());
    assert_eq!(caught.collect::<BTreeSet<_>>(), all, "clauses that pass, and clauses that catch something");
}

/// What a module requires is there, by interface, by name, as memory; and a supervisor's operations are granted.
#[test]
fn what_a_module_needs_is_put_around_it() {
    let needs = "\
requires: [{interface: some/thing, version: \"^2.1\"}, {module: friend}, {module: rare, optional: true}]
capabilities:
  required: [{call: some/thing}, {notify: friend}, {memory: board, rights: r}, {supervisor: [status, restart]}]
  optional: [{serial: com1}]
args: []";
    let dir = write("needy", &MANIFEST.replace("args: []", needs), &TRIVIAL);
    let (output, report) = report(&dir);
    assert_eq!((rules(&report, "failed"), output.status.code()), (Vec::new(), Some(0)), "{report:#}");
}

/// A driver's hardware is its author's to name.
#[test]
fn a_module_that_needs_hardware_is_asked_for_a_system() {
    let needs = "capabilities: {required: [{serial: com1}]}\nargs: []";
    let dir = write("driver", &MANIFEST.replace("args: []", needs), &TRIVIAL);
    let output = command(&dir, &dir.join("bench")).output().expect("partenza runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("`serial: com1`") && said.contains("system.xml"), "{said}");
}

/// The reference system's services, each in that system, with the hardware and the peers that it has there.
#[test]
fn services_of_the_reference_system_conform() {
    for id in ["axiom", "policy", "block_storage", "filesystem", "terminal"] {
        let scratch = tools::scratch(&format!("conformance-{id}"));
        let mut command = command(tools::root(), &scratch);
        let junit = scratch.join("report.xml");
        command.args(["--id", id, "--junit"]).arg(&junit);
        let output = command.output().expect("partenza runs");
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{id}:\n{said}{}", String::from_utf8_lossy(&output.stderr));
        assert!(said.contains(" ready as incarnation 2\n"), "{id} was restarted:\n{said}");
        let junit = fs::read_to_string(junit).expect("a report was asked for");
        assert!(junit.contains("failures=\"0\"") && junit.contains("C-414 restarts"), "{junit}");
    }
}

fn orchestrator(kernel: Kernel, name: &str, more: &[&str]) -> (Output, Value) {
    let mut command = Command::new(tools::partenza());
    command.args(["conformance", "orchestrator", "--json", "--kernel"]).arg(kernel.prefix());
    command.arg("--search-path").arg(kernel.programs());
    command.arg("--scratch").arg(tools::scratch(&format!("conformance-{name}-{}", kernel.name())));
    let output = command.args(more).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let json = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    (output, json)
}

/// Every item that can be seen was seen, on both kernels.
#[test]
fn the_orchestrator_conforms() {
    for kernel in [Kernel::Debug, Kernel::Release] {
        let (output, report) = orchestrator(kernel, "orchestrator", &[]);
        assert_eq!((rules(&report, "failed"), output.status.code()), (Vec::new(), Some(0)), "{report:#}");
        assert_eq!(rules(&report, "not-judged"), Vec::<String>::new(), "{report:#}");
        let seen = rules(&report, "passed").len();
        assert!(seen >= 71, "{seen} items were seen:\n{report:#}");
    }
}

/// An orchestrator that does one thing otherwise, here because a boot parameter tells it to, fails in that item.
#[test]
fn an_orchestrator_that_boots_in_sequence_is_caught() {
    let (output, report) = orchestrator(Kernel::Release, "sequence", &["--param", "parallel=off"]);
    assert_eq!(
        (rules(&report, "failed"), output.status.code()),
        (vec!["C-5".to_owned()], Some(1)),
        "{report:#}"
    );
}
