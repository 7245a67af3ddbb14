// SPDX-License-Identifier: BSD-2-Clause
//! `diff`: what is a difference, what is none, and how it is told.

mod support;

use partenza_analysis::diff::{Diff, Fate, Side, Topic, json, show};
use partenza_analysis::text::Paint;
use partenza_protocol::Op;
use support::{System, golden, module, small};

fn compare(from: &System, to: &System) -> Diff {
    let (from, to) = (from.plan(), to.plan());
    Diff::new(Side { plan: &from, programs: &[7] }, Side { plan: &to, programs: &[7] })
}

fn changed() -> System {
    let mut system = small();
    system.modules.retain(|module| module.name != "late");
    let shell = system.modules.iter_mut().find(|module| module.name == "shell").unwrap();
    shell.version = "1.1.0";
    shell.operations = vec![Op::Shutdown];
    shell.calls.push("keys");
    shell.maps.retain(|map| map.0 != "screen");
    shell.stack_pages = 16;
    let files = system.modules.iter_mut().find(|module| module.name == "files").unwrap();
    files.requires.retain(|requirement| requirement.0 != "clock");
    files.maps = vec![("buffer", false)];
    system.modules[3].maps.clear();
    system.modules[0].signals.push("shell");
    system.modules.push(module("net", 5).uses("log"));
    system
}

#[test]
fn a_plan_does_not_differ_from_itself() {
    let diff = compare(&small(), &small());
    assert!(diff.is_empty());
    assert!(show(&diff, "a", "b", Paint::Plain).ends_with("no difference\n"));
    assert_eq!(json(&diff)["equal"], true);
}

#[test]
fn a_change_in_every_form() {
    let diff = compare(&small(), &changed());
    golden("diff.txt", &show(&diff, "before", "after", Paint::Plain));
    golden("diff.json", &format!("{:#}\n", json(&diff)));
}

#[test]
fn what_one_side_gains_the_other_loses() {
    let (there, back) = (compare(&small(), &changed()), compare(&changed(), &small()));
    let pairs = |diff: &Diff, gained: bool| {
        let ways = diff.reach.iter().filter(|way| way.gained == gained);
        ways.map(|way| (way.from.clone(), way.to.clone())).collect::<Vec<_>>()
    };
    assert_eq!(pairs(&there, true), pairs(&back, false));
    assert_eq!(pairs(&there, false), pairs(&back, true));
    assert!(!pairs(&there, true).is_empty() && !pairs(&there, false).is_empty());
    for service in &there.services {
        let other = back.services.iter().find(|other| other.name == service.name).unwrap();
        assert_eq!(service.changes.len(), other.changes.len());
        for change in &service.changes {
            let mirrored = other.changes.iter().find(|c| c.fact == change.fact).unwrap();
            assert_eq!((&change.from, &change.to), (&mirrored.to, &mirrored.from));
        }
    }
}

#[test]
fn a_service_that_only_moves_is_the_same_service() {
    let mut moved = small();
    moved.modules.swap(2, 3);
    let diff = compare(&small(), &moved);
    assert_eq!(diff.services, []);
    let (before, after) = diff.order.unwrap();
    assert_eq!((before[2].as_str(), after[2].as_str()), ("disk", "clock"));
}

#[test]
fn a_program_that_changed_is_told() {
    let plan = small().plan();
    let diff = Diff::new(Side { plan: &plan, programs: &[7] }, Side { plan: &plan, programs: &[8] });
    assert_eq!(diff.services.len(), 7);
    for service in &diff.services {
        assert_eq!(service.fate, Fate::Changed);
        let topics: Vec<Topic> = service.changes.iter().map(|change| change.fact.topic).collect();
        assert_eq!(topics, [Topic::Program]);
    }
}

#[test]
fn a_second_channel_to_the_same_peer_is_a_difference() {
    let one = System::new([module("a", 2).calls("b"), module("b", 2)]);
    let two = System::new([module("a", 2).calls("b").calls("b"), module("b", 2)]);
    let diff = compare(&one, &two);
    assert_eq!(diff.services.len(), 1);
    assert!(diff.reach.is_empty());
}
