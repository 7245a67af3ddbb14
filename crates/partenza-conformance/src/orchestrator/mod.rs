// SPDX-License-Identifier: BSD-2-Clause
//! The orchestrator held against the specification: small systems are booted with services that behave and services that
//! do not, and every item is judged that shows in events, answers to requests, the audit, the console where there is no event
//! line yet, and QEMU's exit code.
//!
//! A scene is one system and what is judged of it. What a machine does not do before its deadline fails the scene's items
//! that were not judged until then.

mod delivery;
mod health;
mod images;
pub mod items;
mod misbehaviour;
mod ordinary;
mod providers;
mod recovery;
mod restarts;
mod stage;

use crate::Unable;
use crate::image::Ground;
use crate::report::Report;
use crate::sheet::Sheet;
use items::{Item, UNSEEN};
use stage::{Stage, Stop};

/// Programs that the scenes need.
const PROGRAMS: &[&str] = &["trivial", "witness", "prober", "misbehave", "patient", "script"];

/// A part of the run.
struct Scene {
    items: &'static [Item],
    play: fn(&Stage<'_>, &mut Sheet<Item>) -> Result<(), Stop>,
}

const SCENES: &[Scene] = &[
    Scene { items: images::ITEMS, play: images::play },
    Scene { items: ordinary::ITEMS, play: ordinary::play },
    Scene { items: misbehaviour::ITEMS, play: misbehaviour::play },
    Scene { items: misbehaviour::FATAL_ITEMS, play: misbehaviour::fatal },
    Scene { items: health::ITEMS, play: health::play },
    Scene { items: restarts::ITEMS, play: restarts::play },
    Scene { items: restarts::LIMIT_ITEMS, play: restarts::limits },
    Scene { items: providers::ITEMS, play: providers::play },
    Scene { items: delivery::ITEMS, play: delivery::play },
    Scene { items: recovery::ITEMS, play: recovery::play },
    Scene { items: recovery::BUDGET_ITEMS, play: recovery::budget },
];

/// Holds the root task against every item. `parameters` are boot parameters of all machines.
///
/// # Errors
/// Nothing could be judged.
pub fn run(ground: &Ground, parameters: &[(String, String)]) -> Result<Report, Unable> {
    ground.must_stand(PROGRAMS)?;
    let stage = Stage { ground, parameters };
    let mut sheet = Sheet::default();
    for scene in SCENES {
        match (scene.play)(&stage, &mut sheet) {
            Ok(()) => {}
            Err(Stop::Unable(unable)) => return Err(unable),
            Err(Stop::Trouble(trouble)) => {
                for item in scene.items {
                    if !sheet.is_judged(*item) {
                        sheet.fail(*item, trouble.to_string());
                    }
                }
            }
        }
    }
    for (item, why) in UNSEEN {
        sheet.does_not_apply(*item, *why);
    }
    let subject = format!("orchestrator {}", ground.root_task.display());
    Ok(Report { tool: "orchestrator", subject, kernel: ground.kernel_name(), rows: sheet.finish() })
}
