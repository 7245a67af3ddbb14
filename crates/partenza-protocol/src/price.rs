// SPDX-License-Identifier: BSD-2-Clause
//! What an operation takes of the budget of who asks for it (SPEC S-4): as much as it takes of the processor.
//!
//! A price is what the operation was measured to cost at most, on the debug kernel, in units of [`UNIT`] instructions: the
//! system calls at both ends, the work, its events on the event line. `tests/qemu/prices.rs` measures every operation with
//! 12 services and with 400, and holds that none costs more.
//!
//! Not in it is what a change sets off later: a service that is started says hello on its own account.

use crate::Op;

/// Instructions that a unit stands for: a thousand in 100 ms are two percent of a processor of 1 GHz.
pub const UNIT: u64 = 2_000;

/// The price of a message: `op` is its operation, if it is one, `bytes` how long its payload is.
#[must_use]
pub const fn price(op: Option<Op>, bytes: usize) -> u32 {
    let Some(op) = op else { return 2 };
    match op {
        // Each byte of a line goes out over the event line, by a system call.
        Op::Emit => 22 + bytes as u32 / 2,
        Op::Next | Op::Version | Op::Uptime | Op::Subscribe => 2,
        Op::Hello | Op::Ready | Op::ReadyToStop | Op::Stopped | Op::List | Op::BootReport => 4,
        // They find a service by its name.
        Op::Status | Op::Grants => 12,
        // A report that nobody asked for is told of.
        Op::Health => 14,
        Op::ChildFault | Op::Deliver | Op::Lookup => 16,
        // A message full of records.
        Op::Log | Op::Registers => 26,
        Op::Audit
        | Op::Start
        | Op::Stop
        | Op::Enable
        | Op::Disable
        | Op::Shutdown
        | Op::Reboot
        | Op::Spawn
        | Op::Switch
        | Op::Grant
        | Op::Revoke => 64,
        Op::Restart => 110,
        // The crash and its registers are told of.
        Op::Crash => 150,
    }
}
