// SPDX-License-Identifier: BSD-2-Clause
//! `make bench`: what a boot, a restart and an answer cost on the release kernel, console silent, in instructions and
//! system calls.
//!
//! Under counted time one tick of the TSC is one instruction, so the numbers are the same in every run on every host;
//! each system is booted twice and that is checked. What is counted is told by Init in `Cost` events (parameter
//! `bench=on`).

pub mod against;
pub mod readme;
pub mod restart;
pub mod supervisor;
pub mod target;

use std::collections::BTreeMap;
use std::fmt;

use partenza_protocol::event::Event;
use serde_json::{Value, json};

use crate::image::{Image, loaded_bytes};
use crate::log::Log;
use crate::machine::Machine;
use crate::system::{Service, System};
use crate::tools::Kernel;
pub use target::Target;

/// Targets: see the project's documentation of performance.
const CALLS_PER_SERVICE: u64 = 36;
const INSTRUCTIONS_PER_SERVICE: u64 = 50_000;
const INSTRUCTIONS_TO_COMPLETE: u64 = 10_000_000;
const ROOT_TASK_BYTES: u64 = 200 << 10;
/// Instructions by which the cost of one service may grow from 12 to 200: the kernel looks for a free address space
/// identifier from the start of its pool, a few instructions an entry.
const ASID_SEARCH: u64 = 2_000;
/// Sizes of the systems of trivial services.
const SIZES: [usize; 2] = [12, 200];

/// The cost of one thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    pub name: String,
    pub instructions: u64,
    pub calls: u64,
    /// System calls, and the invocations among them, by kind.
    pub kinds: BTreeMap<String, u64>,
}

/// What one boot cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Boot {
    pub phases: Vec<Cost>,
    /// From create to ready, in boot order.
    pub services: Vec<Cost>,
}

impl Boot {
    /// Reads the `Cost` events: an entry, then its kinds, which have no instructions of their own.
    #[must_use]
    pub fn read(log: &Log) -> Self {
        let mut boot = Self::default();
        for event in log.events() {
            let Event::Cost { service, what, cycles, syscalls } = event else { continue };
            let (costs, name) = match service {
                Some(id) => (&mut boot.services, log.name(*id)),
                None => (&mut boot.phases, *what),
            };
            let calls = u64::from(*syscalls);
            match costs.last_mut() {
                Some(last) if *cycles == 0 => {
                    last.kinds.insert((*what).to_owned(), calls);
                }
                _ => costs.push(Cost {
                    name: name.to_owned(),
                    instructions: *cycles,
                    calls,
                    kinds: BTreeMap::new(),
                }),
            }
        }
        boot
    }

    /// From the kernel's drop to user mode to BootComplete.
    #[must_use]
    pub fn instructions(&self) -> u64 {
        self.phases.iter().map(|phase| phase.instructions).sum()
    }

    /// The costs of services, ascending: system calls or instructions.
    fn sorted(&self, of: impl Fn(&Cost) -> u64) -> Vec<u64> {
        let mut costs: Vec<u64> = self.services.iter().map(of).collect();
        costs.sort_unstable();
        costs
    }

    fn json(&self) -> Value {
        let cost = |cost: &Cost| json!({"name": cost.name, "instructions": cost.instructions, "calls": cost.calls, "kinds": cost.kinds});
        let list = |costs: &[Cost]| costs.iter().map(cost).collect::<Vec<Value>>();
        json!({
            "instructions": self.instructions(),
            "phases": list(&self.phases),
            "services": list(&self.services),
        })
    }
}

/// Everything that was measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub reference: Boot,
    /// Systems of trivial services, with their sizes.
    pub trivial: Vec<(usize, Boot)>,
    pub restarts: Vec<restart::Restart>,
    pub supervisor: supervisor::Supervisor,
    pub root_task_bytes: u64,
    /// Both runs of each system gave the same numbers.
    pub repeats: bool,
}

impl Report {
    /// Boots everything, twice.
    ///
    /// # Panics
    /// Something that is needed is not there, or does not boot.
    #[must_use]
    pub fn measure() -> Self {
        let kernel = Kernel::Release;
        let mut repeats = true;
        let mut twice = |image: &Image, services: usize| {
            let [first, second] = [boot(image, services), boot(image, services)];
            repeats &= first == second;
            first
        };
        let reference = twice(&Image::reference(kernel, "bench-reference"), 12);
        let mut trivial = Vec::new();
        for size in SIZES {
            let name = format!("bench-trivial-{size}");
            let system = (0..size).fold(System::new(&name), |system, index| {
                system.with(Service::new(&format!("t{index:03}"), "trivial", 2))
            });
            trivial.push((size, twice(&Image::of(kernel, &name, &system), size)));
        }
        let root_task_bytes = loaded_bytes(&Image::bare(kernel).bytes());
        let (restarts, supervisor) = (restart::measure(), supervisor::measure());
        Self { reference, trivial, restarts, supervisor, root_task_bytes, repeats }
    }

    #[must_use]
    pub fn targets(&self) -> Vec<Target> {
        let mut targets = vec![Target {
            what: "instructions to BootComplete, reference system".to_owned(),
            limit: INSTRUCTIONS_TO_COMPLETE,
            measured: self.reference.instructions(),
        }];
        for (size, boot) in &self.trivial {
            let most = |of: fn(&Cost) -> u64| boot.sorted(of).last().copied().unwrap_or(u64::MAX);
            targets.push(Target {
                what: format!("system calls of a trivial service, create to ready, at most, of {size}"),
                limit: CALLS_PER_SERVICE,
                measured: most(|cost| cost.calls),
            });
            targets.push(Target {
                what: format!("instructions of a trivial service, create to ready, at most, of {size}"),
                limit: INSTRUCTIONS_PER_SERVICE,
                measured: most(|cost| cost.instructions),
            });
        }
        if let [(_, few), .., (_, many)] = self.trivial.as_slice() {
            let middle = |boot: &Boot, of: fn(&Cost) -> u64| {
                let costs = boot.sorted(of);
                costs.get(costs.len() / 2).copied().unwrap_or(u64::MAX)
            };
            let growth = |of| middle(many, of).abs_diff(middle(few, of));
            targets.push(Target {
                what: "system calls more per service from the smaller to the larger system".to_owned(),
                limit: 0,
                measured: growth(|cost| cost.calls),
            });
            targets.push(Target {
                what: "instructions more per service from the smaller to the larger system".to_owned(),
                limit: ASID_SEARCH,
                measured: growth(|cost| cost.instructions),
            });
        }
        targets.extend(restart::targets(&self.restarts));
        targets.extend(supervisor::targets(&self.supervisor));
        targets.push(Target {
            what: "bytes of text and data of the root task".to_owned(),
            limit: ROOT_TASK_BYTES,
            measured: self.root_task_bytes,
        });
        targets
    }

    #[must_use]
    pub fn json(&self) -> Value {
        let trivial: Vec<Value> =
            self.trivial.iter().map(|(size, boot)| json!({"services": size, "boot": boot.json()})).collect();
        let targets: Vec<Value> = self
            .targets()
            .iter()
            .map(|t| json!({"what": t.what, "limit": t.limit, "measured": t.measured, "met": t.is_met()}))
            .collect();
        let restart = |r: &restart::Restart| json!({"memory": r.memory, "instructions": r.instructions, "calls": r.calls});
        let restarts: Vec<Value> = self.restarts.iter().map(restart).collect();
        json!({
            "repeats": self.repeats,
            "targets": targets,
            "restarts": restarts,
            "root_task_bytes": self.root_task_bytes,
            "reference": self.reference.json(),
            "trivial": trivial,
        })
    }
}

fn boot(image: &Image, services: usize) -> Boot {
    let machine = Machine::new(image).ends_after_boot().parameter("quiet", "on").parameter("bench", "on");
    let outcome = machine.run();
    outcome.must_have_ended();
    outcome.same("running and failed", outcome.log.complete(), Some((services as u16, 0)));
    let boot = Boot::read(&outcome.log);
    outcome.same("services that were accounted for", boot.services.len(), services);
    outcome.must(
        "each cost something",
        boot.services.iter().all(|cost| cost.instructions > 0 && cost.calls > 0),
    );
    boot
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Release kernel, console silent, one instruction a nanosecond.\n")?;
        writeln!(f, "Reference system, from the kernel's drop to user mode to BootComplete:")?;
        table(f, &self.reference.phases)?;
        writeln!(f, "\nIts services, from create to ready; what a service does for its own sake counts:")?;
        table(f, &self.reference.services)?;
        for (size, boot) in &self.trivial {
            writeln!(f, "\n{size} trivial services, phases:")?;
            table(f, &boot.phases)?;
            writeln!(f, "\n{size} trivial services, from create to ready, each:")?;
            for (what, costs) in [
                ("instructions", boot.sorted(|cost| cost.instructions)),
                ("system calls", boot.sorted(|cost| cost.calls)),
            ] {
                let at = |index: usize| costs.get(index).copied().unwrap_or(0);
                writeln!(
                    f,
                    "  {what:<14} least {:>7}, median {:>7}, most {:>7}",
                    at(0),
                    at(costs.len() / 2),
                    at(costs.len().saturating_sub(1))
                )?;
            }
            if let Some(first) = boot.services.get(1) {
                writeln!(f, "  of the second, by kind: {}", kinds(first))?;
            }
        }
        writeln!(f, "\nA trivial service, from its fault to ready again, by the memory of an incarnation:")?;
        for restart in &self.restarts {
            let restart::Restart { memory, instructions, calls } = restart;
            writeln!(f, "  {memory:>8} bytes {instructions:>12} instructions {calls:>6} system calls")?;
        }
        let supervisor::Supervisor { longest, lost, .. } = &self.supervisor;
        writeln!(
            f,
            "\nNobody but a service that spins, half a second: others ran for {longest} at most, {lost} in all"
        )?;
        writeln!(f, "\n{:<78} {:>10} {:>10}", "Targets", "at most", "measured")?;
        for target in self.targets() {
            let verdict = if target.is_met() { "met" } else { "MISSED" };
            writeln!(f, "  {:<76} {:>10} {:>10}  {verdict}", target.what, target.limit, target.measured)?;
        }
        let repeats = if self.repeats { "are the same" } else { "DIFFER" };
        writeln!(f, "\nEach system was booted twice; the numbers {repeats}.")
    }
}

fn table(f: &mut fmt::Formatter<'_>, costs: &[Cost]) -> fmt::Result {
    writeln!(f, "  {:<20} {:>12} {:>6}  by kind", "", "instructions", "calls")?;
    for cost in costs {
        writeln!(f, "  {:<20} {:>12} {:>6}  {}", cost.name, cost.instructions, cost.calls, kinds(cost))?;
    }
    Ok(())
}

fn kinds(cost: &Cost) -> String {
    let kinds: Vec<String> = cost.kinds.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    kinds.join(", ")
}
