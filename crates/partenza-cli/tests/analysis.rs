// SPDX-License-Identifier: BSD-2-Clause
//! `plan`, `diff`, `authority`, `bootchart`, `blame`, `critical-chain` as a user meets them, and what every command does
//! when nobody reads its output.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use partenza_plan::archive::{HEADER, seal};
use tempfile::TempDir;

#[path = "../../partenza-analysis/tests/support/mod.rs"]
mod support;

use support::{System, small};

const BOOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../partenza-analysis/tests/golden/boot.jsonl");

struct Bench {
    dir: TempDir,
}

impl Bench {
    fn new() -> Self {
        Self { dir: TempDir::new().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// An archive of a plan that was made by hand.
    fn archive(&self, name: &str, system: &System) {
        let plan = system.plan().encode();
        let mut bytes = vec![0; HEADER];
        bytes.extend(plan.iter());
        bytes.resize(bytes.len().max(0x8000), 0);
        seal(&mut bytes, HEADER..HEADER + plan.len());
        fs::write(self.path(name), bytes).unwrap();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_partenza"));
        command.args(args).current_dir(self.dir.path()).env_remove("SEL4_PREFIX");
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    #[track_caller]
    fn good(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    #[track_caller]
    fn fails(&self, args: &[&str], code: i32, message: &str) {
        let output = self.run(args);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{told}");
        assert!(told.contains(message), "{told}");
    }
}

fn changed() -> System {
    let mut system = small();
    system.modules[5].operations.clear();
    system
}

#[test]
fn a_plan_is_shown_in_each_form_and_written_where_it_is_wanted() {
    let bench = Bench::new();
    bench.archive("a.pza", &small());
    let text = bench.good(&["plan", "a.pza"]);
    assert!(text.starts_with("small: 7 services in 3 layers"));
    assert!(!text.contains('\u{1b}'), "colours only on a terminal");
    let json: serde_json::Value = serde_json::from_str(&bench.good(&["plan", "a.pza", "--json"])).unwrap();
    assert_eq!(json["services"][0]["name"], "log");
    assert!(bench.good(&["plan", "a.pza", "--dot", "--authority"]).starts_with("digraph"));
    assert_eq!(bench.good(&["plan", "a.pza", "--svg", "-o", "a.svg"]), "");
    assert!(fs::read_to_string(bench.path("a.svg")).unwrap().ends_with("</svg>\n"));
}

#[test]
fn what_holds_no_plan_is_refused_by_name() {
    let bench = Bench::new();
    bench.archive("a.pza", &small());
    let mut bytes = fs::read(bench.path("a.pza")).unwrap();
    bytes[HEADER + 10] ^= 1;
    fs::write(bench.path("bad.pza"), &bytes).unwrap();
    fs::write(bench.path("short.pza"), &bytes[..1000]).unwrap();
    fs::write(bench.path("text"), "hello").unwrap();
    bench.fails(&["plan", "bad.pza"], 2, "bad.pza: its archive is damaged");
    bench.fails(&["plan", "short.pza"], 2, "short.pza: its archive is cut short");
    bench.fails(&["plan", "text"], 2, "text: it is neither an archive nor an image");
    bench.fails(&["plan", "nothing"], 2, "nothing: No such file");
    bench.fails(&["plan", "a.pza", "--json", "--svg"], 2, "cannot be used with");
}

#[test]
fn diff_ends_as_diff_does() {
    let bench = Bench::new();
    bench.archive("a.pza", &small());
    bench.archive("b.pza", &changed());
    assert!(bench.good(&["diff", "a.pza", "a.pza"]).ends_with("no difference\n"));
    let output = bench.run(&["diff", "a.pza", "b.pza"]);
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(1), &b""[..]));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("~ shell") && text.contains("- shell reaches late"), "{text}");
    bench.fails(&["diff", "a.pza", "nothing"], 2, "nothing");
}

#[test]
fn authority_answers_and_judges() {
    let bench = Bench::new();
    bench.archive("a.pza", &small());
    assert!(bench.good(&["authority", "a.pza"]).contains("may end   the system (shutdown)"));
    assert!(
        bench.good(&["authority", "a.pza", "--why", "keys", "disk"]).contains("keys reaches disk in 2 steps")
    );
    assert!(bench.good(&["authority", "a.pza", "--to", "COM1"]).contains("shell"));
    assert!(bench.good(&["authority", "a.pza", "--from", "clock", "--flow"]).contains("late"));
    assert_eq!(bench.good(&["authority", "a.pza", "--deny", "disk -> shell"]), "");
    bench.fails(&["authority", "a.pza", "--to", "shel"], 2, "did you mean `shell`?");
    bench.fails(&["authority", "a.pza", "--deny", "shel -> disk"], 2, "did you mean `shell`?");
    let output = bench.run(&["authority", "a.pza", "--deny", "keys -> disk"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("deny: keys -> disk"));
}

#[test]
fn a_recorded_boot_is_charted_with_and_without_its_plan() {
    let bench = Bench::new();
    bench.archive("a.pza", &small());
    assert!(bench.good(&["bootchart", BOOT]).ends_with("</svg>\n"));
    assert!(bench.good(&["bootchart", BOOT, "--plan", "a.pza"]).contains("29.950 ms of 500 ms"));
    assert!(bench.good(&["blame", BOOT]).contains("15.600 ms"));
    assert!(bench.good(&["critical-chain", BOOT]).starts_with("boot complete @70.100 ms"));
    let json: serde_json::Value =
        serde_json::from_str(&bench.good(&["critical-chain", BOOT, "--json"])).unwrap();
    assert_eq!(json["chain"][2]["built_only"], true);
}

#[test]
fn what_is_no_record_of_a_boot_is_refused() {
    let bench = Bench::new();
    fs::write(bench.path("text"), "hello\n").unwrap();
    fs::write(bench.path("raw"), [0, 0xff, 1]).unwrap();
    fs::write(bench.path("empty"), "").unwrap();
    bench.fails(&["blame", "text"], 2, "text: line 1: no JSON");
    bench.fails(&["blame", "raw"], 2, "partenza decode");
    bench.fails(&["blame", "empty"], 2, "no service is registered");
}

#[test]
fn a_reader_that_goes_away_ends_any_command_quietly() {
    let bench = Bench::new();
    bench.archive("a.pza", &small());
    bench.archive("b.pza", &changed());
    for args in [
        &["plan", "a.pza"][..],
        &["plan", "a.pza", "--svg"],
        &["authority", "a.pza"],
        &["diff", "a.pza", "b.pza"],
        &["blame", BOOT],
        &["bootchart", BOOT],
        &["explain"],
        &["explain", "PZ-E0120"],
        &["completions", "bash"],
        &["man"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = bench.command(args).stdout(writer).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
        assert_eq!(output.status.code(), Some(141), "{args:?}");
    }
}
