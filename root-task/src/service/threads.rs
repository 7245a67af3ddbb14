// SPDX-License-Identifier: BSD-2-Clause
//! A service's thread: its registers, where it stands, and how it is stopped and let go.
//!
//! The kernel does not tell what a thread waits for. Its registers do: the number of the system call, the CPtr, and the
//! instruction that it stands at.

use partenza_plan::{ServiceId, cptr};
use sel4::UserContext;
use sel4::sys::number::{Call, Recv, ReplyRecv, Send};

use crate::objects::error::{During, ObjectError, Step};
use crate::service::executor::Executor;

impl Executor {
    /// The registers of a service's thread, which stays as it is.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn registers(&self, id: ServiceId) -> Result<UserContext, ObjectError> {
        let (_, _, slots) = self.parts(id);
        self.tcb(slots).tcb_read_all_registers(false).during(Step::WriteRegisters)
    }

    /// The registers of a thread that stands in one of these system calls on `cptr`; `None` when it stands anywhere
    /// else.
    ///
    /// Number and CPtr in the registers are not enough: a thread that has just loaded them stands before the
    /// instruction. So the instruction is looked at too, in the image, which the service cannot change.
    #[must_use]
    pub fn standing_in(&self, id: ServiceId, numbers: &[i64], cptr: u32) -> Option<UserContext> {
        let context = self.at_system_call(id)?;
        let (number, on) = context.syscall();
        (on == u64::from(cptr) && numbers.contains(&number)).then_some(context)
    }

    /// The registers of a thread that stands at a system call's instruction.
    #[must_use]
    pub fn at_system_call(&self, id: ServiceId) -> Option<UserContext> {
        let context = self.registers(id).ok()?;
        let (_, image, _) = self.parts(id);
        let ip = *context.pc();
        let at = image.read_only_segment(ip)?.place_of(ip);
        let code = self.store.holder(image).get(at..at + sel4::abi::SYSCALL_INSTRUCTION.len())?;
        (code == sel4::abi::SYSCALL_INSTRUCTION).then_some(context)
    }

    /// Steps the thread over the system call that it stands in, with an empty answer of this label.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn answer_call(
        &self,
        id: ServiceId,
        context: &mut UserContext,
        label: u64,
    ) -> Result<(), ObjectError> {
        context.inner_mut().answer_syscall(sel4::MessageInfo::new(label, 0, 0, 0).into_word(), 0);
        self.go_on_with(id, context)
    }

    /// Stops the thread where it stands; a system call that it stands in is given up.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn suspend(&self, id: ServiceId) -> Result<(), ObjectError> {
        let (_, _, slots) = self.parts(id);
        self.tcb(slots).tcb_suspend().during(Step::WriteRegisters)
    }

    /// Lets the thread go on; a system call that it stood in is made again.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn resume_where_it_stands(&self, id: ServiceId) -> Result<(), ObjectError> {
        let (_, _, slots) = self.parts(id);
        self.tcb(slots).tcb_resume().during(Step::WriteRegisters)
    }

    /// Lets the thread go on with these registers.
    ///
    /// # Errors
    /// What the kernel refused.
    #[inline(never)]
    pub fn go_on_with(&self, id: ServiceId, context: &UserContext) -> Result<(), ObjectError> {
        let (_, _, slots) = self.parts(id);
        self.tcb(slots).tcb_write_all_registers(true, context).during(Step::WriteRegisters)
    }

    /// Lets the thread go on, so many bytes before where it stands.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn resume_behind(&self, id: ServiceId, bytes: u8) -> Result<(), ObjectError> {
        if bytes == 0 {
            return self.resume_where_it_stands(id);
        }
        let mut context = self.registers(id)?;
        let pc = context.inner_mut().pc_mut();
        *pc = pc.wrapping_sub(u64::from(bytes));
        self.go_on_with(id, &context)
    }

    /// Whether the thread stands in a system call that somebody may be about to end: a wait for messages, or a call.
    /// A call to whom its faults go is not one of these: that is how a service forges a fault.
    #[must_use]
    pub fn waits_or_calls(&self, id: ServiceId) -> bool {
        let Some(context) = self.at_system_call(id) else { return false };
        let (number, on) = context.syscall();
        match number {
            n if n == Recv || n == ReplyRecv => on == u64::from(cptr::OWN),
            n if n == Call || n == Send => {
                on != u64::from(cptr::FAULT) && on < 1 << self.plan.service(id).cnode_radix
            }
            _ => false,
        }
    }
}
