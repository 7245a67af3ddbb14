// SPDX-License-Identifier: BSD-2-Clause
//! A program that comes after the boot, over the event line: another is refused, the planned one runs.

use partenza_lab::ask::Request;
use partenza_lab::machine::Running;
use partenza_lab::system::{Service, System};
use partenza_protocol::error::DeliveryError;
use partenza_protocol::event::Event;
use partenza_protocol::request::{Deliver, MAX_DELIVERED};
use partenza_protocol::{Code, Op};

use super::items::Item;
use super::stage::{Stage, Stop, ends_well, is_up};
use crate::sheet::Sheet;

pub const ITEMS: &[Item] = &[Item::D6];

const LATER: &str = "later";

fn system() -> System {
    let later = Service::new(LATER, "trivial", 5).manifest("start: on-demand").entry("binary: delivered");
    System::new("delivery").with(Service::new("base", "trivial", 2)).with(later)
}

pub fn play(stage: &Stage<'_>, sheet: &mut Sheet<Item>) -> Result<(), Stop> {
    let (machine, compiled) = stage.compiled("delivery", &system())?;
    let deliveries = compiled.deliveries();
    let program =
        deliveries.iter().find(|(service, _)| service == LATER).map_or(&[][..], |(_, program)| program);
    let mut running = machine.start()?;
    running.wait_for("the boot", is_up)?;
    let before = running.ask(Op::Start, LATER)?;
    let mut other = program.to_vec();
    if let Some(byte) = other.last_mut() {
        *byte ^= 1;
    }
    let flipped = deliver(&mut running, &other)?;
    let between = running.ask(Op::Start, LATER)?;
    let taken = deliver(&mut running, program)?;
    let after = running.ask(Op::Start, LATER)?;
    running.wait_for("the service", |log| log.is_ready(LATER))?;
    let audit = running.audit(LATER)?;
    let down = running.order(Op::Shutdown)?;
    let outcome = if down.is_ok() { running.end() } else { running.switch_off() };
    let absent = Err(DeliveryError::NotDelivered.code());
    sheet.aspect(
        Item::D6,
        (before, between) == (absent, absent),
        "what has no program is not started, and says so",
    );
    sheet.aspect(
        Item::D6,
        flipped == Err(DeliveryError::WrongHash.code()),
        "one bit that differs from the plan's hash is refused",
    );
    let id = outcome.log.id(LATER);
    let told = |event: &Event<'_>| matches!(event, Event::Delivered { service, .. } if *service == id);
    sheet.aspect(
        Item::D6,
        (taken, after) == (Ok(()), Ok(())) && outcome.log.count(told) == 1,
        "the planned program is taken, told, and runs",
    );
    let clean = audit.is_some_and(|audit| (audit.missing, audit.wrong, audit.surplus) == (0, 0, 0));
    sheet.aspect(Item::D6, clean, "it holds what the plan lists");
    ends_well(&outcome, sheet);
    Ok(())
}

/// Piece by piece; gives the first refusal.
fn deliver(running: &mut Running, program: &[u8]) -> Result<Result<(), Code>, Stop> {
    for (offset, bytes) in (0..).step_by(MAX_DELIVERED).zip(program.chunks(MAX_DELIVERED)) {
        let last = offset as usize + bytes.len() == program.len();
        let piece = Deliver { service: LATER, offset, bytes, last };
        let answer = running.request(&Request::with(Op::Deliver, &piece))?;
        if let Err(code) = answer.accepted() {
            return Ok(Err(code));
        }
    }
    Ok(Ok(()))
}
