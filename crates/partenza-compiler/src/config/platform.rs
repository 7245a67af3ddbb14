// SPDX-License-Identifier: BSD-2-Clause
//! Hardware that is Init's own: `reserved` and `console` of `partenza.yaml`.
//!
//! Well known devices of a PC are named (`hpet`, `com2`); others are written out.

use partenza_plan::{PcTimer, Uart};

use crate::source::Spanned;
use crate::yaml::{Item, View};

#[derive(Clone, Debug)]
pub struct Platform {
    pub timer: PcTimer,
    pub console: Option<Uart>,
    pub events: Option<Uart>,
    pub power_off: Option<(u16, u16)>,
    pub reset: Reset,
    /// The PD that gets the console once it is ready.
    pub handover: Option<Spanned<String>>,
    /// Neither `console` nor `reserved` was written: Init gives way to PDs that name the console.
    pub by_default: bool,
}

/// Who may reset the machine through the chipset's register, I/O port 0xcf9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    /// Init alone.
    Init,
    /// Also services whose I/O ports hold it, as those of PCI's configuration address do.
    Shared,
}

pub const RESETS: &[(&str, Reset)] = &[("init", Reset::Init), ("shared", Reset::Shared)];

const HPET: PcTimer = PcTimer::Hpet { address: 0xfed0_0000, pin: 20 };
pub const TIMERS: &[(&str, PcTimer)] = &[("hpet", HPET), ("pit", PcTimer::Pit)];
pub const UARTS: &[(&str, Uart)] = &[
    ("com1", Uart { port: 0x3f8, pin: 4 }),
    ("com2", Uart { port: 0x2f8, pin: 3 }),
    ("com3", Uart { port: 0x3e8, pin: 4 }),
    ("com4", Uart { port: 0x2e8, pin: 3 }),
];
/// QEMU's q35: ACPI PM1a control, soft off.
const POWER_OFF: (u16, u16) = (0x604, 0x2000);

/// What a system without `partenza.yaml` gets.
#[must_use]
pub fn default_platform() -> Platform {
    Platform {
        timer: HPET,
        console: Some(UARTS[0].1),
        events: Some(UARTS[1].1),
        power_off: Some(POWER_OFF),
        reset: Reset::Init,
        handover: None,
        by_default: true,
    }
}

/// Reads `reserved` and `console`.
pub fn parse(top: &View<'_>) -> Platform {
    let mut platform = default_platform();
    if let Some(f) = top.view("reserved") {
        platform.by_default = false;
        reserved(&f, &mut platform);
    }
    if let Some(f) = top.view("console") {
        platform.by_default = false;
        if let Some(item) = f.get("uart") {
            platform.console = uart(item);
        }
        platform.handover = f.text("handover");
    }
    platform
}

fn reserved(f: &View<'_>, platform: &mut Platform) {
    if let Some(item) = f.get("timer") {
        platform.timer = timer(item).unwrap_or(HPET);
    }
    if let Some(item) = f.get("events") {
        platform.events = uart(item);
    }
    if let Some(item) = f.get("reset") {
        platform.reset = by_name(item, RESETS).unwrap_or(Reset::Init);
    }
    if let Some(item) = f.get("power_off") {
        platform.power_off = item.view().and_then(|f| Some((short(&f, "port")?, short(&f, "value")?)));
    }
}

/// `hpet`, `pit`, or `{address: 0xfed00000, pin: 20}`.
fn timer(item: Item<'_>) -> Option<PcTimer> {
    match item.view() {
        Some(f) => Some(PcTimer::Hpet { address: f.number("address")?.value, pin: pin(&f)? }),
        None => by_name(item, TIMERS),
    }
}

/// `com2`, `none`, or `{port: 0x2f8, pin: 3}`.
fn uart(item: Item<'_>) -> Option<Uart> {
    match item.view() {
        Some(f) => Some(Uart { port: short(&f, "port")?, pin: pin(&f)? }),
        None => by_name(item, UARTS),
    }
}

fn by_name<T: Copy>(item: Item<'_>, names: &[(&str, T)]) -> Option<T> {
    let text = item.text()?;
    names.iter().find(|(name, _)| *name == text.value).map(|(_, value)| *value)
}

fn short(f: &View<'_>, name: &str) -> Option<u16> {
    u16::try_from(f.number(name)?.value).ok()
}

fn pin(f: &View<'_>) -> Option<u8> {
    u8::try_from(f.number("pin")?.value).ok()
}
