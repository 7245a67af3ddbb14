// SPDX-License-Identifier: BSD-2-Clause
//! Images that do not boot, boot parameters, the last gasp: what Init does before, or instead of, a boot.

use std::fs;

use partenza_compiler::image::open;
use partenza_lab::machine::Outcome;
use partenza_lab::system::{Service, System};
use partenza_plan::archive::HEADER;
use partenza_protocol::Code;
use partenza_protocol::error::{BootError, InitError};
use partenza_protocol::event::{BootState, Event};

use super::items::Item;
use super::stage::{Stage, Stop, is_up};
use crate::image::write;
use crate::sheet::Sheet;

pub const ITEMS: &[Item] = &[Item::B2, Item::B4, Item::B6];

pub fn play(stage: &Stage<'_>, sheet: &mut Sheet<Item>) -> Result<(), Stop> {
    bad_images(stage, sheet)?;
    let system = System::new("gasp")
        .with(Service::new("only", "trivial", 2))
        .with(Service::new("held", "trivial", 5))
        .with(Service::new("above", "trivial", 6).requires("held"));
    let machine = stage.machine("gasp", &system)?;
    let outcome = machine.clone().ends_after_boot().parameter("hold", "held").run()?;
    let log = &outcome.log;
    let held = log.find("held").is_some_and(|id| {
        log.events().any(|e| matches!(e, Event::Disabled { service, code, .. } if *service == id && *code == BootError::Held.code()))
    });
    sheet.aspect(Item::B4, held && log.reached(BootState::BootComplete), "`hold` held a service");
    let outcome = machine.clone().ends_after_boot().parameter("log", "loudly").run()?;
    let told = outcome
        .log
        .events()
        .any(|e| matches!(e, Event::InitError { code, .. } if *code == BootError::BadParameter.code()));
    sheet.aspect(Item::B4, told && is_up(&outcome.log), "a bad value was told, and the boot went on");
    for (way, error) in [("panic", InitError::Panicked), ("fault", InitError::Faulted)] {
        let outcome = machine.clone().parameter("last-gasp", way).run()?;
        let code = error.code();
        let told = names(&outcome, code) && outcome.console.contains("last events:");
        sheet.aspect(
            Item::B6,
            told && outcome.code == Some(0),
            format!("{way}: {code} on the console, with the last events"),
        );
    }
    Ok(())
}

/// Whether the console has a line of that code.
fn names(outcome: &Outcome, code: Code) -> bool {
    outcome.console.lines().any(|line| line.contains(&code.to_string()))
}

/// Where in an image its archive's last byte lies, which belongs to a program's page.
fn last_of_archive(stage: &Stage<'_>, image: &[u8]) -> Result<usize, Stop> {
    let unable = |what: String| crate::Unable(format!("the image that was just written: {what}"));
    let archive = open(image, &stage.ground.kernel).map_err(|problem| unable(problem.message))?.archive;
    let start = image.windows(HEADER).position(|window| archive.starts_with(window));
    let start = start.ok_or_else(|| unable("its archive is not to be found".to_owned()))?;
    Ok(start + archive.len() - 1)
}

/// SPEC B-2: each ends by itself and names what is wrong.
fn bad_images(stage: &Stage<'_>, sheet: &mut Sheet<Item>) -> Result<(), Stop> {
    let system = System::new("damaged").with(Service::new("only", "trivial", 2));
    // Made for its image.
    stage.machine("damaged", &system)?;
    let dir = stage.ground.scratch.join("damaged");
    let read = |path: &std::path::Path| {
        fs::read(path).map_err(|error| crate::Unable(format!("{}: {error}", path.display())))
    };
    let whole = read(&dir.join("image.elf"))?;
    let mut corrupt = whole.clone();
    let at = last_of_archive(stage, &whole)?;
    corrupt[at] ^= 0x55;
    let bare = read(&stage.ground.root_task)?;
    for (name, bytes, error) in
        [("bare", bare, BootError::NoArchive), ("corrupt", corrupt, BootError::ArchiveCorrupt)]
    {
        let path = dir.join(format!("{name}.elf"));
        write(&path, &bytes)?;
        let outcome = stage.with_parameters(stage.ground.machine(&path)).run()?;
        let code = error.code();
        let clean = outcome.code == Some(0) && !outcome.console.contains("panicked");
        sheet.aspect(Item::B2, names(&outcome, code) && clean, format!("{name}: {code}, then off"));
    }
    Ok(())
}
