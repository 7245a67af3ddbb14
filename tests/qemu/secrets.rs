// SPDX-License-Identifier: BSD-2-Clause
//! Secrets of incarnations (SPEC G-2): no two are the same, in one boot or in two, and a machine that has nothing to make
//! them from says so.

use std::collections::BTreeSet;

use partenza_protocol::error::BootError;
use partenza_protocol::event::Event;
use partenza_tests::image::Image;
use partenza_tests::machine::{Machine, Outcome};
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

/// Two services that say their secrets, one of them twice.
fn system() -> System {
    let teller = |name: &str| Service::new(name, "script", 4).args(&["secret"]).priority(120).critical(false);
    let end = Service::new("end", "script", 9).args(&["restart:one", "wait:20", "shutdown"]).priority(20);
    System::new("secrets").with(teller("one")).with(teller("two")).with(end.may("restart").may("shutdown"))
}

fn boot(cpu: &str) -> Outcome {
    let image = Image::of(Kernel::Release, "secrets", &system());
    let outcome = Machine::new(&image).option("-cpu", cpu).run();
    outcome.must_have_ended();
    outcome
}

fn secrets(outcome: &Outcome) -> Vec<String> {
    let said = ["one", "two"].into_iter().flat_map(|name| outcome.log.lines(name));
    said.filter_map(|(_, text)| text.strip_prefix("secret ").map(str::to_owned)).collect()
}

fn complaints(outcome: &Outcome) -> (bool, bool) {
    let guessable = BootError::NoRandomness.code();
    let told = |event: &Event<'_>| matches!(event, Event::InitError { code, .. } if *code == guessable);
    (outcome.log.has(&Event::WeakEntropy), outcome.log.events().any(told))
}

/// A constant seed would give the second boot the secrets of the first.
#[test]
fn no_two_incarnations_have_the_same_secret_in_two_boots() {
    let boots = [boot("qemu64,+fsgsbase,+rdrand"), boot("qemu64,+fsgsbase,+rdrand")];
    let all: Vec<String> = boots.iter().flat_map(secrets).collect();
    assert_eq!(all.len(), 6, "{all:?}\n{}", boots[0]);
    let different: BTreeSet<&String> = all.iter().collect();
    assert_eq!(different.len(), all.len(), "{all:?}");
    assert!(all.iter().all(|secret| secret.len() == 32 && secret.as_str() != "0".repeat(32)), "{all:?}");
    assert_eq!(complaints(&boots[0]), (false, false), "{}", boots[0]);
}

/// Where instructions are counted, times are the same in each boot, and the machine says that its secrets can be guessed.
#[test]
fn a_machine_without_anything_random_says_so() {
    let outcome = boot("qemu64,+fsgsbase,-rdrand");
    outcome.same("weak, and guessable", complaints(&outcome), (true, true));
    outcome.same("it boots all the same", secrets(&outcome).len(), 3);
}
