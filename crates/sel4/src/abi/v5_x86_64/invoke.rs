// SPDX-License-Identifier: BSD-2-Clause
//! Invocations whose form is this kernel's own.

use crate::invocations::{Call, depth_word};
use crate::sys::label;
use crate::{AbsoluteCPtr, CNodeCapData, CPtr, CPtrBits, CapRights, Error, IpcBuffer, Result, Word};

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

/// Issues a port range by minting the capability to all ports, which the initial CNode holds.
///
/// # Errors
/// [`Error::RangeError`] when a port is above 65535 or the range is empty, before any system call.
pub fn ioport_control_issue(
    buffer: &mut IpcBuffer,
    all_ports: CPtrBits,
    first: Word,
    last: Word,
    dst: &AbsoluteCPtr,
) -> Result<()> {
    if first > last || last > Word::from(u16::MAX) {
        return Err(Error::RangeError);
    }
    let source_root = crate::init_thread::slot::CNODE.cap().bits();
    let to = dst.path();
    Call::new(dst.root().bits(), label::CNodeMint).with_caps(
        buffer,
        [source_root],
        [
            to.bits(),
            depth_word(to),
            all_ports,
            super::WORD_SIZE as Word,
            CapRights::all().into_word(),
            first << 16 | last,
        ],
    )
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
    Call::new(frame, label::X86PageRemap).with_caps(buffer, [vspace], [rights, attributes])
}
