// SPDX-License-Identifier: BSD-2-Clause
//! Threads.

use super::Call;
use crate::abi::{self, RawUserContext};
use crate::sys::label;
use crate::{
    CNodeCapData, CPtr, InvocationContext, MessageInfo, NUM_FAST_MESSAGE_REGISTERS, Result, UserContext,
    Word, cap,
};

impl<C: InvocationContext> cap::Tcb<C> {
    /// Corresponds to `seL4_TCB_ReadRegisters`: the first `count` registers of the set, the
    /// others 0; with `suspend` the thread is suspended as well.
    pub fn tcb_read_registers(self, suspend: bool, count: Word) -> Result<UserContext> {
        self.invoke(|bits, buffer| {
            let call = Call::new(bits, label::TCBReadRegisters);
            let first = call.short([suspend.into(), count])?;
            let mut words = [0; RawUserContext::WORDS];
            let count = (count as usize).min(words.len());
            for (i, word) in words.iter_mut().enumerate().take(count) {
                *word = first.get(i).copied().unwrap_or(buffer.msg_regs()[i]);
            }
            Ok(UserContext(RawUserContext::from_words(words)))
        })
    }

    /// [`tcb_read_registers`](Self::tcb_read_registers) of the whole set.
    pub fn tcb_read_all_registers(self, suspend: bool) -> Result<UserContext> {
        self.tcb_read_registers(suspend, RawUserContext::WORDS as Word)
    }

    /// Corresponds to `seL4_TCB_WriteRegisters`: the first `count` registers of the set; with
    /// `resume` the thread runs. A count of 1 is the program counter alone.
    pub fn tcb_write_registers(self, resume: bool, count: Word, regs: &UserContext) -> Result<()> {
        self.invoke(|bits, buffer| {
            let words = regs.to_words();
            let count = (count as usize).min(words.len());
            // The message is two words and then the registers.
            let after = NUM_FAST_MESSAGE_REGISTERS - 2;
            let message = buffer.msg_regs_mut();
            for (i, word) in words.into_iter().enumerate().take(count).skip(after) {
                message[i + 2] = word;
            }
            let call = Call::new(bits, label::TCBWriteRegisters);
            let info = MessageInfo::new(label::TCBWriteRegisters.into(), 0, 0, count + 2);
            let reply = call.trap(info, [resume.into(), count as Word, words[0], words[1]]);
            call.check(reply).map(drop)
        })
    }

    /// [`tcb_write_registers`](Self::tcb_write_registers) of the whole set.
    pub fn tcb_write_all_registers(self, resume: bool, regs: &UserContext) -> Result<()> {
        self.tcb_write_registers(resume, RawUserContext::WORDS as Word, regs)
    }

    /// Corresponds to `seL4_TCB_Resume`. A thread blocked in a system call repeats it.
    #[inline]
    pub fn tcb_resume(self) -> Result<()> {
        Call::new(self.bits(), label::TCBResume).short([]).map(drop)
    }

    /// Corresponds to `seL4_TCB_Suspend`.
    #[inline]
    pub fn tcb_suspend(self) -> Result<()> {
        Call::new(self.bits(), label::TCBSuspend).short([]).map(drop)
    }

    /// Corresponds to `seL4_TCB_SetPriority`.
    #[inline]
    pub fn tcb_set_priority(self, authority: cap::Tcb, priority: Word) -> Result<()> {
        abi::tcb_set_priority(self.bits(), authority.bits(), priority)
    }

    /// Corresponds to `seL4_TCB_SetMCPriority`.
    #[inline]
    pub fn tcb_set_mc_priority(self, authority: cap::Tcb, mcp: Word) -> Result<()> {
        abi::tcb_set_mc_priority(self.bits(), authority.bits(), mcp)
    }

    /// Corresponds to `seL4_TCB_SetSchedParams`. Two system calls on seL4 5.x.
    #[inline]
    pub fn tcb_set_sched_params(self, authority: cap::Tcb, mcp: Word, priority: Word) -> Result<()> {
        abi::tcb_set_sched_params(self.bits(), authority.bits(), mcp, priority)
    }

    /// Corresponds to `seL4_TCB_Configure`: `fault_ep` is a CPtr in the thread's own CSpace.
    /// Priorities stay as they are. Two system calls on seL4 5.x, whose own form sets them always;
    /// see [`tcb_configure_with_priority`](Self::tcb_configure_with_priority).
    pub fn tcb_configure(
        self,
        fault_ep: CPtr,
        cspace_root: cap::CNode,
        cspace_root_data: CNodeCapData,
        vspace_root: cap::VSpace,
        ipc_buffer: Word,
        ipc_buffer_frame: cap::Granule,
    ) -> Result<()> {
        self.invoke(|bits, buffer| {
            abi::tcb_configure(
                buffer,
                bits,
                fault_ep,
                (cspace_root.bits(), cspace_root_data),
                vspace_root.bits(),
                (ipc_buffer, ipc_buffer_frame.bits()),
            )
        })
    }

    /// [`tcb_configure`](Self::tcb_configure) and both priorities, in as few system calls as the
    /// kernel allows: one on seL4 5.x, more on later kernels. An extension to rust-sel4.
    ///
    /// An `ipc_buffer` of 0 with a null frame is a thread without IPC buffer. The priorities must
    /// not be above the caller's own maximum. `authority` is the caller's thread, whose maximum
    /// later kernels check against.
    #[inline]
    #[allow(clippy::too_many_arguments)]
    pub fn tcb_configure_with_priority(
        self,
        fault_ep: CPtr,
        authority: cap::Tcb,
        priority: Word,
        mcp: Word,
        cspace_root: cap::CNode,
        cspace_root_data: CNodeCapData,
        vspace_root: cap::VSpace,
        ipc_buffer: Word,
        ipc_buffer_frame: cap::Granule,
    ) -> Result<()> {
        self.invoke(|bits, buffer| {
            abi::tcb_configure_with_priority(
                buffer,
                bits,
                fault_ep,
                authority.bits(),
                (priority, mcp),
                (cspace_root.bits(), cspace_root_data),
                vspace_root.bits(),
                (ipc_buffer, ipc_buffer_frame.bits()),
            )
        })
    }

    /// Corresponds to `seL4_TCB_SetSpace`: `fault_ep` is a CPtr in the thread's own CSpace.
    pub fn tcb_set_space(
        self,
        fault_ep: CPtr,
        cspace_root: cap::CNode,
        cspace_root_data: CNodeCapData,
        vspace_root: cap::VSpace,
    ) -> Result<()> {
        self.invoke(|bits, buffer| {
            Call::new(bits, label::TCBSetSpace).with_caps(
                buffer,
                [cspace_root.bits(), vspace_root.bits()],
                [fault_ep.bits(), cspace_root_data.into_word(), 0],
            )
        })
    }

    /// Corresponds to `seL4_TCB_SetIPCBuffer`.
    pub fn tcb_set_ipc_buffer(self, ipc_buffer: Word, ipc_buffer_frame: cap::Granule) -> Result<()> {
        self.invoke(|bits, buffer| {
            Call::new(bits, label::TCBSetIPCBuffer).with_caps(buffer, [ipc_buffer_frame.bits()], [ipc_buffer])
        })
    }

    /// Corresponds to `seL4_TCB_BindNotification`.
    #[inline]
    pub fn tcb_bind_notification(self, notification: cap::Notification) -> Result<()> {
        self.invoke(|bits, buffer| {
            Call::new(bits, label::TCBBindNotification).with_caps(buffer, [notification.bits()], [])
        })
    }

    /// Corresponds to `seL4_TCB_UnbindNotification`.
    #[inline]
    pub fn tcb_unbind_notification(self) -> Result<()> {
        Call::new(self.bits(), label::TCBUnbindNotification).short([]).map(drop)
    }
}
