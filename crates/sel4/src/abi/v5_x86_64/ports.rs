// SPDX-License-Identifier: BSD-2-Clause
//! I/O ports, which this kernel issues in a way of its own.

use crate::invocations::{Call, depth_word};
use crate::sys::label;
use crate::{AbsoluteCPtr, CPtrBits, CapRights, Error, IpcBuffer, Result, Word};

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
