// SPDX-License-Identifier: BSD-2-Clause
//! What the Microkit's SDF can say and this kernel, or this release, cannot do: each by its name and place.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kernel::Kernel;
use crate::sdf::{End, IrqSource, Map, Pd, Prefill, Region, System};
use crate::source::Span;

/// Highest I/O port of the processor.
const LAST_PORT: u64 = 0xffff;
/// Highest id of a child: CPtrs of children's threads lie below those of virtual processors, as the Microkit's do.
const LAST_CHILD: u64 = 61;

/// Checks what belongs to no protection domain.
pub fn system(system: &System, out: &mut Diagnostics) {
    for space in &system.address_spaces {
        let message =
            format!("`{}`: an I/O address space needs a kernel that drives the IOMMU", space.name.value);
        cannot(out, space.span, message);
    }
    if let Some(span) = system.domains {
        cannot(out, span, "scheduling domains need a kernel whose schedule can be set".to_owned());
    }
    for region in &system.regions {
        self::region(region, out);
    }
    for channel in
        system.channels.iter().filter(|channel| channel.ends[0].pd.value == channel.ends[1].pd.value)
    {
        let [End { pd, .. }, other] = &channel.ends;
        let message = format!("both ends of a channel are `{}`'s", pd.value);
        out.push(Diagnostic::error(Code::NotYet, message).at(other.pd.span, "").at(pd.span, ""));
    }
}

/// Checks one protection domain.
pub fn pd(system: &System, pd: &Pd, kernel: &Kernel, out: &mut Diagnostics) {
    let name = &pd.name.value;
    if let Some(parent) = pd.parent.as_ref().filter(|parent| parent.id.value > LAST_CHILD) {
        let id = parent.id.value;
        let message = format!("`{name}` is child {id}: a CSpace has room for children 0 to {LAST_CHILD}");
        cannot(out, parent.id.span, message);
    }
    if let Some(machine) = &pd.machine {
        let message =
            format!("`{}`: virtual machines need a kernel that is a hypervisor", machine.name.value);
        cannot(out, machine.span, message);
    }
    for cap in &pd.caps {
        not_yet(out, cap.span, format!("`<{}>`: `{name}` cannot hold capabilities of others", cap.kind));
    }
    attributes(pd, kernel, out);
    ids(system, pd, kernel, out);
    for irq in &pd.irqs {
        match &irq.source {
            IrqSource::Ioapic(_) => {}
            other @ (IrqSource::Message { .. } | IrqSource::Line { .. }) => {
                not_yet(out, irq.span, format!("`{name}`: interrupts that are no IOAPIC's pin ({other})"));
            }
        }
    }
    for ports in pd.ports.iter().filter(|ports| ports.last > LAST_PORT) {
        let message =
            format!("the processor has no I/O ports above {LAST_PORT:#x}; here is {:#x}", ports.last);
        cannot(out, ports.span, message);
    }
    for map in &pd.maps {
        self::map(map, pd, out);
    }
}

fn region(region: &Region, out: &mut Diagnostics) {
    let name = &region.name.value;
    match &region.prefill {
        Some(Prefill::File { path, .. }) => {
            not_yet(out, path.span, format!("`{name}`: memory regions filled from a file"));
        }
        Some(Prefill::BootInfo(kind)) => {
            not_yet(out, kind.span, format!("`{name}`: memory regions filled from boot information"));
        }
        None => {}
    }
    if region.size == 0 {
        cannot(out, region.span, format!("`{name}` is a memory region of no size"));
    }
}

fn map(map: &Map, pd: &Pd, out: &mut Diagnostics) {
    if !map.perms.read {
        let message = format!("`{}` maps `{}` without reading it", pd.name.value, map.region.value);
        out.push(
            Diagnostic::error(Code::KernelCannot, message)
                .at(map.span, "")
                .help("whatever can be used can be read: write perms=\"r\", \"rw\", \"rx\" or \"rwx\""),
        );
    }
}

fn attributes(pd: &Pd, kernel: &Kernel, out: &mut Diagnostics) {
    let name = &pd.name.value;
    let mut ignored = |there: Option<Span>, what: &str, why: &str| {
        if let Some(span) = there {
            let message = format!("`{what}` of `{name}` has no effect: seL4 {} {why}", kernel.version);
            out.push(Diagnostic::info(Code::KernelIgnores, message).at(span, ""));
        }
    };
    if !kernel.mcs {
        ignored(pd.budget.as_ref().map(|b| b.span), "budget", "is not an MCS kernel");
        ignored(pd.period.as_ref().map(|p| p.span), "period", "is not an MCS kernel");
    }
    let no_fpu = pd.fpu.as_ref().filter(|fpu| !fpu.value).map(|fpu| fpu.span);
    ignored(no_fpu, "fpu", "gives the FPU to every thread");
    if let Some(passive) = pd.passive.as_ref().filter(|passive| passive.value && !kernel.mcs) {
        cannot(out, passive.span, format!("`{name}`: passive servers need an MCS kernel"));
    }
}

/// Every channel and interrupt takes a bit of a badge.
fn ids(system: &System, pd: &Pd, kernel: &Kernel, out: &mut Diagnostics) {
    let highest = kernel.facts.max_channel;
    let ends = system.ends_of(&pd.name.value).map(|(end, _)| &end.id);
    for id in ends.chain(pd.irqs.iter().map(|irq| &irq.id)).filter(|id| id.value > highest) {
        let message = format!(
            "id {} of `{}`: badges of seL4 {} have bits for ids 0 to {highest}",
            id.value, pd.name.value, kernel.version
        );
        out.push(Diagnostic::error(Code::ChannelTooHigh, message).at(id.span, ""));
    }
}

fn cannot(out: &mut Diagnostics, span: Span, message: String) {
    out.push(Diagnostic::error(Code::KernelCannot, message).at(span, ""));
}

fn not_yet(out: &mut Diagnostics, span: Span, message: String) {
    out.push(Diagnostic::error(Code::NotYet, message).at(span, ""));
}
