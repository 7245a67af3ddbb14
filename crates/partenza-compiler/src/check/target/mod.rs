// SPDX-License-Identifier: BSD-2-Clause
//! The second verdict (SPEC O-1): what the chosen kernel and board can do of what system.xml says.
//!
//! How many, and whose hardware, here; what the SDF can say and this kernel or release cannot do in [`features`].

mod features;

use partenza_plan::{MAX_SERVICES, PcTimer};

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kernel::Kernel;
use crate::resolve::Model;
use crate::sdf::Pd;
use crate::source::Span;

/// QEMU's configuration device, from which boot parameters come.
const FW_CFG: (u16, u16) = (0x510, 0x511);
/// Reset control of the chipset and of the keyboard controller.
const RESET: (u16, u16) = (0xcf9, 0xcf9);

/// Checks everything. Findings go to `out`.
pub fn check(model: &Model<'_>, kernel: &Kernel, out: &mut Diagnostics) {
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
    for region in &model.system.regions {
        if let (PcTimer::Hpet { address, .. }, Some(at)) = (model.config.platform.timer, &region.physical)
            && at.value <= address
            && address < at.value + region.size
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
        (Some(RESET), "reset switch"),
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
    }
}

fn reserved(out: &mut Diagnostics, span: Span, message: String) {
    out.push(Diagnostic::error(Code::ReservedHardware, message).at(span, "reserved"));
}
