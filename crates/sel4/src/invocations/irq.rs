// SPDX-License-Identifier: BSD-2-Clause
//! Interrupts.

use super::Call;
use crate::sys::label;
use crate::{InvocationContext, Result, cap};

impl<C: InvocationContext> cap::IrqHandler<C> {
    /// Corresponds to `seL4_IRQHandler_Ack`: lets the interrupt come again.
    #[inline]
    pub fn irq_handler_ack(self) -> Result<()> {
        Call::new(self.bits(), label::IRQAckIRQ).short([]).map(drop)
    }

    /// Corresponds to `seL4_IRQHandler_SetNotification`.
    pub fn irq_handler_set_notification(self, notification: cap::Notification) -> Result<()> {
        self.invoke(|bits, buffer| {
            Call::new(bits, label::IRQSetIRQHandler).with_caps(buffer, [notification.bits()], [])
        })
    }

    /// Corresponds to `seL4_IRQHandler_Clear`: the interrupt signals nobody.
    #[inline]
    pub fn irq_handler_clear(self) -> Result<()> {
        Call::new(self.bits(), label::IRQClearIRQHandler).short([]).map(drop)
    }
}
