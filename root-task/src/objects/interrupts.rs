// SPDX-License-Identifier: BSD-2-Clause
//! Interrupts of IOAPICs: their handlers, and which notification each signals.

use partenza_plan::archived::Plan;
use sel4::{CapRights, cap_type};

use crate::objects::cspace::{CSpace, Slot};
use crate::objects::error::{During, ObjectError, Step};

/// Highest IOAPIC vector that the kernel gives to user level, on PCs.
const LAST_VECTOR: u8 = 107;

/// One input of an IOAPIC.
#[derive(Clone, Copy)]
pub struct IrqLine {
    pub ioapic: u8,
    pub pin: u8,
    pub level: bool,
    pub active_low: bool,
}

impl IrqLine {
    /// An edge-triggered line of the first IOAPIC, as timers and serial lines of PCs are.
    #[must_use]
    pub fn edge(pin: u8) -> Self {
        Self { ioapic: 0, pin, level: false, active_low: false }
    }
}

/// Makes the handler of an interrupt and sets it to `notification` with `badge`; the badged capability is left in
/// `badged`. The interrupt is let in.
///
/// # Errors
/// What the kernel refused.
pub fn connect(
    cspace: CSpace,
    line: IrqLine,
    vector: u8,
    handler: Slot,
    notification: Slot,
    badged: Slot,
    badge: u64,
) -> Result<(), ObjectError> {
    sel4::init_thread::slot::IRQ_CONTROL
        .cap()
        .irq_control_get_ioapic(
            u64::from(line.ioapic),
            u64::from(line.pin),
            u64::from(line.level),
            u64::from(line.active_low),
            u64::from(vector),
            &cspace.path(handler),
        )
        .during(Step::Interrupt)?;
    hook(cspace, handler, notification, badged, badge)
}

/// Sets an interrupt to `notification` with `badge`, of which `badged` keeps a capability, and lets it in.
///
/// # Errors
/// What the kernel refused.
pub fn hook(
    cspace: CSpace,
    handler: Slot,
    notification: Slot,
    badged: Slot,
    badge: u64,
) -> Result<(), ObjectError> {
    cspace
        .path(badged)
        .mint(&cspace.path(notification), CapRights::write_only(), badge)
        .during(Step::Interrupt)?;
    let handler = cspace.cap::<cap_type::IrqHandler>(handler);
    handler.irq_handler_set_notification(cspace.cap(badged)).during(Step::Interrupt)?;
    handler.irq_handler_ack().during(Step::Interrupt)
}

/// Vectors that no service's interrupt uses, for Init's own.
pub fn free_vectors(plan: &Plan) -> impl Iterator<Item = u8> {
    (0..=LAST_VECTOR).rev().filter(|vector| plan.irqs.iter().all(|irq| irq.vector != *vector))
}
