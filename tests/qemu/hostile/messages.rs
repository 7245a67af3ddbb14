// SPDX-License-Identifier: BSD-2-Clause
//! Attacks with messages: forged, replayed, of noise, oversized, of operations that were never granted.

use partenza_protocol::Op;
use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::{Event, Rejection};

use super::*;

/// As many as it likes, so that each of them is looked at.
const WITHOUT_LIMIT: &str = "overload: {requests: 1000000}";

#[test]
fn ready_for_another_counts_for_nobody() {
    let attack = Attack::new("forge", "misbehave", &["forge", "during"]);
    let outcome = attack.run("its own ready", |log| log.rejections(CULPRIT).len() >= 4);
    let expected =
        [Rejection::UnknownOperation(5), Rejection::Late, Rejection::BeforeHello, Rejection::Duplicate];
    outcome.same("what is ignored", outcome.log.rejections(CULPRIT).as_slice(), &expected[..]);
}

#[test]
fn the_secret_of_the_life_before_opens_nothing() {
    let attack = Attack::new("replay", "hostile", &["replay"]);
    let outcome = attack.run("its second life", |log| is_ready_again(log, 2));
    let refused = format!("the old secret answered {}", SupervisorError::WrongSecret.code());
    outcome.same("what it was told", said(&outcome.log), vec![refused.as_str()]);
    outcome.same("what is ignored", outcome.log.rejections(CULPRIT), vec![Rejection::WrongSecret]);
}

/// Every label of the kernel's and of ours with payloads of noise, in Rust before the boot's end, in C here.
#[test]
fn every_label_with_noise_is_answered_and_changes_nothing() {
    let attack = Attack::new("labels", "noise", &[]).on(Kernel::Release).config(WITHOUT_LIMIT);
    let outcome = attack.run("all labels", |log| has_said(log, "sent "));
    let (sent, taken) = sent(&outcome);
    outcome.must("there were many", sent > 3_000);
    outcome.same("messages that were taken for good", taken, 0);
    outcome.must("it is told", outcome.log.rejections(CULPRIT).last() == Some(&Rejection::Muted));
}

#[test]
fn payloads_that_are_almost_right_are_refused() {
    let attack = Attack::new("postcard", "hostile", &["postcard"]).on(Kernel::Release).config(WITHOUT_LIMIT);
    let outcome = attack.run("all payloads", |log| has_said(log, "sent "));
    let (sent, taken) = sent(&outcome);
    outcome.must("there were many", sent > 400);
    outcome.same("messages that were taken for good", taken, 0);
    outcome.must("it is told", outcome.log.rejections(CULPRIT).contains(&Rejection::Malformed));
}

/// `sent N, taken M`.
fn sent(outcome: &Outcome) -> (u32, u32) {
    let line = said(&outcome.log).into_iter().find(|text| text.starts_with("sent ")).unwrap_or_default();
    let numbers = line.strip_prefix("sent ").and_then(|rest| rest.split_once(", taken "));
    let numbers = numbers.and_then(|(sent, taken)| Some((sent.parse().ok()?, taken.parse().ok()?)));
    outcome.must(&format!("it counted: {line}"), numbers.is_some());
    numbers.unwrap_or_default()
}

/// SPEC I-4: one by one.
#[test]
fn operations_that_were_not_granted_are_denied() {
    let attack = Attack::new("overreach", "misbehave", &["overreach"]);
    let last = Op::ALL.iter().rfind(|op| !op.allowed_by_default()).map_or("", |op| op.name());
    let outcome = attack.run("all of them", |log| has_said(log, last));
    let changing = Op::ALL.iter().filter(|op| !op.allowed_by_default());
    let denied = SupervisorError::Denied.code();
    let expected: Vec<String> = changing.map(|op| format!("{} answered {denied}", op.name())).collect();
    outcome.must("each was denied", said(&outcome.log) == expected);
    let rejected = Event::Rejected { service: outcome.log.id(CULPRIT), why: Rejection::Denied };
    outcome.must("it is told", outcome.log.has(&rejected));
}
