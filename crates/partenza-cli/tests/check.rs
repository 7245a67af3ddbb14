// SPDX-License-Identifier: BSD-2-Clause
//! `check` and the cache as a user meets them: policy, warnings, memory, what is rebuilt and why.

#[path = "../../partenza-compiler/tests/support/mod.rs"]
mod support;

use std::fmt::Write;
use std::fs;
use std::process::{Command, Output};

use support::{Bench, ElfFile};

/// The pair of the compiler's tests, with a kernel's configuration at the usual place.
fn pair() -> Bench {
    let bench = Bench::pair();
    let config = r#"{"VERSION": "5.0.0", "SEL4_ARCH": "x86_64", "KERNEL_MCS": false, "DEBUG_BUILD": true,
        "ROOT_CNODE_SIZE_BITS": "16", "MAX_NUM_BOOTINFO_UNTYPED_CAPS": "167"}"#;
    bench.file("build/kernel/debug/libsel4/include/kernel/gen_config.json", config);
    bench
}

fn partenza(bench: &Bench, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_partenza"))
        .args(args)
        .current_dir(bench.dir.path())
        .env_remove("SEL4_PREFIX")
        .env("PARTENZA_CACHE", bench.dir.path().join("cache"))
        .output()
        .unwrap()
}

/// Runs, expects an exit code, gives what was said on standard error.
#[track_caller]
fn says(bench: &Bench, args: &[&str], code: i32) -> String {
    let output = partenza(bench, args);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{said}");
    said
}

fn policy(bench: &Bench, rules: &str) {
    bench.edit("partenza.yaml", "system: pair\n", &format!("system: pair\npolicy:\n{rules}"));
}

#[test]
fn a_rule_that_is_broken_fails_check_and_build_with_the_way() {
    let bench = pair();
    bench.edit("system.xml", "id=\"3\" pp=\"true\"", "id=\"3\" pp=\"true\" notify=\"false\"");
    policy(&bench, "  - deny: client -> server\n");
    for command in ["check", "build"] {
        let said = says(&bench, &[command], 1);
        for part in
            ["PZ-0516", "partenza.yaml:4:5", "forbidden: deny: client -> server", "calls", "storage/files"]
        {
            assert!(said.contains(part), "{part} in:\n{said}");
        }
    }
    let bench = pair();
    policy(&bench, "  - allow-only: {to: server, from: [server]}\n");
    assert!(says(&bench, &["check"], 1).contains("client -[signals]-> server"));
}

#[test]
fn a_rule_that_holds_says_nothing() {
    let bench = pair();
    policy(
        &bench,
        "  - allow-only: {to: server, from: [client]}\n  - allow-only: {to: shared, from: [server, client]}\n",
    );
    let said = says(&bench, &["check"], 0);
    assert!(!said.contains("error"), "{said}");
}

#[test]
fn a_rule_about_nobody_is_an_error() {
    let bench = pair();
    policy(&bench, "  - deny: client -> sevrer\n  - allow-only: {to: shared, from: [clinet]}\n");
    let said = says(&bench, &["check"], 1);
    assert!(said.contains("PZ-0517") && said.contains("did you mean `server`?"), "{said}");
    assert!(said.contains("`clinet`") && !said.contains("`shared`"), "{said}");
}

#[test]
fn warnings_are_errors_where_they_are_denied() {
    let bench = pair();
    says(&bench, &["check", "--deny", "warnings"], 0);
    bench.file("manifests/third.yaml", "partenza: \"1.0\"\nid: third\nversion: 1.0.0\nlayer: 2\n");
    assert!(says(&bench, &["check"], 0).contains("warning[PZ-0402]"));
    assert!(says(&bench, &["check", "--deny", "warnings"], 1).contains("warnings are denied"));
    says(&bench, &["check", "--deny", "notes"], 2);
}

#[test]
fn the_machine_must_hold_the_system() {
    let bench = pair();
    bench.file("root-task", ElfFile::root_task().bytes());
    says(&bench, &["check", "--root-task", "root-task"], 0);
    let said = says(&bench, &["check", "--root-task", "root-task", "--memory", "1MiB"], 1);
    assert!(said.contains("PZ-0307") && said.contains("--memory 8MiB"), "{said}");
}

#[test]
fn what_takes_too_much_memory_is_named_with_its_place() {
    let bench = pair();
    let pool = "<system>\n  <memory_region name=\"pool\" size=\"0xa000000\"/>";
    bench.edit("system.xml", "<system>", pool);
    bench.edit("system.xml", "<ioport", "<map mr=\"pool\" vaddr=\"0x10000000\"/>\n    <ioport");
    bench.edit("partenza.yaml", "{buffer: shared}", "{buffer: shared, pool: pool}");
    bench.edit("manifests/server.yaml", "    - memory: buffer", "    - memory: pool\n    - memory: buffer");
    // No root task is there: what is known is enough.
    let said = says(&bench, &["check"], 1);
    for part in ["PZ-0307", "system.xml:2:24", "region `pool` takes 160 MiB", "the machine has 128 MiB"] {
        assert!(said.contains(part), "{part} in:\n{said}");
    }
    assert!(!said.contains("`server` takes"), "{said}");
    let said = says(&bench, &["check", "--memory", "256MiB"], 0);
    assert!(said.contains("no root task was found"), "{said}");
    bench.file("root-task", ElfFile::root_task().bytes());
    let pack = ["pack", "--root-task", "root-task", "--memory"];
    says(&bench, &[&pack[..], &["256MiB"]].concat(), 0);
    // The plan comes from the cache where nothing but the root task changed; the place is told all the same.
    let tight = [&pack[..], &["170MiB"]].concat();
    says(&bench, &tight, 0);
    let mut file = ElfFile::root_task();
    file.loads[1].memory = 32 << 20;
    bench.file("root-task", file.bytes());
    let said = says(&bench, &tight, 1);
    assert!(said.contains("PZ-0307") && said.contains("system.xml:2:24"), "{said}");
}

#[test]
fn programs_and_images_that_are_no_files_are_not_read() {
    let bench = pair();
    bench.file("root-task", ElfFile::root_task().bytes());
    let pack = ["pack", "--root-task", "root-task", "-o"];
    let said = says(&bench, &[&pack[..], &["/dev/full"]].concat(), 2);
    assert!(said.contains("/dev/full"), "{said}");
    says(&bench, &[&pack[..], &["/dev/null"]].concat(), 0);
    let said = says(&bench, &["pack", "--root-task", "/dev/zero", "-o", "image.elf"], 1);
    assert!(said.contains("not a regular file"), "{said}");
    bench.edit("system.xml", "path=\"a.elf\"", "path=\"/dev/zero\"");
    bench.edit("manifests/server.yaml", "entrypoint: a.elf", "entrypoint: /dev/zero");
    let said = says(&bench, &["check"], 1);
    for part in ["PZ-0001", "/dev/zero: not a regular file", "system.xml:4:"] {
        assert!(said.contains(part), "{part} in:\n{said}");
    }
}

#[test]
fn every_json_of_these_commands_has_its_format() {
    let bench = pair();
    bench.file("root-task", ElfFile::root_task().bytes());
    says(&bench, &["pack", "--root-task", "root-task", "-o", "image.elf"], 0);
    for args in [
        &["check", "--json"][..],
        &["check", "--microkit", "--json"],
        &["build", "--json"],
        &["pack", "--root-task", "root-task", "-o", "image.elf", "--json"],
        &["plan", "--json"],
        &["plan", "image.elf", "--json"],
        &["authority", "--json"],
        &["authority", "--json", "--from", "client"],
        &["authority", "--json", "--to", "server"],
        &["authority", "--json", "--why", "client", "server"],
        &["authority", "--json", "--deny", "client -> server"],
        &["authority", "--json", "--deny", "server -> client"],
        &["diff", ".", "image.elf", "--json"],
    ] {
        let output = partenza(&bench, args);
        let value: serde_json::Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|why| panic!("{args:?}: {why}: {}", String::from_utf8_lossy(&output.stderr)));
        assert!(value["format"].is_u64(), "{args:?}: {value:#}");
    }
}

#[test]
fn a_wrong_kernel_is_named_with_its_code() {
    let bench = pair();
    let said = says(&bench, &["check", "--kernel", "nowhere"], 2);
    assert!(said.contains("PZ-0701") && said.contains("gen_config.json"), "{said}");
}

#[test]
fn nothing_changed_nothing_rebuilt() {
    let bench = pair();
    let build = |reason: &str| {
        let said = says(&bench, &["build", "--why-rebuilt"], 0);
        assert!(said.contains(reason), "{reason} in:\n{said}");
    };
    build("rebuilt: there is no earlier plan");
    let output = bench.dir.path().join("build/partenza/archive.pza");
    let stamp = || fs::metadata(&output).unwrap().modified().unwrap();
    let first = stamp();
    build("nothing changed");
    assert_eq!(stamp(), first, "what is the same is not written again");
    bench.edit("manifests/client.yaml", "version: 0.1.0", "version: 0.1.1");
    build("manifests/client.yaml changed");
    build("nothing changed");
    bench.file("a.elf", ElfFile { entry: 0x20_0004, ..ElfFile::service() }.bytes());
    build("a.elf changed");
    bench.file("extensions.yaml", "partenza: \"1.0\"\nextensions: {}\n");
    build("extensions.yaml appeared");
    let kernel = "build/kernel/debug/libsel4/include/kernel/gen_config.json";
    bench.edit(kernel, "\"16\"", "\"17\"");
    build("gen_config.json changed");
    fs::remove_file(bench.dir.path().join("extensions.yaml")).unwrap();
    build("extensions.yaml is gone");
    let cache = bench.dir.path().join("cache");
    let archive =
        fs::read_dir(&cache).unwrap().map(|e| e.unwrap().path()).find(|p| p.extension().unwrap() == "pza");
    fs::write(archive.unwrap(), "damaged").unwrap();
    build("not the one that was stored");
    build("nothing changed");
}

#[test]
fn a_warning_is_told_again_although_nothing_is_compiled() {
    let bench = pair();
    bench.file("manifests/third.yaml", "partenza: \"1.0\"\nid: third\nversion: 1.0.0\nlayer: 2\n");
    for reason in ["rebuilt", "nothing changed"] {
        let said = says(&bench, &["build", "--why-rebuilt"], 0);
        assert!(said.contains(reason) && said.contains("warning[PZ-0402]"), "{said}");
        let output = partenza(&bench, &["build", "--json"]);
        let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            found["findings"].as_array().map(|list| list.iter().filter(|f| f["code"] == "PZ-0402").count()),
            Some(1)
        );
    }
}

#[test]
fn what_is_wrong_is_never_kept() {
    let bench = pair();
    bench.edit("manifests/client.yaml", "layer: 7", "layer: 1");
    for _ in 0..2 {
        assert!(says(&bench, &["build"], 1).contains("PZ-0410"));
    }
    assert!(!bench.dir.path().join("cache").exists());
}

#[test]
fn without_a_cache_everything_is_compiled() {
    let bench = pair();
    for _ in 0..2 {
        let output = Command::new(env!("CARGO_BIN_EXE_partenza"))
            .args(["build", "--why-rebuilt"])
            .current_dir(bench.dir.path())
            .env("PARTENZA_CACHE", "")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && said.contains("there is no earlier plan"), "{said}");
    }
}

#[test]
fn a_page_explains_why_with_an_example() {
    let bench = Bench::new();
    let output = partenza(&bench, &["explain", "pz-0501"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for part in [
        "RequiredNotGranted",
        "declared twice",
        "Wrong, in partenza.yaml:",
        "    memory: {}",
        "Right:",
        "To mend it",
    ] {
        assert!(text.contains(part), "{part} in:\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
}

/// As many services, each of which calls three of the layer below.
fn many(count: usize) -> Bench {
    let bench = pair();
    fs::remove_dir_all(bench.dir.path().join("manifests")).unwrap();
    let (mut xml, mut config) = (String::from("<system>\n"), String::from("partenza: \"1.0\"\nservices:\n"));
    let width = count / 10;
    for at in 0..count {
        let layer = 2 + (at / width).min(9);
        let _ = writeln!(
            xml,
            "<protection_domain name=\"s{at}\" priority=\"{}\"><program_image path=\"a.elf\"/></protection_domain>",
            250 - layer * 20
        );
        let mut manifest = format!(
            "partenza: \"1.0\"\nid: s{at}\nversion: 1.0.0\nlayer: {layer}\nprovides: [{{interface: if/s{at}, version: 1}}]\n\
             health: {{probe: call, interval: 5s, startup_timeout: 100ms}}\nrestart: {{policy: on-failure}}\n"
        );
        let _ = writeln!(config, "  s{at}:\n    provides: {{if/s{at}: {{channel: [4, 5, 6]}}}}");
        if at >= width {
            let servers = [0, 1, 2].map(|n| (at - width) / width * width + (at + n) % width);
            config += "    grants:\n      call:\n";
            let (mut requires, mut needs) = (String::new(), String::new());
            for (n, server) in servers.into_iter().enumerate() {
                let _ = writeln!(
                    xml,
                    "<channel><end pd=\"s{at}\" id=\"{n}\" pp=\"true\" notify=\"false\"/><end pd=\"s{server}\" \
                     id=\"{}\" notify=\"false\"/></channel>",
                    4 + n
                );
                let _ = writeln!(config, "        if/s{server}: {{channel: {n}}}");
                let _ = writeln!(requires, "  - {{interface: if/s{server}, version: \">=1, <2\"}}");
                let _ = writeln!(needs, "    - call: if/s{server}");
            }
            let _ = write!(manifest, "requires:\n{requires}capabilities:\n  required:\n{needs}");
        }
        bench.file(&format!("manifests/s{at}.yaml"), manifest);
    }
    // The last layer serves nobody.
    for at in count - width..count {
        config = config.replace(&format!("    provides: {{if/s{at}: {{channel: [4, 5, 6]}}}}\n"), "");
    }
    bench.file("system.xml", xml + "</system>\n");
    bench.file("partenza.yaml", config);
    bench
}

#[test]
fn five_hundred_services_are_checked_within_five_seconds_of_processor_time() {
    let bench = many(500);
    // The time that others take of a busy host is not the command's. It takes half a second in a debug build.
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -t 5; exec \"$0\" check --deny warnings", env!("CARGO_BIN_EXE_partenza")]);
    command.current_dir(bench.dir.path()).env_remove("SEL4_PREFIX");
    let output = command.env("PARTENZA_CACHE", bench.dir.path().join("cache")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "no code: out of time\n{said}");
}
