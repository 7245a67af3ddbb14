// SPDX-License-Identifier: BSD-2-Clause
//! The Microkit's layout of a PD's CSpace: small CPtrs, each kind at a base to which an id is
//! added.

/// Receives: an endpoint if the PD is called or has children, else its notification.
pub const INPUT: u64 = 1;
/// The PD's own fault endpoint.
pub const FAULT_ENDPOINT: u64 = 2;
/// The PD's own address space.
pub const VSPACE: u64 = 3;
/// The reply object (MCS kernels).
pub const REPLY: u64 = 4;
/// The monitor's endpoint (passive PDs).
pub const MONITOR_ENDPOINT: u64 = 5;
/// The PD's own thread (where given).
pub const TCB: u64 = 6;
/// Peers' notifications, by channel.
pub const BASE_OUTPUT_NOTIFICATION: u64 = 10;
/// Peers' endpoints, by channel.
pub const BASE_OUTPUT_ENDPOINT: u64 = 74;
/// Interrupt handlers, by channel.
pub const BASE_IRQ: u64 = 138;
/// Children's threads, by child.
pub const BASE_CHILD_TCB: u64 = 202;
/// I/O port ranges, by id.
pub const BASE_IOPORT: u64 = 394;
