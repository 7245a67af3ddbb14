// SPDX-License-Identifier: BSD-2-Clause
//! What fails though JSON was asked for says so as JSON: one line on standard error, and nothing on standard output.

use std::io::Write;
use std::process::{Output, Stdio};

use partenza_protocol::event::Event;
use partenza_protocol::{Code, ServiceId};
use serde_json::Value;

use crate::fake::{Fake, Quirk, err, out, partenza};

/// Code and exit code of what it said; the rest must be there as documented.
fn said(output: &Output) -> (Value, i32) {
    let lines = err(output);
    assert_eq!((lines.matches('\n').count(), out(output)), (1, String::new()), "{lines}");
    let said: Value = serde_json::from_str(&lines).unwrap_or_else(|error| panic!("{error}: {lines}"));
    let names: Vec<&String> = said.as_object().unwrap().keys().collect();
    assert_eq!(names, ["code", "text", "hint", "exit_code", "format"]);
    assert!(said["text"].as_str().is_some_and(|text| !text.is_empty()), "{lines}");
    assert!(said["hint"].is_null() || said["hint"].is_string(), "{lines}");
    let code = output.status.code().unwrap();
    assert_eq!(said["exit_code"], code, "{lines}");
    (said["code"].clone(), code)
}

#[test]
fn refusals_and_what_keeps_the_command_from_the_system_are_objects() {
    let fake = Fake::start(&["axiom", "network"]);
    let unknown = fake.partenza(&["status", "netwrk", "--json"]);
    assert_eq!(said(&unknown), ("PZ-E0404".into(), 1));
    assert!(err(&unknown).contains("did you mean `network`?"), "{}", err(&unknown));
    fake.world().answer = 421;
    assert_eq!(said(&fake.partenza(&["stop", "network", "--json"])), ("PZ-E0421".into(), 1));
    fake.world().answer = 0;
    let failed = Event::Failed { service: ServiceId(1), code: Code(120), other: None, detail: 0 };
    fake.world().consequences = vec![failed];
    assert_eq!(said(&fake.partenza(&["restart", "network", "--wait", "--json"])), ("PZ-E0120".into(), 1));
    let late = fake.partenza(&["restart", "network", "--wait", "--timeout", "50ms", "--json"]);
    assert_eq!(said(&late), (Value::Null, 1));
    fake.world().quirk = Quirk::HangsUp;
    assert_eq!(said(&fake.partenza(&["uptime", "--json"])), ("PZ-0803".into(), 2));
    let dir = fake.dir.path();
    let nowhere = partenza(dir).args(["log", "--json", "--control", "nowhere.sock"]).output().unwrap();
    assert_eq!(said(&nowhere), ("PZ-0801".into(), 2));
    let file = fake.partenza(&["deliver", "network", "nowhere.pzb", "--json"]);
    assert_eq!(said(&file), (Value::Null, 2));
}

#[test]
fn wrong_usage_is_an_object_only_for_who_asked_for_json() {
    let dir = tempfile::TempDir::new().unwrap();
    let run = |args: &[&str]| partenza(dir.path()).args(args).output().unwrap();
    assert_eq!(said(&run(&["restart", "--json"])), (Value::Null, 2));
    assert_eq!(said(&run(&["boot", "--wait", "--timeout", "soon", "--json"])), (Value::Null, 2));
    assert_eq!(said(&run(&["check", "--json", "--kernel", "nowhere"])).1, 2);
    let plain = run(&["restart"]);
    assert!(err(&plain).contains("Usage:"), "{}", err(&plain));
    let help = run(&["restart", "--json", "--help"]);
    assert_eq!((help.status.code(), err(&help)), (Some(0), String::new()));
}

#[test]
fn a_line_of_a_script_that_asks_for_json_fails_in_json() {
    let fake = Fake::start(&["axiom"]);
    for (line, code, exit) in
        [("status nobody --json", "PZ-E0404".into(), 1), ("status --jsn --json", Value::Null, 2)]
    {
        let mut command = fake.command(&["console"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(format!("{line}\nuptime\n").as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(said(&output), (code, exit), "{line}");
    }
}

#[test]
fn names_that_do_not_exist_are_answered_with_the_nearest() {
    let fake = Fake::start(&["axiom", "network"]);
    for args in [
        &["status", "netwrk"][..],
        &["restart", "netwrk"],
        &["start", "netwrk", "--wait"],
        &["stop", "netwrk"],
        &["enable", "netwrk"],
        &["disable", "netwrk"],
        &["crash", "netwrk"],
        &["grants", "netwrk"],
        &["grants", "netwrk", "--live"],
        &["audit", "netwrk"],
        &["switch", "storage/files", "netwrk"],
    ] {
        let output = fake.partenza(args);
        let words = "PZ-E0404 no service of that name: `netwrk`; did you mean `network`?\n  to mend it: ";
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(err(&output).contains(words), "{args:?}: {}", err(&output));
    }
    let later = fake.partenza(&["lookup", "storage/files", "2", "--below", "3"]);
    let words =
        "`storage/files` from 2.0.0 on, before 3.0.0\n  to mend it: `partenza lookup storage/files` takes";
    assert!(err(&later).contains(words), "{}", err(&later));
    let nothing = fake.partenza(&["lookup", "storage/files"]);
    assert!(
        err(&nothing).contains("PZ-E0501 nothing provides that interface: `storage/files`"),
        "{}",
        err(&nothing)
    );
    let none = fake.partenza(&["switch", "storage/files", "network"]);
    let words = "PZ-E0501 `network` is none of the providers of `storage/files`\n  to mend it: `providers`";
    assert!(err(&none).contains(words), "{}", err(&none));
}

/// The answer may be lost on the way.
#[test]
fn a_shutdown_that_is_answered_by_the_last_word_has_worked() {
    let fake = Fake::start(&["axiom"]);
    fake.world().quirk = Quirk::EndsAtOnce;
    let output = fake.partenza(&["shutdown", "--wait"]);
    assert_eq!((output.status.code(), out(&output)), (Some(0), "the system has finished\n".to_owned()));
    let output = fake.partenza(&["shutdown"]);
    assert_eq!((output.status.code(), out(&output)), (Some(0), "the system is going down\n".to_owned()));
    // Answered, and off before its log could be asked for what followed.
    fake.world().quirk = Quirk::EndsAfterAnswer;
    fake.world().consequences = vec![Event::ShutdownBegun, Event::Finished];
    let output = fake.partenza(&["shutdown", "--wait"]);
    assert_eq!((output.status.code(), out(&output)), (Some(0), "the system has finished\n".to_owned()));
    fake.world().changes.clear();
    // A line that is cut is no last word.
    fake.world().quirk = Quirk::None;
    fake.world().consequences = vec![Event::ShutdownBegun];
    let mut command = fake.command(&["shutdown", "--wait"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    fake.await_change();
    fake.hang_up();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", out(&output));
    assert!(err(&output).contains("PZ-0803"), "{}", err(&output));
}
