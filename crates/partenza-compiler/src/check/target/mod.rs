// SPDX-License-Identifier: BSD-2-Clause
//! The second verdict (SPEC O-1): what the chosen kernel and board can do of what system.xml says.
//!
//! How many, and whose hardware, here; what the SDF can say and this kernel or release cannot do in [`features`].

mod features;
mod memory;

use partenza_plan::{MAX_SERVICES, PcTimer};

use crate::config::Reset;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kernel::Kernel;
use crate::resolve::Model;
use crate::sdf::{Pd, Ports};
use crate::source::Span;

/// QEMU's configuration device, from which boot parameters come.
const FW_CFG: (u16, u16) = (0x510, 0x511);
/// Reset control of the chipset.
const RESET: (u16, u16) = (0xcf9, 0xcf9);
/// Where an access of 32 bits chooses what of PCI configuration space the ports behind it show.
const PCI_ADDRESS: (u64, u64) = (0xcf8, 0xcfb);

/// Checks everything; `memory` is how much RAM the machine has, where one is named. Findings go to `out`.
pub fn check(model: &Model<'_>, kernel: &Kernel, memory: Option<u64>, out: &mut Diagnostics) {
    let pds = model.services.len();
    if pds > MAX_SERVICES {
        let message = format!("{pds} protection domains; {MAX_SERVICES} are supported");
        let first_too_many = model.system.pds[MAX_SERVICES].name.span;
        out.push(Diagnostic::error(Code::TooManyServices, message).at(first_too_many, ""));
    }
    for service in &model.services {
        features::pd(model.system, service.pd, kernel, out);
        hardware(model, service.pd, kernel, out);
    }
    features::system(model.system, out);
    memory::check(model, &kernel.facts, memory, out);
    for region in &model.system.regions {
        if let (PcTimer::Hpet { address, .. }, Some(at)) = (model.config.platform.timer, &region.physical)
            && at.value <= address
            && address < at.value.saturating_add(region.size)
        {
            reserved(out, at.span, format!("region `{}` holds Init's timer (HPET)", region.name.value));
        }
    }
}

fn hardware(model: &Model<'_>, pd: &Pd, kernel: &Kernel, out: &mut Diagnostics) {
    let platform = &model.config.platform;
    let gets_console = platform.handover.as_ref().is_some_and(|name| name.value == pd.name.value);
    let console = platform.console.filter(|_| !gets_console);
    let timer_pin = match platform.timer {
        PcTimer::Hpet { pin, .. } => pin,
        PcTimer::Pit => 2,
    };
    let name = &pd.name.value;
    for irq in pd.irqs.iter().filter_map(|irq| irq.ioapic()) {
        if irq.pin.value > kernel.facts.max_pin.into() || irq.ioapic != 0 {
            let message = format!("the board has one IOAPIC with pins 0 to {}", kernel.facts.max_pin);
            out.push(Diagnostic::error(Code::KernelCannot, message).at(irq.pin.span, ""));
        }
        let pins = [
            (Some(timer_pin), "timer"),
            (platform.events.map(|u| u.pin), "event line"),
            (console.map(|u| u.pin), "console"),
        ];
        for (_, what) in pins.into_iter().filter(|(pin, _)| pin.map(u64::from) == Some(irq.pin.value)) {
            reserved(out, irq.pin.span, format!("pin {} of `{name}` is Init's {what}", irq.pin.value));
        }
    }
    let uart = |uart: partenza_plan::Uart| (uart.port, uart.port + 7);
    let ranges = [
        (console.map(uart), "console"),
        (platform.events.map(uart), "event line"),
        (platform.power_off.map(|(port, _)| (port, port + 1)), "power switch"),
        (Some(FW_CFG), "source of boot parameters"),
        ((platform.timer == PcTimer::Pit).then_some((0x40, 0x43)), "timer"),
    ];
    for ports in &pd.ports {
        for (range, what) in ranges.into_iter().filter_map(|(range, what)| range.map(|r| (r, what))) {
            if ports.first <= range.1.into() && u64::from(range.0) <= ports.last {
                let message = format!(
                    "I/O ports {:#x} to {:#x} of `{name}` hold Init's {what}",
                    ports.first, ports.last
                );
                reserved(out, ports.span, message);
            }
        }
        reset(platform.reset, name, ports, out);
    }
}

/// A capability of seL4 to I/O ports is a range, whatever the width of an access: who may write 32 bits at 0xcf8 may
/// write a byte at 0xcf9 and reset the machine. So that is for the integrator to say.
fn reset(reset: Reset, name: &str, ports: &Ports, out: &mut Diagnostics) {
    if ports.last < RESET.0.into() || u64::from(RESET.1) < ports.first {
        return;
    }
    let held = format!("I/O ports {:#x} to {:#x} of `{name}` hold", ports.first, ports.last);
    let configuration = ports.first <= PCI_ADDRESS.0 && PCI_ADDRESS.1 <= ports.last;
    match (reset, configuration) {
        (Reset::Shared, _) => {
            let message = format!("{held} the reset register too: it can reset the machine");
            out.push(Diagnostic::info(Code::ReservedHardware, message).at(ports.span, "with 0xcf9"));
        }
        (Reset::Init, true) => {
            let message = format!("{held} Init's reset switch, 0xcf9, beside PCI's configuration address");
            let found = Diagnostic::error(Code::ReservedHardware, message).at(ports.span, "reserved");
            let note = "seL4's I/O port capabilities are ranges: whoever may write 32 bits at 0xcf8 may write a byte at 0xcf9";
            out.push(found.note(note).help(
                "map the function's configuration space instead: a page of a region at 0xb0000000 + (bus << 20) + \
                 (device << 15) + (function << 12) on QEMU's q35, which reaches no other function; or let the service \
                 reset the machine, too: `reserved: {reset: shared}` in partenza.yaml",
            ));
        }
        (Reset::Init, false) => reserved(out, ports.span, format!("{held} Init's reset switch")),
    }
}

fn reserved(out: &mut Diagnostics, span: Span, message: String) {
    out.push(Diagnostic::error(Code::ReservedHardware, message).at(span, "reserved"));
}
