// SPDX-License-Identifier: BSD-2-Clause
//! Boots that fail, over real resets, until one recovers; and a layer that takes too long.

use partenza_lab::log::Log;
use partenza_lab::system::{Service, System};
use partenza_protocol::error::BootError;
use partenza_protocol::event::{BootState, Event};

use super::items::Item;
use super::stage::{Stage, Stop, codes_are_known, is_up};
use crate::sheet::Sheet;

pub const ITEMS: &[Item] = &[Item::Q1, Item::Q2, Item::Q3, Item::M2];
pub const BUDGET_ITEMS: &[Item] = &[Item::R1];

fn system() -> System {
    System::new("recovery")
        .with(Service::new("base", "trivial", 2))
        .with(Service::new("broken", "misbehave", 3).args(&["fault", "ud2"]))
        .with(Service::new("shell", "trivial", 6))
        .with(Service::new("left-out", "trivial", 6))
        .boot("max_attempts: 2")
        .config("recovery: {services: [base, shell]}")
}

pub fn play(stage: &Stage<'_>, sheet: &mut Sheet<Item>) -> Result<(), Stop> {
    let machine = stage.machine("recovery", &system())?.parameter("on-failure", "reboot").reboots();
    let mut running = machine.start()?;
    running.wait_for("the third boot", |log| log.boots().get(2).is_some_and(is_up))?;
    let outcome = running.switch_off();
    codes_are_known(&outcome.log, sheet);
    let boots = outcome.log.boots();
    sheet.aspect(Item::M2, boots.len() == 3, "two resets led to two more boots");
    let told: Vec<Option<(u8, bool, bool)>> = boots.iter().map(told).collect();
    sheet.aspect(
        Item::Q3,
        told == [None, Some((1, true, false)), Some((2, true, true))],
        "each tells of the failed boots before it, why and who",
    );
    let recovers = boots.get(2).is_some_and(|boot| boot.reached(BootState::BootComplete));
    sheet.aspect(
        Item::Q1,
        recovers && told.get(2) == Some(&Some((2, true, true))),
        "after two failures the third boot recovers",
    );
    let story =
        boots.get(2).map(|boot| boot.story(&["base", "broken", "shell", "left-out"])).unwrap_or_default();
    let set = story == ["base starting 1", "base ready", "shell starting 1", "shell ready"];
    sheet.aspect(Item::Q2, set, story.join(", "));
    Ok(())
}

/// How many failed boots it tells of, whether rightly why and who, whether it recovers.
fn told(boot: &Log) -> Option<(u8, bool, bool)> {
    boot.events().find_map(|event| match event {
        Event::FailedBoots { count, code, culprit, recovers } => {
            let right = *code == Some(BootError::ServiceCrashed.code())
                && culprit.is_some_and(|id| boot.name(id) == "broken");
            Some((*count, right, *recovers))
        }
        _ => None,
    })
}

/// A layer that is up later than it should be.
pub fn budget(stage: &Stage<'_>, sheet: &mut Sheet<Item>) -> Result<(), Stop> {
    let system = System::new("budget")
        .with(Service::new("slow", "patient", 5).arg("start=20:ok").startup_timeout("500ms"))
        .budget(5, "10ms");
    let outcome = stage.machine("budget", &system)?.ends_after_boot().run()?;
    let over = outcome.log.events().find_map(|event| match event {
        Event::OverBudget { layer, micros, budget } => Some((*layer, *micros, *budget)),
        _ => None,
    });
    let right = over.is_some_and(|(layer, micros, budget)| layer == 5 && micros > budget && budget == 10_000);
    let seen = over.map_or_else(
        || "a slow layer is not told".to_owned(),
        |(layer, micros, budget)| format!("layer {layer} is told after {micros} us of {budget}"),
    );
    sheet.aspect(Item::R1, right, seen);
    Ok(())
}
