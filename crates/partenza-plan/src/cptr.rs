// SPDX-License-Identifier: BSD-2-Clause
//! Where a service's capabilities are in its CSpace: as the Microkit lays them out, each kind at a base to which an id is
//! added. The host plans by it, and the target finds by it what it leads elsewhere at run time.

/// What the service receives from: its endpoint, or its notification if it has none.
pub const OWN: u32 = 1;
/// Where its faults go.
pub const FAULT: u32 = 2;
/// Peers' notifications, by channel.
pub const NOTIFICATION: u32 = 10;
/// Peers' endpoints, by channel.
pub const CALL: u32 = 74;
/// Interrupt handlers, by channel.
pub const IRQ: u32 = 138;
/// Threads of children, by child.
pub const CHILD: u32 = 202;
/// Ranges of I/O ports, by id.
pub const PORTS: u32 = 394;
