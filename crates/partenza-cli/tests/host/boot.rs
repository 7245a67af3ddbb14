// SPDX-License-Identifier: BSD-2-Clause
//! `boot --wait`: whenever it is asked, it ends when the boot does, and says how that went.

use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use partenza_protocol::event::{BootState, Event};
use partenza_protocol::{Code, ServiceId};

use crate::fake::{Fake, Quirk, err, out, partenza, ready};

const COMPLETE: Event<'static> = Event::BootComplete { micros: 9_000, running: 2, failed: 0, waiting: 0 };
const BOOTING: (BootState, Option<u64>) = (BootState::BootingLayer(3), None);
const DONE: (BootState, Option<u64>) = (BootState::SupervisorMode, Some(9_000));

/// A system that boots, and somebody who waits for it. The first question is answered.
fn waiting(fake: &Fake, args: &[&str]) -> Child {
    fake.world().boot = BOOTING;
    fake.world().answered = 0;
    let mut command = fake.command(&[&["boot", "--wait"], args].concat());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    fake.await_answer();
    child
}

fn ended(child: Child, code: i32) -> Output {
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{}{}", out(&output), err(&output));
    output
}

#[test]
fn a_boot_that_is_over_ends_the_waiting_at_once() {
    let fake = Fake::start(&["a", "b"]);
    let output = fake.partenza(&["boot", "--wait"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(out(&output).ends_with("SupervisorMode, boot complete after 9.000 ms\n"), "{}", out(&output));
}

#[test]
fn its_event_ends_it_and_so_does_an_answer_where_the_event_is_lost() {
    let fake = Fake::start(&["a", "b"]);
    let child = waiting(&fake, &[]);
    fake.world().happens(ready(1));
    {
        let mut world = fake.world();
        world.boot = DONE;
        world.happens(COMPLETE);
    }
    ended(child, 0);
    // Neither told, nor in the log any more.
    let child = waiting(&fake, &["--json"]);
    fake.world().boot = DONE;
    let output = ended(child, 0);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&value["complete_us"], &value["recovery"]), (&9_000.into(), &false.into()));
}

#[test]
fn a_boot_that_fails_ends_it_with_one_and_with_the_reason() {
    let failed = Event::BootFailed { code: Code(121), culprit: Some(ServiceId(1)) };
    let fake = Fake::start(&["a", "policy"]);
    let child = waiting(&fake, &[]);
    fake.world().happens(failed.clone());
    let output = ended(child, 1);
    assert!(err(&output).starts_with("partenza: PZ-E0121 Boot failed: "), "{}", err(&output));
    assert!(err(&output).contains("(policy)\n  to mend it: "), "{}", err(&output));
    // It was over before: the state shows it, and the log knows why, or does not any more.
    fake.world().boot = (BootState::Panic, None);
    let output = fake.partenza(&["boot", "--wait", "--json"]);
    assert_eq!((output.status.code(), out(&output)), (Some(1), String::new()));
    let said: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!((&said["code"], &said["exit_code"]), (&"PZ-E0121".into(), &1.into()));
    fake.world().log.clear();
    let output = fake.partenza(&["boot", "--wait"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("the system is lost: Panic\n  to mend it: "), "{}", err(&output));
}

#[test]
fn a_recovery_boot_is_shown_and_ends_it_with_one() {
    let fake = Fake::start(&["a", "b"]);
    let told = Event::FailedBoots { count: 3, code: Some(Code(121)), culprit: None, recovers: true };
    fake.world().logged(told);
    let output = fake.partenza(&["boot", "--wait"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(out(&output).ends_with("SupervisorMode, recovery boot complete after 9.000 ms\n"));
    let words = "PZ-E0425 3 boots in a row failed, the last with PZ-E0121";
    assert!(err(&output).contains(words) && err(&output).contains("recovery boot"), "{}", err(&output));
    // Whoever only asks how it went is told and has not failed.
    assert_eq!(fake.partenza(&["boot"]).status.code(), Some(0));
    // The beginning of the log may be gone: what was left out still tells.
    fake.world().log.clear();
    assert_eq!(fake.partenza(&["boot", "--wait"]).status.code(), Some(0));
    fake.world().left_out = Some(1);
    let output = fake.partenza(&["boot", "--wait"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("this is a recovery boot"), "{}", err(&output));
}

#[test]
fn a_system_that_is_not_there_yet_is_waited_for() {
    let fake = Fake::start(&["a"]);
    let dir = fake.dir.path();
    // A run that was killed has left its socket behind.
    drop(std::os::unix::net::UnixListener::bind(dir.join("late.sock")).unwrap());
    let mut command = partenza(dir);
    command.args(["boot", "--wait", "--control", "late.sock"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let waiting = command.spawn().unwrap();
    std::thread::sleep(Duration::from_millis(100));
    fake.world().boot = BOOTING;
    let mut attach = partenza(dir);
    let mut attach = attach.args(["attach", "line", "--control", "late.sock"]).spawn().unwrap();
    fake.await_answer();
    fake.world().boot = DONE;
    fake.world().happens(COMPLETE);
    ended(waiting, 0);
    fake.world().happens(Event::Finished);
    fake.hang_up();
    assert!(attach.wait().unwrap().success());
}

#[test]
fn patience_ends_with_the_time_and_says_what_it_waited_for() {
    let fake = Fake::start(&["a"]);
    let begun = Instant::now();
    let dir = fake.dir.path();
    let never = ["boot", "--wait", "--timeout", "200ms", "--control", "never.sock"];
    let nobody = partenza(dir).args(never).output().unwrap();
    assert_eq!(nobody.status.code(), Some(2));
    assert!(err(&nobody).contains("PZ-0801") && err(&nobody).contains("never.sock"), "{}", err(&nobody));
    fake.world().quirk = Quirk::Silent;
    let silent = fake.partenza(&["boot", "--wait", "--timeout", "200ms"]);
    assert_eq!((silent.status.code(), err(&silent).contains("PZ-0802")), (Some(2), true), "{}", err(&silent));
    fake.world().quirk = Quirk::None;
    for (state, words) in [(BOOTING.0, "BootingLayer(3)"), (BootState::ShuttingDown, "ShuttingDown")] {
        fake.world().boot = (state, None);
        let late = fake.partenza(&["boot", "--wait", "--timeout", "300ms"]);
        assert_eq!(late.status.code(), Some(1));
        assert!(err(&late).contains(&format!("the boot is not over: {words}")), "{}", err(&late));
    }
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_system_that_ends_while_it_is_waited_for_ends_the_waiting() {
    let fake = Fake::start(&["a"]);
    let child = waiting(&fake, &[]);
    fake.ends_with(&[Event::ShutdownBegun]);
    assert!(err(&ended(child, 2)).contains("PZ-0803"));
    // Of a recovery boot its events have told.
    let child = waiting(&fake, &[]);
    let recovers = Event::FailedBoots { count: 3, code: None, culprit: None, recovers: true };
    fake.ends_with(&[recovers, COMPLETE]);
    assert!(err(&ended(child, 1)).contains("PZ-E0425 3 boots in a row failed; this is a recovery boot"));
    // `after-boot` ends it as soon as it is complete.
    let child = waiting(&fake, &[]);
    fake.ends_with(&[COMPLETE, Event::Finished]);
    assert_eq!(out(&ended(child, 0)), "boot complete after 9.000 ms; the system has ended\n");
}
