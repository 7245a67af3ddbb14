// SPDX-License-Identifier: BSD-2-Clause
//! A plan from the cache is the plan that would be compiled now, whatever input appears, goes or changes (SPEC P-3).
//!
//! Each input of a small system has several states: absent, several contents, something that is no file. Histories
//! change one after the other, and after each step `pack` with the cache is held against `pack` without: the same exit
//! code, the same findings, the same bytes.

#[path = "../../partenza-compiler/tests/support/mod.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use support::{Bench, ElfFile};

/// What can be at a path.
#[derive(Clone)]
enum There {
    Nothing,
    File(Vec<u8>),
    Directory,
    /// A link to nowhere.
    Dangling,
}

use There::{Dangling, Directory, File, Nothing};

fn text(text: &str) -> There {
    File(text.into())
}

fn changed(text: &str, from: &str, to: &str) -> There {
    assert!(text.contains(from), "{from}");
    File(text.replacen(from, to, 1).into())
}

/// Two protection domains that are good with and without everything else.
const XML: &str = r#"<system>
  <protection_domain name="server" priority="150">
    <program_image path="a.elf"/>
  </protection_domain>
  <protection_domain name="client" priority="100">
    <program_image path="a.elf"/>
  </protection_domain>
</system>
"#;
const CONFIG: &str = "partenza: \"1.0\"\nsystem: small\nservices: {}\n";
const SERVER: &str = "partenza: \"1.0\"\nid: server\nversion: 0.2.0\nlayer: 4\n";
const CLIENT: &str = "partenza: \"1.0\"\nid: client\nversion: 0.1.0\nlayer: 7\nargs: [one]\n";

/// Every input: where it is, and its states. The first ones together are a good system.
fn inputs() -> Vec<(&'static str, Vec<There>)> {
    let program = |fill: u8| {
        let mut file = ElfFile::service();
        file.loads[0].data.fill(fill);
        File(file.bytes())
    };
    let root_task = |fill: u8| {
        let mut file = ElfFile::root_task();
        file.loads[0].data.fill(fill);
        File(file.bytes())
    };
    let kernel = |slots: u8| {
        text(&format!(
            r#"{{"VERSION": "5.0.0", "SEL4_ARCH": "x86_64", "KERNEL_MCS": false, "DEBUG_BUILD": true,
            "ROOT_CNODE_SIZE_BITS": "{slots}", "MAX_NUM_BOOTINFO_UNTYPED_CAPS": "167"}}"#
        ))
    };
    let table = r#"<memory_region name="table" size="0x1000" prefill_path="table.bin"/>"#;
    let third = "partenza: \"1.0\"\nid: third\nversion: 1.0.0\nlayer: 2\n";
    let extensions = "partenza: \"1.0\"\nextensions: {}\n";
    vec![
        (
            "system.xml",
            vec![
                text(XML),
                changed(XML, "priority=\"150\"", "priority=\"160\""),
                changed(XML, "<system>", &format!("<system>{table}")),
                Nothing,
                Directory,
            ],
        ),
        (
            "partenza.yaml",
            vec![
                text(CONFIG),
                Nothing,
                changed(CONFIG, "system: small", "system: other"),
                changed(CONFIG, "system: small\n", "system: small\npolicy:\n  - deny: client -> server\n"),
                changed(CONFIG, "system: small\n", "system: small\nextensions: more.yaml\n"),
                changed(CONFIG, "services: {}", "services: {client: {manifest: third}}"),
                Directory,
                Dangling,
            ],
        ),
        (
            "manifests/server.yaml",
            vec![text(SERVER), changed(SERVER, "layer: 4", "layer: 5"), Nothing, Directory, text("id: [")],
        ),
        ("manifests/client.yaml", vec![text(CLIENT), changed(CLIENT, "[one]", "[two]"), Nothing]),
        ("manifests/third.yaml", vec![Nothing, text(third), Directory, Dangling]),
        ("extensions.yaml", vec![Nothing, text(extensions), Directory, Dangling]),
        ("more.yaml", vec![Nothing, text(extensions), text("extensions: 1")]),
        ("table.bin", vec![Nothing, text("table"), text("another table"), Directory]),
        ("a.elf", vec![program(0x90), program(0x91), Nothing, Directory, text("no ELF")]),
        ("a", vec![Nothing, program(0x92), Directory]),
        ("first/a.elf", vec![Nothing, program(0x93), Directory]),
        ("second/a", vec![program(0x94), Nothing]),
        ("first/root-task", vec![Nothing, root_task(0x95), Directory]),
        ("second/root-task", vec![root_task(0x96), root_task(0x97), Nothing]),
        (
            "build/kernel/debug/libsel4/include/kernel/gen_config.json",
            vec![kernel(16), kernel(17), Nothing, text("{")],
        ),
    ]
}

struct System {
    bench: Bench,
    inputs: Vec<(&'static str, Vec<There>)>,
}

impl System {
    fn new() -> Self {
        let system = Self { bench: Bench::new(), inputs: inputs() };
        (0..system.inputs.len()).for_each(|input| system.put(input, 0));
        system
    }

    fn path(&self, name: &str) -> PathBuf {
        self.bench.dir.path().join(name)
    }

    fn put(&self, input: usize, state: usize) {
        let (name, states) = &self.inputs[input];
        let path = self.path(name);
        if fs::symlink_metadata(&path).is_ok_and(|there| there.is_dir()) {
            fs::remove_dir_all(&path).unwrap();
        } else {
            let _ = fs::remove_file(&path);
        }
        let parent = path.parent().unwrap();
        match &states[state] {
            Nothing => {
                // A directory that this leaves empty goes too: that it is there is an input of its own.
                let _ = fs::remove_dir(parent);
            }
            File(bytes) => {
                fs::create_dir_all(parent).unwrap();
                fs::write(path, bytes).unwrap();
            }
            Directory => fs::create_dir_all(path).unwrap(),
            Dangling => {
                fs::create_dir_all(parent).unwrap();
                std::os::unix::fs::symlink("nowhere", path).unwrap();
            }
        }
    }

    /// Exit code, what was said, and the image.
    fn pack(&self, cache: &Path) -> (Option<i32>, String, Option<Vec<u8>>) {
        let image = self.path("image.elf");
        let _ = fs::remove_file(&image);
        let output = Command::new(env!("CARGO_BIN_EXE_partenza"))
            .args(["pack", "-o", "image.elf", "--search-path", "first", "--search-path", "second"])
            .current_dir(self.bench.dir.path())
            .env_remove("SEL4_PREFIX")
            .env("PARTENZA_CACHE", cache)
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap(), fs::read(image).ok())
    }

    /// Packs with the cache and without, and gives whether the system is good.
    fn compare(&self, after: &str) -> bool {
        let kept = self.pack(&self.path("cache"));
        let fresh = self.pack(Path::new(""));
        assert_eq!((&kept.0, &kept.1), (&fresh.0, &fresh.1), "after {after}");
        assert!(kept.2 == fresh.2, "after {after}: other bytes from the cache");
        fresh.0 == Some(0)
    }

    /// Puts an input into a state; where that makes the system bad, back again, so that the cache has a plan that may
    /// be taken by mistake.
    fn step(&self, input: usize, state: usize, before: usize) -> usize {
        let (name, states) = &self.inputs[input];
        let state = state % states.len();
        self.put(input, state);
        if self.compare(&format!("state {state} of {name}")) {
            return state;
        }
        self.put(input, before);
        self.compare(&format!("state {before} of {name} again"));
        before
    }
}

#[test]
fn every_state_of_every_input_is_noticed() {
    let system = System::new();
    assert!(system.compare("nothing"), "{}", system.pack(Path::new("")).1);
    for input in 0..system.inputs.len() {
        for state in 1..system.inputs[input].1.len() {
            let now = system.step(input, state, 0);
            assert_eq!(system.step(input, 0, now), 0);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 12,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn after_any_history_the_cache_gives_what_would_be_compiled(
        history in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..16)
    ) {
        let system = System::new();
        let mut states = vec![0; system.inputs.len()];
        system.compare("nothing");
        for (input, state) in history {
            let input = input.index(system.inputs.len());
            states[input] = system.step(input, state.into(), states[input]);
        }
    }
}
