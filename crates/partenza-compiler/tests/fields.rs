// SPDX-License-Identifier: BSD-2-Clause
//! Manifests and partenza.yaml: every wrong field has its place and says what would be right (SPEC N-3).

mod support;

use partenza_compiler::{Code, Severity};
use partenza_plan::{AtEnd, PcTimer, Platform, Readiness, Start, Uart};
use partenza_protocol::control::Level;
use support::Bench;

/// Adds a line to the client's manifest, and expects one error on it.
#[track_caller]
fn manifest(code: Code, line: &str, text: &str) {
    let bench = Bench::pair();
    bench.edit("manifests/client.yaml", "layer: 7\n", &format!("layer: 7\n{line}\n"));
    bench.error(code, "client.yaml:6:", text);
}

/// Adds a line to partenza.yaml, and expects one error on it.
#[track_caller]
fn config(code: Code, line: &str, text: &str) {
    let bench = Bench::pair();
    bench.edit("partenza.yaml", "system: pair\n", &format!("system: pair\n{line}\n"));
    bench.error(code, "partenza.yaml:3:", text);
}

#[test]
fn unknown_fields_are_named_with_their_path_and_what_was_meant() {
    manifest(Code::UnknownField, "helth: {}", "did you mean `health`?");
    manifest(Code::UnknownField, "health: {startup_timout: 5s}", "unknown field `health.startup_timout`");
    manifest(Code::UnknownField, "restart: {polcy: never}", "did you mean `policy`?");
    manifest(Code::UnknownField, "resources: {stak: 4KiB}", "did you mean `stack`?");
    manifest(Code::UnknownField, "xyzzy: 1", "known here: partenza, id");
    config(Code::UnknownField, "bot: {}", "did you mean `boot`?");
    config(Code::UnknownField, "boot: {paralel: true}", "unknown field `boot.paralel`");
    config(Code::UnknownField, "boot: {parameters: {lgo: info}}", "did you mean `log`?");
    config(Code::UnknownField, "console: {handver: client}", "did you mean `handover`?");
    config(Code::UnknownField, "policy: [{dany: a}]", "did you mean `deny`?");
}

#[test]
fn values_of_the_wrong_type_or_unit() {
    manifest(Code::WrongType, "health: 5s", "expected a mapping");
    manifest(Code::WrongType, "critical: perhaps", "expected true or false");
    manifest(Code::WrongType, "critical: \"true\"", "expected true or false");
    manifest(Code::WrongType, "start: [eager]", "expected eager, deferred, on-demand");
    manifest(Code::BadValue, "start: eagre", "did you mean `eager`?");
    manifest(Code::BadValue, "class: driven", "expected core, system, driver, user");
    manifest(Code::BadValue, "readiness: maybe", "expected message, signal, none");
    manifest(Code::BadDuration, "health: {startup_timeout: 5}", "`5` is not a duration");
    manifest(Code::BadDuration, "health: {startup_timeout: 0s}", "above zero");
    manifest(Code::BadDuration, "shutdown: {stop_timeout: 2h}", "at most an hour");
    manifest(Code::BadSize, "resources: {memory: 64KB}", "write a number of bytes");
    manifest(Code::BadNumber, "restart: {backoff: fast}", "expected a number from 1 to 100");
    manifest(Code::BadNumber, "resources: {priority: 255}", "0 to 254");
    manifest(Code::BadVersion, "provides: [{interface: a/b, version: x}]", "not a version");
    manifest(Code::MissingField, "provides: [{interface: a/b}]", "`provides.version` is missing");
    config(Code::BadDuration, "boot: {layers: {2: soon}}", "not a duration");
    config(Code::BadLayer, "boot: {layers: {1: 5s}}", "no layer is called `1`");
    config(Code::BadNumber, "boot: {parameters: {timeouts: 0}}", "expected 1 to 100000");
    config(Code::BadValue, "reserved: {timer: hpte}", "did you mean `hpet`?");
    config(Code::BadValue, "console: {uart: com9}", "expected com1, com2, com3, com4");
    config(Code::BadNumber, "reserved: {power_off: {port: 0x10000, value: 1}}", "expected 0x0 to 0xfffe");
    config(Code::BadValue, "recovery: {soften: [server]}", "expected FROM->TO");
}

#[test]
fn requirements_name_one_thing_and_a_range() {
    let with = |text: &str| {
        let bench = Bench::pair();
        bench.edit("manifests/client.yaml", "  - interface: storage/files\n    version: \">=1.0, <2\"", text);
        bench
    };
    with("  - {interface: storage/files, version: newest}").error(
        Code::BadRequirement,
        "client.yaml:7:",
        "a range",
    );
    with("  - {interface: storage/files, module: server}").errors(&[Code::BadValue]);
    with("  - {interface: storage/files}\n  - {optional: true}").errors(&[Code::MissingField]);
    with("  - {interface: storage/files, version: ^1.1}").good();
}

#[test]
fn what_must_be_there() {
    for (line, code) in [
        ("partenza: \"1.0\"\n", Code::MissingField),
        ("version: 0.1.0\n", Code::MissingField),
        ("layer: 7\n", Code::MissingField),
    ] {
        let bench = Bench::pair();
        bench.edit("manifests/client.yaml", line, "");
        bench.errors(&[code]);
    }
    let bench = Bench::pair();
    bench.edit("manifests/client.yaml", "partenza: \"1.0\"", "partenza: \"2.0\"");
    bench.error(Code::UnknownSpec, "client.yaml:1:11", "this release reads \"1.0\"");
}

#[test]
fn syntax_has_a_position() {
    let bench = Bench::pair();
    bench.edit("partenza.yaml", "system: pair", "system: [pair");
    let text = bench.errors(&[Code::YamlSyntax]);
    assert!(text.contains("partenza.yaml:"), "{text}");
    let bench = Bench::pair();
    bench.edit("partenza.yaml", "system: pair", "system: pair\nsystem: twice");
    bench.error(Code::DuplicateField, "partenza.yaml:3:1", "first time");
}

#[test]
fn everything_that_has_no_effect_yet_says_so() {
    let bench = Bench::pair();
    bench.edit(
        "partenza.yaml",
        "system: pair\n",
        "system: pair\nboot: {max_attempts: 3}\nrecovery: {services: [server], soften: [client->server]}\n\
         policy: [{deny: client -> server}]\nstorm: {restarts: 20, window: 10s}\n",
    );
    bench.edit(
        "manifests/client.yaml",
        "layer: 7\n",
        "layer: 7\nsidecars: []\nresources: {heap: 4KiB, cpu: 0}\nrestart: {max: 1}\n",
    );
    let (_, out, _) = bench.compile();
    let notes: Vec<_> = out.iter().filter(|d| d.code == Code::NoEffect).collect();
    let fields = "2 fields have no effect in this release yet: resources.heap, resources.cpu";
    assert_eq!(notes.iter().map(|d| d.message.as_str()).collect::<Vec<_>>(), [fields]);
    assert_eq!(notes[0].severity, Severity::Note);
}

#[test]
fn the_plan_holds_what_the_files_say() {
    let bench = Bench::pair();
    bench.edit(
        "partenza.yaml",
        "system: pair\n",
        "system: pair\nboot:\n  layers: {4: 250ms}\n  parallel: false\n  parameters: {log: debug, quiet: true, \
         timeouts: 150, hold: client, on-failure: reboot, after-boot: poweroff, verify: true}\n\
         reserved: {timer: {address: 0xfed00000, pin: 22}, events: {port: 0x3e8, pin: 7}, power_off: none}\n\
         console: {uart: com1, handover: client}\n",
    );
    bench.edit(
        "partenza.yaml",
        "  client:\n",
        "  client:\n    layer: 5\n    critical: true\n    start: deferred\n",
    );
    bench.edit(
        "manifests/client.yaml",
        "layer: 7\n",
        "layer: 7\nhealth: {probe: call, interval: 5s, timeout: 1s, startup_timeout: 123ms, failure_threshold: 3, \
         success_threshold: 2}\nrestart: {policy: on-failure, max: 3, window: 60s, initial_delay: 100ms, max_delay: \
         5s, backoff: 1.5, on_exhausted: stop}\nshutdown: {prepare_timeout: 10ms, stop_timeout: 20ms}\n\
         readiness: signal\n",
    );
    let compiled = bench.good();
    let plan = compiled.plan();
    let boot = plan.boot;
    assert_eq!((plan.system, boot.parallel, boot.quiet, boot.log), ("pair", false, true, Level::Debug));
    assert_eq!((boot.timeout_percent, boot.verify_reclaim), (150, true));
    assert_eq!((boot.on_failure, boot.after_boot), (AtEnd::Reboot, Some(AtEnd::PowerOff)));
    assert_eq!(boot.hold, boot.handover);
    let layers: Vec<_> = plan.layers.iter().map(|l| (l.number, l.budget)).collect();
    assert_eq!(layers, [(4, Some(250_000)), (5, Some(2_000_000))]);
    let Platform::Pc99 { timer, console, events, power_off } = plan.platform;
    assert_eq!(timer, PcTimer::Hpet { address: 0xfed0_0000, pin: 22 });
    assert_eq!(console, Some(Uart { port: 0x3f8, pin: 4 }));
    assert_eq!((events, power_off), (Some(Uart { port: 0x3e8, pin: 7 }), None));
    let client = &plan.services[1];
    assert_eq!((client.layer, client.critical, client.start), (5, true, Start::Deferred));
    assert_eq!(
        (client.startup_timeout, client.prepare_timeout, client.stop_timeout),
        (123_000, 10_000, 20_000)
    );
    assert_eq!((client.readiness, client.startup_page), (Readiness::Signal, None));
    assert_eq!(client.supervisor_channel, Some(25));
}

#[test]
fn a_startup_page_that_is_too_small() {
    let bench = Bench::pair();
    bench.edit("manifests/client.yaml", "args: [one]", &format!("args: [{}]", "x".repeat(5000)));
    bench.error(Code::StartupFull, "client.yaml:2:5", "is too small");
}

#[test]
fn lists_have_limits() {
    let bench = Bench::pair();
    let many: String = (0..33).map(|n| format!("    - memory: m{n}\n")).collect();
    bench.edit("manifests/client.yaml", "  optional:\n", &format!("  optional:\n{many}"));
    let text = bench.errors(&[Code::TooManyItems]);
    assert!(text.contains("at most 32"), "{text}");
    let provides: String = (0..9).map(|n| format!("  - {{interface: a/b{n}, version: 1.0.0}}\n")).collect();
    let bench = Bench::pair();
    bench.edit("manifests/client.yaml", "layer: 7\n", &format!("layer: 7\nprovides:\n{provides}"));
    bench.errors(&[Code::TooManyItems]);
}
