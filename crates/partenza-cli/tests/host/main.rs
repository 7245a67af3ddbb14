// SPDX-License-Identifier: BSD-2-Clause
//! The commands of running systems as a user meets them, on a system that is not there.

mod boot;
mod failures;
mod fake;
mod terminal;

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

use partenza_protocol::event::{BootState, Event};
use partenza_protocol::{Code, Op, ServiceId};
use serde_json::Value;

use fake::{Fake, Quirk, err, out, partenza, ready};

const SERVICES: [&str; 11] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "network", "terminal"];

fn json(output: &std::process::Output) -> Value {
    assert!(output.status.success(), "{}", err(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn questions_are_answered_in_tables_and_in_json() {
    let fake = Fake::start(&SERVICES);
    let table = out(&fake.partenza(&["status"]));
    assert!(table.starts_with("NAME      LAYER  STATE    INC  RESTARTS"), "{table}");
    assert!(table.contains("terminal      2  Running    3         2"), "{table}");
    assert!(
        table.contains("PZ-E0413 the service crashed\n") && table.ends_with("11 of 11 running\n"),
        "{table}"
    );
    let all = json(&fake.partenza(&["status", "--json"]));
    let all = all["services"].as_array().unwrap();
    assert_eq!(all.len(), SERVICES.len(), "all pages");
    assert_eq!((&all[9]["name"], &all[9]["last_error"]), (&"network".into(), &"PZ-E0413".into()));
    let one = json(&fake.partenza(&["status", "network", "--json"]));
    assert_eq!((&one["id"], &one["uptime_us"]), (&9.into(), &61_000_000.into()));
    assert!(out(&fake.partenza(&["status", "network"])).contains("state        Running for 01 min 01 s"));

    let boot = json(&fake.partenza(&["boot", "--json"]));
    assert_eq!((&boot["complete_us"], &boot["services"][0]["ready_us"]), (&9_000.into(), &Value::Null));
    assert!(out(&fake.partenza(&["boot"])).ends_with("SupervisorMode, boot complete after 9.000 ms\n"));
    let grants = json(&fake.partenza(&["grants", "network", "--json"]));
    assert_eq!((&grants["source"], grants["grants"].as_array().unwrap().len()), (&"planned".into(), 10));
    assert_eq!(json(&fake.partenza(&["version", "--json"]))["system"], "fake");
    assert_eq!(out(&fake.partenza(&["uptime"])), "up 01 min 01 s\n");
    let top = fake.partenza(&["top", "-n", "2", "--interval", "10ms", "--json"]);
    let lines: Vec<Value> = out(&top).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[1]["services"][0]["messages_per_second"]), (2, &0.into()));
}

#[test]
fn an_audit_that_finds_a_difference_ends_with_one() {
    let fake = Fake::start(&SERVICES);
    let same = fake.partenza(&["audit"]);
    assert_eq!((same.status.code(), out(&same).matches("as planned").count()), (Some(0), SERVICES.len()));
    fake.world().differences = 2;
    let differs = fake.partenza(&["audit"]);
    assert_eq!((differs.status.code(), out(&differs).matches("NOT as planned").count()), (Some(1), 1));
    assert_eq!(fake.partenza(&["audit", "a"]).status.code(), Some(0));
    fake.world().differences = 0;
    fake.world().resting = Some(2);
    let all = json(&fake.partenza(&["audit", "--json"]));
    assert_eq!(all["services"][2]["verdict"], "holds nothing", "the others are audited all the same");
    assert_eq!(fake.partenza(&["audit", "c"]).status.code(), Some(1));
}

#[test]
fn live_grants_stand_beside_the_planned_ones() {
    let fake = Fake::start(&SERVICES);
    let same = fake.partenza(&["grants", "--live", "terminal"]);
    assert_eq!((same.status.code(), out(&same).matches("  held  ").count()), (Some(0), 10));
    assert!(out(&same).ends_with("as planned: 10 held; all 128 slots were looked at\n"), "{}", out(&same));
    // Earlier findings are in the log as well, and are not this audit's.
    fake.world().differences = 5;
    fake.partenza(&["audit"]);
    fake.world().differences = 2;
    let differs = fake.partenza(&["grants", "--live", "terminal", "--json"]);
    assert_eq!(differs.status.code(), Some(1));
    let value: Value = serde_json::from_str(&out(&differs)).unwrap();
    assert_eq!((&value["source"], &value["verdict"]), (&"live".into(), &"NOT as planned".into()));
    assert_eq!(value["planned"], serde_json::json!(["rights", "object"]));
    assert_eq!(value["surplus"], serde_json::json!([101]));
    let live = |at: usize| value["grants"][at]["live"].as_str().unwrap();
    assert_eq!([live(2), live(3), live(4)], ["held", "MISSING", "held"]);
}

#[test]
fn a_refusal_ends_with_one_and_says_how_to_mend_it() {
    let fake = Fake::start(&SERVICES);
    let unknown = fake.partenza(&["status", "netwrk"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert_eq!(
        err(&unknown),
        "partenza: PZ-E0404 no service of that name: `netwrk`; did you mean `network`?\n  \
         to mend it: `partenza status` lists them\n"
    );
    fake.world().answer = 405;
    let refused = fake.partenza(&["crash", "network"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        err(&refused).contains("PZ-E0405 the service is not running\n  to mend it: "),
        "{}",
        err(&refused)
    );
    assert_eq!(fake.world().changes, [(Op::Crash, "network".to_owned())]);
}

/// In pieces, whole, and the same again where a piece is lost on the way.
#[test]
fn a_program_is_delivered_piece_by_piece() {
    let fake = Fake::start(&SERVICES);
    let program: Vec<u8> = (0..5_000u32).map(|at| (at * 7) as u8).collect();
    std::fs::write(fake.dir.path().join("network.pzb"), &program).unwrap();
    let args = ["deliver", "network", "network.pzb"];
    for loses in [None, Some(2)] {
        fake.world().loses = loses;
        let value = json(&fake.partenza(&[&args[..], &["--json"]].concat()));
        assert!(fake.world().program == program);
        let expected = serde_json::json!({
            "operation": "deliver",
            "service": "network",
            "bytes": 5_000,
            "sha256": "b0abe1fc3221488396cb845b73dad2a0838923837dfd67247b06e596fff3f2c3",
            "outcome": "delivered",
            "format": 1,
        });
        assert_eq!(value, expected);
    }
    let told = out(&fake.partenza(&args));
    assert_eq!(told, "network: its program is there, 5 KiB; `partenza start network` starts it\n");
    assert_eq!(fake.world().changes, vec![(Op::Deliver, "network".to_owned()); 3]);
    fake.world().answer = 807;
    let refused = fake.partenza(&args);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        err(&refused).contains("PZ-E0807 the program is not the planned one\n  to mend it: "),
        "{}",
        err(&refused)
    );
    let unknown = fake.partenza(&["deliver", "netwrk", "network.pzb"]);
    assert!(err(&unknown).contains("`netwrk`; did you mean `network`?\n"), "{}", err(&unknown));
    for file in ["nowhere.pzb", "empty.pzb"] {
        std::fs::write(fake.dir.path().join("empty.pzb"), "").unwrap();
        let output = fake.partenza(&["deliver", "network", file]);
        assert_eq!((output.status.code(), err(&output).contains(file)), (Some(2), true), "{}", err(&output));
    }
}

#[test]
fn without_a_system_the_command_ends_with_two_and_says_so() {
    let dir = tempfile::TempDir::new().unwrap();
    for (args, code) in [
        (&["status"][..], "PZ-0801"),
        (&["log", "--control", "nowhere.sock"], "PZ-0801"),
        (&["uptime", "--line", "/nowhere"], "PZ-0804"),
        (&["attach", "/nowhere"], "PZ-0804"),
    ] {
        let output = partenza(dir.path()).args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(err(&output).contains(code) && err(&output).contains("to mend it"), "{}", err(&output));
    }
}

#[test]
fn a_system_that_is_silent_ends_or_talks_nonsense_ends_with_two() {
    let fake = Fake::start(&SERVICES);
    for (quirk, code) in
        [(Quirk::Silent, "PZ-0802"), (Quirk::HangsUp, "PZ-0803"), (Quirk::Garbage, "PZ-0806")]
    {
        fake.world().quirk = quirk;
        let output = fake.partenza(&["uptime"]);
        assert_eq!(output.status.code(), Some(2), "{quirk:?}");
        assert!(err(&output).contains(code), "{quirk:?}: {}", err(&output));
    }
}

#[test]
fn a_noisy_line_only_takes_longer() {
    let fake = Fake::start(&["a"]);
    fake.world().quirk = Quirk::Noisy;
    assert_eq!(out(&fake.partenza(&["uptime"])), "up 01 min 01 s\n");
}

#[test]
fn the_log_is_read_whole_in_part_and_as_it_grows() {
    let fake = Fake::start(&SERVICES);
    for service in 0..7 {
        fake.world().logged(ready(service));
    }
    let all = out(&fake.partenza(&["log"]));
    assert_eq!(all.lines().count(), 7);
    assert_eq!(all.lines().nth(3), Some("     3 [     3.000 ms] d ready"));
    assert_eq!(out(&fake.partenza(&["log", "-n", "2"])).lines().count(), 2);
    assert_eq!(out(&fake.partenza(&["log", "--since", "5"])).lines().count(), 2);

    let mut follower = fake.command(&["log", "--follow", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(follower.stdout.take().unwrap()).lines();
    let mut sequences = lines.map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    for sequence in 0..7u32 {
        assert_eq!(sequences.next().unwrap()["sequence"], sequence);
    }
    // One that does not come through: the next one shows the gap.
    fake.world().logged(ready(7));
    fake.world().happens(ready(8));
    fake.world().happens(ready(9));
    for sequence in 7..10u32 {
        assert_eq!(sequences.next().unwrap()["sequence"], sequence);
    }
    // Another boot counts from the beginning; its very first record does not come through.
    let handoff = |ram| Event::Handoff { ram, untypeds: 0, slots: 0, tsc_mhz: 0 };
    for boot in 0..3 {
        fake.world().log.clear();
        fake.world().logged(Event::State(BootState::KernelHandoff));
        fake.world().happens(handoff(boot));
        fake.world().happens(ready(1));
        for event in ["State", "Handoff", "Ready"] {
            assert_eq!(sequences.next().unwrap()["event"], event, "boot {boot}");
        }
    }
    // It boots again before its log could be asked for what is missing: the last words are told all the same.
    {
        let mut world = fake.world();
        world.logged(ready(2));
        for event in [Event::ShutdownBegun, ready(3), Event::Finished] {
            world.happens(event);
        }
        world.log.clear();
        world.happens(Event::State(BootState::KernelHandoff));
        world.happens(handoff(7));
    }
    for event in ["ShutdownBegun", "Ready", "Finished", "State", "Handoff"] {
        assert_eq!(sequences.next().unwrap()["event"], event);
    }
    fake.world().happens(Event::Finished);
    assert_eq!(sequences.next().unwrap()["event"], "Finished");
    fake.hang_up();
    assert!(follower.wait().unwrap().success(), "it ended as it should");
}

/// By service, by level, by time, and the last ones of those.
#[test]
fn the_log_shows_what_is_asked_for() {
    let fake = Fake::start(&SERVICES);
    let failed =
        |service| Event::Failed { service: ServiceId(service), code: Code(120), other: None, detail: 0 };
    for event in [ready(9), failed(3), ready(3), ready(9), failed(9), ready(1)] {
        fake.world().logged(event);
    }
    let sequences = |args: &[&str]| -> Vec<u64> {
        let output = fake.partenza(&[args, &["--json"]].concat());
        assert!(output.status.success(), "{args:?}: {}", err(&output));
        let lines = out(&output);
        lines
            .lines()
            .map(|l| serde_json::from_str::<Value>(l).unwrap()["sequence"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(sequences(&["log", "network"]), [0, 3, 4]);
    assert_eq!(sequences(&["log", "network", "-n", "2"]), [3, 4]);
    assert_eq!(sequences(&["log", "--level", "error"]), [1, 4]);
    assert_eq!(sequences(&["log", "--level", "error", "-n", "1"]), [4]);
    assert_eq!(sequences(&["log", "network", "--since", "1", "--level", "info"]), [3, 4]);
    // It runs for 61 s, and record N came after N ms.
    assert_eq!(sequences(&["log", "--since", "60998ms"]), [2, 3, 4, 5]);
    assert_eq!(sequences(&["log", "--since", "2m", "-n", "1"]), [5]);
    let unknown = fake.partenza(&["log", "netwrk"]);
    assert!(err(&unknown).contains("did you mean `network`?"), "{}", err(&unknown));
    for args in [["log", "--level", "loud"], ["log", "--since", "yesterday"]] {
        assert_eq!(fake.partenza(&args).status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn the_status_of_one_service_shows_what_happened_to_it_last() {
    let fake = Fake::start(&SERVICES);
    fake.world().logged(ready(9));
    for _ in 0..300 {
        fake.world().logged(ready(3));
    }
    for _ in 0..9 {
        fake.world().logged(ready(9));
    }
    let text = out(&fake.partenza(&["status", "network"]));
    assert_eq!(text.matches("network ready").count(), 8, "{text}");
    assert!(text.ends_with("   309 [   309.000 ms] network ready\n"), "{text}");
    let one = json(&fake.partenza(&["status", "network", "--json"]));
    assert_eq!(one["events"].as_array().unwrap().len(), 8);
    assert_eq!(one["events"][7]["sequence"], 309);
    let none = json(&fake.partenza(&["status", "a", "--json"]));
    assert_eq!(none["events"], serde_json::json!([]));
}

/// The system keeps the times of the last start; those of the boot are in its log.
#[test]
fn the_boot_is_told_of_as_it_was_and_not_as_services_were_started_later() {
    let fake = Fake::start(&["a", "b", "c"]);
    let begun = |service| Event::Created { service: ServiceId(service) };
    // Record N comes after N ms.
    for event in [begun(0), begun(1), ready(1), ready(0)] {
        fake.world().logged(event);
    }
    fake.world().boot = (BootState::SupervisorMode, Some(4_000));
    fake.world().started_again = Some((1, 9_000));
    fake.world().logged(Event::BootComplete { micros: 4_000, running: 2, failed: 0, waiting: 1 });
    for event in [begun(1), ready(1)] {
        fake.world().logged(event);
    }
    let boot = json(&fake.partenza(&["boot", "--json"]));
    let row = &boot["services"][1];
    assert_eq!((&row["created_us"], &row["ready_us"]), (&1_000.into(), &2_000.into()));
    assert_eq!((&row["started_us"], &row["started_again_us"]), (&Value::Null, &9_000.into()));
    assert_eq!(boot["services"][0]["started_again_us"], Value::Null);
    let counts = [&boot["running"], &boot["waiting"], &boot["failed"]];
    assert_eq!(counts, [&2.into(), &1.into(), &Value::from(0)]);
    let text = out(&fake.partenza(&["boot"]));
    assert!(text.contains("2 running, 1 waiting, 0 failed\nstarted since: b;"), "{text}");
}

#[test]
fn whether_the_system_is_as_it_should_be_shows_in_the_exit_code() {
    let fake = Fake::start(&SERVICES);
    let asked = |args: &[&str]| {
        let output = fake.partenza(args);
        (output.status.code(), out(&output))
    };
    assert_eq!(asked(&["is-running"]), (Some(0), "running\n".to_owned()));
    assert_eq!(asked(&["is-running", "network"]), (Some(0), "Running\n".to_owned()));
    assert_eq!(asked(&["is-system-running", "--quiet"]), (Some(0), String::new()));
    fake.world().failed = Some(9);
    let (code, text) = asked(&["is-running"]);
    assert_eq!((code, text.starts_with("degraded\n  network  Failed  PZ-E0413 ")), (Some(1), true), "{text}");
    assert_eq!(asked(&["is-running", "network"]), (Some(1), "Failed\n".to_owned()));
    assert_eq!(asked(&["is-running", "a"]).0, Some(0));
    let (code, value) = asked(&["is-running", "--json"]);
    let value: Value = serde_json::from_str(&value).unwrap();
    assert_eq!((code, &value["state"], &value["running"]), (Some(1), &"degraded".into(), &false.into()));
    assert_eq!(value["services"][0]["name"], "network");
    fake.world().failed = None;
    // A recovery boot is not the system that somebody relies on.
    fake.world().left_out = Some(2);
    assert_eq!(asked(&["is-running"]), (Some(1), "recovery\n".to_owned()));
    fake.world().left_out = None;
    for (state, word) in [
        (BootState::BootingLayer(3), "starting"),
        (BootState::ShuttingDown, "stopping"),
        (BootState::BootFailed, "failed"),
    ] {
        fake.world().boot = (state, None);
        assert_eq!(asked(&["is-running"]), (Some(1), format!("{word}\n")), "{word}");
    }
    assert_eq!(fake.partenza(&["is-running", "netwrk"]).status.code(), Some(1));
    fake.world().quirk = Quirk::Silent;
    assert_eq!(fake.partenza(&["is-running"]).status.code(), Some(2));
}

/// docs/stability.md: whoever reads JSON knows by `format` which shape it is, at the top of an answer and in each line.
#[test]
fn every_json_of_a_running_system_has_its_format() {
    let fake = Fake::start(&SERVICES);
    fake.world().logged(ready(9));
    std::fs::write(fake.dir.path().join("program"), b"program").unwrap();
    for args in [
        &["status"][..],
        &["status", "network"],
        &["is-running"],
        &["is-running", "network"],
        &["log"],
        &["top", "-n", "1"],
        &["boot"],
        &["grants", "network"],
        &["grants", "--live", "network"],
        &["audit"],
        &["audit", "network"],
        &["start", "network"],
        &["restart", "network"],
        &["stop", "network"],
        &["enable", "network"],
        &["disable", "network"],
        &["crash", "network"],
        &["deliver", "network", "program"],
        &["shutdown"],
        &["reboot"],
        &["version"],
        &["uptime"],
        // These are refused, as JSON on standard error.
        &["lookup", "storage/files"],
        &["switch", "storage/files", "nobody"],
        &["status", "nobody"],
    ] {
        let output = fake.partenza(&[args, &["--json"]].concat());
        let text = if output.status.success() { out(&output) } else { err(&output) };
        let values = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
        let shapes: Vec<Value> =
            values.map(|value| value.unwrap_or_else(|error| panic!("{args:?}: {error}: {text}"))).collect();
        assert!(!shapes.is_empty(), "{args:?} tells nothing");
        assert!(shapes.iter().all(|shape| shape["format"].is_u64()), "{args:?}: {text}");
    }
}

/// As `partenza log --follow | head -1` on a system where nothing happens.
#[test]
fn following_ends_when_nobody_reads() {
    let fake = Fake::start(&SERVICES);
    fake.world().logged(ready(0));
    let mut follower = fake.command(&["log", "--follow"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(follower.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().ends_with("a ready"));
    drop(lines);
    assert_eq!(follower.wait().unwrap().code(), Some(141));
}

#[test]
fn top_without_a_terminal_ends_well_when_the_system_does() {
    let fake = Fake::start(&["a"]);
    let mut top = fake.command(&["top", "--interval", "1h"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(top.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with("NAME"));
    assert!(lines.next().unwrap().unwrap().starts_with("a "));
    fake.world().happens(Event::Finished);
    fake.hang_up();
    assert_eq!(top.wait().unwrap().code(), Some(0));
    assert!(lines.next().is_none(), "no empty line behind the last table");
    assert_eq!(fake.partenza(&["top", "--interval", "0s"]).status.code(), Some(2));
}

#[test]
fn waiting_ends_with_what_came_of_it() {
    let fake = Fake::start(&SERVICES);
    let done = |event: Event<'static>, args: &[&str]| {
        fake.world().consequences = vec![ready(3), event];
        fake.partenza(args)
    };
    let output = done(ready(9), &["restart", "network", "--wait"]);
    assert_eq!((output.status.code(), out(&output)), (Some(0), "network ready\n".to_owned()));
    let failed = |code| Event::Failed { service: ServiceId(9), code: Code(code), other: None, detail: 0 };
    let output = done(failed(120), &["restart", "network", "--wait"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("PZ-E0120 network failed: "), "{}", err(&output));
    let output = done(
        Event::Stopped { service: ServiceId(9), forced: true },
        &["stop", "network", "--wait", "--json"],
    );
    assert_eq!(json(&output)["outcome"], "stopped");
    let disabled = Event::Disabled { service: ServiceId(9), code: Code(418), other: None };
    let output = done(disabled, &["disable", "network", "--wait"]);
    assert_eq!(out(&output), "network disabled\n", "somebody asked for it");
    assert_eq!(out(&fake.partenza(&["start", "network", "--wait"])), "network ready\n", "it runs already");
    fake.world().failed = Some(9);
    let output = fake.partenza(&["stop", "network", "--wait"]);
    assert_eq!((output.status.code(), out(&output)), (Some(0), "network does not run\n".to_owned()));
    fake.world().failed = None;
    let begun = Instant::now();
    let output = done(ready(4), &["restart", "network", "--wait", "--timeout", "300ms"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("the time was up") && begun.elapsed() < Duration::from_secs(5));
    let output = done(Event::Finished, &["shutdown", "--wait"]);
    assert_eq!(out(&output), "the system has finished\n");
    let complete = Event::BootComplete { micros: 1, running: 1, failed: 0, waiting: 0 };
    assert_eq!(out(&done(complete, &["reboot", "--wait"])), "the system has booted again\n");
    assert_eq!(out(&fake.partenza(&["disable", "a"])), "a: disable accepted\n");
}

#[test]
fn a_script_ends_at_the_first_command_that_fails() {
    let fake = Fake::start(&SERVICES);
    let mut command = fake.command(&["console"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"# a comment\n\nuptime\nstatus nobody\nversion\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), out(&output)), (Some(1), "up 01 min 01 s\n".to_owned()));
    assert!(err(&output).contains("PZ-E0404"));
}

/// Wherever images are usually built: `run` packs to the one, Makefiles to the others.
#[test]
fn a_system_is_found_where_its_image_was_built() {
    for place in [
        "control.sock",
        "build/partenza/control.sock",
        "build/debug/control.sock",
        "build/image/debug/control.sock",
    ] {
        let fake = Fake::start(&SERVICES);
        let dir = fake.dir.path();
        let socket = dir.join(place);
        std::fs::create_dir_all(socket.parent().unwrap()).unwrap();
        let mut attach = partenza(dir);
        let mut attach = attach.arg("attach").arg(&fake.path).arg("--control").arg(&socket).spawn().unwrap();
        fake.await_line();
        let until = Instant::now() + Duration::from_secs(10);
        while !socket.exists() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
        let asked = partenza(dir).arg("uptime").output().unwrap();
        assert_eq!(out(&asked), "up 01 min 01 s\n", "{place}: {}", err(&asked));
        fake.world().happens(Event::Finished);
        fake.hang_up();
        assert!(attach.wait().unwrap().success());
    }
}

#[test]
fn an_attached_line_serves_several_commands_and_cleans_up() {
    let fake = Fake::start(&SERVICES);
    let dir = fake.dir.path();
    let mut attach = partenza(dir);
    attach.arg("attach").arg(&fake.path).args(["--events", "text"]).stdout(Stdio::piped());
    let mut attach = attach.spawn().unwrap();
    fake.await_line();
    let ask = |args: &[&str]| partenza(dir).args(args).output().unwrap();
    let until = Instant::now() + Duration::from_secs(10);
    while !dir.join("control.sock").exists() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(5));
    }
    let children: Vec<_> =
        (0..4).map(|_| partenza(dir).arg("status").stdout(Stdio::piped()).spawn().unwrap()).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(out(&output).ends_with("11 of 11 running\n"), "{}", err(&output));
    }
    assert_eq!(out(&ask(&["uptime", "--control", "control.sock"])), "up 01 min 01 s\n");
    let second = ask(&["attach", "line"]);
    assert_eq!(second.status.code(), Some(2));
    assert!(err(&second).contains("PZ-0805"), "{}", err(&second));
    assert_eq!(out(&ask(&["uptime"])), "up 01 min 01 s\n", "the first goes on");
    fake.world().happens(Event::Finished);
    fake.hang_up();
    let mut told = String::new();
    std::io::Read::read_to_string(&mut attach.stdout.take().unwrap(), &mut told).unwrap();
    assert!(attach.wait().unwrap().success());
    assert_eq!(told, "[     0.000 ms] finished\n");
    assert!(!dir.join("control.sock").exists());
}
