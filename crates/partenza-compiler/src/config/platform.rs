// SPDX-License-Identifier: BSD-2-Clause
//! Hardware that is Init's own: `reserved` and `console` of `partenza.yaml`.
//!
//! Well known devices of a PC are named (`hpet`, `com2`); others are written out.

use partenza_plan::{PcTimer, Uart};

use crate::diagnostic::Code;
use crate::manifest::no_effect;
use crate::numbers;
use crate::source::Spanned;
use crate::yaml::{Fields, Node, Reader, Value};

#[derive(Clone, Debug)]
pub struct Platform {
    pub timer: PcTimer,
    pub console: Option<Uart>,
    pub events: Option<Uart>,
    pub power_off: Option<(u16, u16)>,
    /// The PD that gets the console once it is ready.
    pub handover: Option<Spanned<String>>,
    /// Neither `console` nor `reserved` was written: Init gives way to PDs that name the console.
    pub by_default: bool,
}

const HPET: PcTimer = PcTimer::Hpet { address: 0xfed0_0000, pin: 20 };
const UARTS: [(&str, Uart); 4] = [
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
        handover: None,
        by_default: true,
    }
}

/// Reads `reserved` and `console`.
pub fn parse(read: &mut Reader<'_>, fields: &mut Fields<'_>) -> Platform {
    let mut platform = default_platform();
    if let Some(node) = fields.get("reserved") {
        platform.by_default = false;
        reserved(read, node, &mut platform);
    }
    if let Some(node) = fields.get("console") {
        platform.by_default = false;
        let Some(mut f) = read.map(node, "console") else { return platform };
        if let Some(node) = f.get("uart") {
            platform.console = uart(read, node);
        }
        platform.handover = f.get("handover").and_then(|n| read.text(n));
        read.finish(f);
    }
    platform
}

fn reserved(read: &mut Reader<'_>, node: &Node, platform: &mut Platform) {
    let Some(mut f) = read.map(node, "reserved") else { return };
    if let Some(node) = f.get("timer") {
        platform.timer = timer(read, node).unwrap_or(HPET);
    }
    if let Some(node) = f.get("events") {
        platform.events = uart(read, node);
    }
    if let Some(node) = f.get("power_off") {
        platform.power_off = power_off(read, node);
    }
    if let Some(node) = f.get("watchdog") {
        read.text(node);
        no_effect(read, node, "reserved.watchdog");
    }
    read.finish(f);
}

fn is_none(node: &Node) -> bool {
    matches!(&node.value, Value::Scalar { text, .. } if text == "none")
}

/// `hpet`, `pit`, or `{address: 0xfed00000, pin: 20}`.
fn timer(read: &mut Reader<'_>, node: &Node) -> Option<PcTimer> {
    if matches!(node.value, Value::Scalar { .. }) {
        return read.choice(node, &[("hpet", HPET), ("pit", PcTimer::Pit)]);
    }
    let mut f = read.map(node, "reserved.timer")?;
    let address = f.get("address").and_then(|n| number(read, n, u64::MAX));
    let pin = f.get("pin").and_then(|n| read.number(n, 0, 23));
    read.finish(f);
    Some(PcTimer::Hpet { address: address?, pin: pin?.value as u8 })
}

/// `com2`, `none`, or `{port: 0x2f8, pin: 3}`.
fn uart(read: &mut Reader<'_>, node: &Node) -> Option<Uart> {
    if is_none(node) {
        return None;
    }
    if matches!(node.value, Value::Scalar { .. }) {
        return read.choice(node, &UARTS);
    }
    let mut f = read.map(node, "uart")?;
    let port = f.get("port").and_then(|n| number(read, n, 0xfff8));
    let pin = f.get("pin").and_then(|n| read.number(n, 0, 23));
    read.finish(f);
    Some(Uart { port: port? as u16, pin: pin?.value as u8 })
}

/// `none`, or `{port: 0x604, value: 0x2000}`.
fn power_off(read: &mut Reader<'_>, node: &Node) -> Option<(u16, u16)> {
    if is_none(node) {
        return None;
    }
    let mut f = read.map(node, "reserved.power_off")?;
    let port = f.get("port").and_then(|n| number(read, n, 0xfffe));
    let value = f.get("value").and_then(|n| number(read, n, 0xffff));
    read.finish(f);
    Some((port? as u16, value? as u16))
}

fn number(read: &mut Reader<'_>, node: &Node, high: u64) -> Option<u64> {
    let text = read.text(node)?;
    let number = numbers::yaml(&text.value).filter(|n| *n <= high);
    if number.is_none() {
        let message = format!("`{}` is not a number up to {high:#x}", text.value);
        read.error(Code::BadNumber, message, node.span, "");
    }
    number
}
