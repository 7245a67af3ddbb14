// SPDX-License-Identifier: BSD-2-Clause
//! Invocations whose form is these kernels' own.

use crate::invocations::Call;
use crate::sys::label;
use crate::{CNodeCapData, CPtr, CPtrBits, IpcBuffer, Result, Word, arch};

/// `TCB_Configure` without touching priorities. This kernel's own sets them always, so it takes
/// `SetSpace` and `SetIPCBuffer` (two system calls).
pub fn tcb_configure(
    buffer: &mut IpcBuffer,
    tcb: CPtrBits,
    fault_ep: CPtr,
    cspace: (CPtrBits, CNodeCapData),
    vspace: CPtrBits,
    ipc_buffer: (Word, CPtrBits),
) -> Result<()> {
    Call::new(tcb, label::TCBSetSpace).with_caps(
        buffer,
        [cspace.0, vspace],
        [fault_ep.bits(), cspace.1.into_word(), 0],
    )?;
    Call::new(tcb, label::TCBSetIPCBuffer).with_caps(buffer, [ipc_buffer.1], [ipc_buffer.0])
}

/// `TCB_Configure` and priorities in one system call.
#[inline]
#[allow(clippy::too_many_arguments)]
pub fn tcb_configure_with_priority(
    buffer: &mut IpcBuffer,
    tcb: CPtrBits,
    fault_ep: CPtr,
    _authority: CPtrBits,
    (priority, mcp): (Word, Word),
    cspace: (CPtrBits, CNodeCapData),
    vspace: CPtrBits,
    ipc_buffer: (Word, CPtrBits),
) -> Result<()> {
    let properties = (priority & 0xff) | ((mcp & 0xff) << 8);
    Call::new(tcb, label::TCBConfigure).with_caps(
        buffer,
        [cspace.0, vspace, ipc_buffer.1],
        [fault_ep.bits(), properties, cspace.1.into_word(), 0, ipc_buffer.0],
    )
}

/// This kernel checks against the caller's own maximum; the authority is not needed.
#[inline]
pub fn tcb_set_priority(tcb: CPtrBits, _authority: CPtrBits, priority: Word) -> Result<()> {
    Call::new(tcb, label::TCBSetPriority).short([priority]).map(drop)
}

/// As [`tcb_set_priority`], for the maximum that the thread may give to others.
#[inline]
pub fn tcb_set_mc_priority(tcb: CPtrBits, _authority: CPtrBits, mcp: Word) -> Result<()> {
    Call::new(tcb, label::TCBSetMCPriority).short([mcp]).map(drop)
}

/// Two system calls: this kernel has no `SetSchedParams`.
#[inline]
pub fn tcb_set_sched_params(tcb: CPtrBits, authority: CPtrBits, mcp: Word, priority: Word) -> Result<()> {
    tcb_set_mc_priority(tcb, authority, mcp)?;
    tcb_set_priority(tcb, authority, priority)
}

/// `Page_Remap`: the address is the one that the frame is mapped at.
#[inline]
pub fn page_remap(
    buffer: &mut IpcBuffer,
    frame: CPtrBits,
    vspace: CPtrBits,
    _vaddr: usize,
    rights: Word,
    attributes: Word,
) -> Result<()> {
    Call::new(frame, arch::label::PAGE_REMAP).with_caps(buffer, [vspace], [rights, attributes])
}
