// SPDX-License-Identifier: BSD-2-Clause
//! The four reference scenarios (SPEC S-8), as they are in `examples/`: packed from their files, booted, driven.

use std::path::{Path, PathBuf};
use std::process::Command;

use partenza_protocol::Op;
use partenza_protocol::event::{BootState, Event};
use partenza_protocol::request::Switch;
use partenza_tests::ask::Request;
use partenza_tests::image::Image;
use partenza_tests::log::Log;
use partenza_tests::machine::Machine;
use partenza_tests::tools::{self, Kernel};

fn example(name: &str) -> PathBuf {
    tools::root().join("examples").join(name)
}

fn image(kernel: Kernel, name: &str) -> Image {
    let dir = tools::scratch(&format!("scenario-{name}-{}", kernel.name()));
    Image::pack(kernel, &example(name), &dir.join("image.elf"))
}

fn lines(log: &Log, name: &str) -> Vec<&'static str> {
    let lines = log.find(name).map(|_| log.lines(name)).unwrap_or_default();
    lines.into_iter().map(|(_, text)| text).collect()
}

#[test]
fn two_minimal_modules_are_a_system() {
    for kernel in [Kernel::Debug, Kernel::Release] {
        let outcome = Machine::new(&image(kernel, "minimal")).ends_after_boot().run();
        outcome.must_have_ended();
        outcome.same("running and failed", outcome.log.complete(), Some((2, 0)));
        outcome.same("calls", lines(&outcome.log, "caller"), vec!["answered 10 of 10, 1 to 10"]);
    }
}

/// The script is run as a user runs it; here, its verdict and what it saw are judged.
#[test]
fn an_external_script_takes_the_orchestrators_place() {
    let image = image(Kernel::Debug, "external-script");
    let script = example("external-script").join("orchestrate.py");
    let run = |order: &Path| {
        let mut command = Command::new("python3");
        command.arg(order).arg("--kernel").arg(Kernel::Debug.boot_image()).arg("--image").arg(&image.path);
        command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; install python3"))
    };
    let output = run(&script);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let wrong = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}{wrong}");
    let expected = [
        "counter starting",
        "counter ready",
        "caller starting",
        "caller ready",
        "beside starting",
        "beside ready",
        "all 3 are up; counter is told to crash",
        "counter crashed",
        "caller stopped",
        "counter is started again after a pause",
        "counter starting",
        "counter ready",
        "caller starting",
        "caller ready",
        "beside stopped",
        "caller stopped",
        "counter stopped",
        "the machine is off",
    ];
    assert_eq!(said.lines().collect::<Vec<_>>(), expected, "{wrong}");
    // An order that the script cannot keep is its own verdict, not the root task's.
    let text = std::fs::read_to_string(&script).expect("the script is there");
    let other = text.replace("(\"counter\", [])", "(\"counter\", [\"beside\"])");
    assert_ne!(text, other, "the script's order has changed");
    let path = image.path.with_file_name("orchestrate.py");
    std::fs::write(&path, other).expect("the scratch folder takes files");
    let output = run(&path);
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{wrong}");
    assert!(wrong.contains("counter needs beside, which is not ready"), "{wrong}");
}

/// The host asks for the other provider while the client is in a loop of calls.
#[test]
fn a_provider_is_switched_and_no_call_is_lost() {
    for kernel in [Kernel::Debug, Kernel::Release] {
        let mut machine = Machine::new(&image(kernel, "provider-switch")).start();
        for (rounds, provider) in [(0, "second"), (1, "first"), (2, "second")] {
            machine.wait_for("the client's next round", |log| {
                log.reached(BootState::SupervisorMode) && lines(log, "client").len() >= rounds
            });
            let switch = Switch { interface: "test/count", provider };
            let answer = machine.ask(&Request::with(Op::Switch, &switch));
            assert_eq!(answer.accepted().map(drop), Ok(()), "{provider}");
        }
        machine.wait_for("the end of the client's loop", |log| lines(log, "client").len() == 4);
        machine.shut_down();
        let outcome = machine.end();
        outcome.must_have_ended();
        let log = &outcome.log;
        outcome.same("what the client saw", lines(log, "client"), vec!["counts:100 answered 100"; 4]);
        let (first, second) = (lines(log, "first").len(), lines(log, "second").len());
        outcome.same("calls that were answered", first + second, 400);
        outcome.must(&format!("both served: {first} and {second}"), first > 0 && second > 0);
        // When the system goes down, one outlives the other and takes over once more.
        let end = log.position(|event| *event == Event::ShutdownBegun).unwrap_or(0);
        let switches = log.events().take(end).filter(|event| matches!(event, Event::Switched { .. }));
        outcome.same("switches", switches.count(), 3);
        let client = log.id("client");
        let degraded = log.count(|e| matches!(e, Event::Degraded { service, .. } if *service == client));
        outcome.same("how often the client was degraded", degraded, 0);
    }
}

/// The logger dies twice of its sixth line; then its fallback takes the place of the sidecar that stood before it.
#[test]
fn no_line_of_a_log_is_lost_or_kept_twice() {
    for kernel in [Kernel::Debug, Kernel::Release] {
        let mut machine = Machine::new(&image(kernel, "logging")).start();
        machine.wait_for("the last line", |log| !lines(log, "writer").is_empty());
        machine.shut_down();
        let outcome = machine.end();
        outcome.must_have_ended();
        let log = &outcome.log;
        outcome.same("what the writer saw", lines(log, "writer"), vec!["wrote 20 of 20"]);
        let kept = |numbers: std::ops::RangeInclusive<u32>, client: &str| -> Vec<String> {
            numbers.map(|number| format!("kept {number} of {client}")).collect()
        };
        outcome.same("what the logger kept", owned(lines(log, "logger")), kept(1..=10, "guard"));
        outcome.same("what the fallback kept", owned(lines(log, "plain")), kept(11..=20, "writer"));
        let guard = lines(log, "guard");
        let passed: Vec<&str> = guard.iter().copied().filter(|line| line.starts_with("passed")).collect();
        let expected: Vec<String> = (1..=10).map(|number| format!("passed {number} of writer")).collect();
        outcome.same("what the sidecar let through", owned(passed), expected);
        outcome.must("it refused the stranger", guard.contains(&"refused stranger"));
        let refused = lines(log, "stranger");
        outcome.must(&format!("{refused:?}"), refused.iter().all(|line| line.starts_with("wrote 0 of 1: ")));
        let story = log.story(&["logger", "guard"]);
        let begin = ["guard starting 1", "guard ready", "logger starting 1", "logger ready"];
        outcome.must("the sidecar is first", story.get(..4).is_some_and(|first| first == begin));
        let (from, to) = (log.id("guard"), log.id("plain"));
        let switched = log.count(|event| *event == Event::Switched { interface: "log/lines", from, to });
        outcome.same("hand-overs", switched, 1);
        // While neither the sidecar nor the fallback serves; then it is served again.
        let ups = log.story(&["writer"]);
        let ends = ups.iter().rposition(|deed| deed == "writer recovered");
        outcome.must(
            &format!("the writer recovers: {ups:?}"),
            ends > ups.iter().rposition(|deed| deed.starts_with("writer degraded")),
        );
    }
}

fn owned(lines: Vec<&str>) -> Vec<String> {
    lines.into_iter().map(str::to_owned).collect()
}
