// SPDX-License-Identifier: BSD-2-Clause
//! What a restart costs: from the instruction at which a trivial service faults to the one at which the next
//! incarnation knows that it is ready; with no pause in between, and for several sizes of memory.

use partenza_protocol::event::Event;

use super::target::Target;
use crate::image::Image;
use crate::machine::{Machine, Outcome};
use crate::system::{Service, System};
use crate::tools::Kernel;

/// Some 3,000 of it are the kernel's clearing, 21,000 its other work.
const INSTRUCTIONS: u64 = 40_000;
/// Instructions for ten further bytes of writable memory.
const PER_TEN_BYTES: u64 = 8;
/// Stacks of the services that are measured.
const STACKS: [u32; 4] = [0x2000, 0x4000, 0x1_0000, 0x10_0000];
const PAGE: u64 = 4096;
/// Registers of a fault, in the kernel's order: `r12`, when it was ready, and `r13`, when it died.
const READY: usize = 14;
const DIED: usize = 15;

/// One service, restarted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restart {
    /// Bytes that are made anew, all writable: data, stack, IPC buffer.
    pub memory: u64,
    pub instructions: u64,
    pub calls: u64,
}

/// Each dies four times; the first restart is another, for what a service keeps of its first start.
///
/// # Panics
/// It does not restart.
#[must_use]
pub fn measure() -> Vec<Restart> {
    STACKS.map(restart).to_vec()
}

fn restart(stack: u32) -> Restart {
    let name = format!("bench-restart-{stack:x}");
    let mut mayfly = Service::new("mayfly", "mayfly", 5);
    mayfly.stack = stack;
    let policy =
        "{policy: on-failure, max: 3, window: 1m, initial_delay: 0s, max_delay: 0s, on_exhausted: panic}";
    let image = Image::of(Kernel::Release, &name, &System::new(&name).with(mayfly.restart(policy)));
    let memory = image.plan(|plan| {
        let [mayfly] = plan.services.as_slice() else { panic!("one service is planned") };
        u64::from(mayfly.frame_map(plan.image_of(mayfly)).count) * PAGE
    });
    // The accounts of the Supervisor count system calls, and cost time themselves.
    let instructions = instructions(&run(&image, "off"));
    Restart { memory, instructions, calls: calls(&run(&image, "on")) }
}

fn run(image: &Image, bench: &str) -> Outcome {
    let outcome = Machine::new(image).parameter("quiet", "on").parameter("bench", bench).run();
    outcome.must_have_ended();
    outcome
}

/// From each death to the time at which the next incarnation was ready, by their own clocks; the most.
fn instructions(outcome: &Outcome) -> u64 {
    let lives: Vec<(u64, u64)> = outcome
        .log
        .events()
        .filter_map(|event| match event {
            Event::Crashed { fault, .. } => Some((*fault.registers.get(READY)?, *fault.registers.get(DIED)?)),
            _ => None,
        })
        .collect();
    outcome.same("lives", lives.len(), 4);
    let restarts = lives.windows(2).skip(1).map(|pair| pair[1].0 - pair[0].1);
    restarts.max().unwrap_or(u64::MAX)
}

fn calls(outcome: &Outcome) -> u64 {
    let calls = outcome.log.events().filter_map(|event| match event {
        Event::Cost { what: "fault to ready", syscalls, .. } => Some(u64::from(*syscalls)),
        _ => None,
    });
    calls.max().unwrap_or(u64::MAX)
}

/// What was measured, against the targets.
#[must_use]
pub fn targets(restarts: &[Restart]) -> Vec<Target> {
    let mut targets = Vec::new();
    if let Some(least) = restarts.first() {
        targets.push(Target {
            what: format!("instructions from a fault to ready again, with {} bytes of memory", least.memory),
            limit: INSTRUCTIONS,
            measured: least.instructions,
        });
    }
    for pair in restarts.windows(2) {
        let [less, more] = pair else { continue };
        let bytes = more.memory - less.memory;
        targets.push(Target {
            what: format!("instructions more for {bytes} bytes of memory more"),
            limit: bytes * PER_TEN_BYTES / 10,
            measured: more.instructions.saturating_sub(less.instructions),
        });
    }
    targets
}
