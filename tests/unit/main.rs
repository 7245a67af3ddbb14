// SPDX-License-Identifier: BSD-2-Clause
//! Parts of the root task that touch no seL4, on the host.
extern crate alloc;

#[path = "../../root-task/src/machine/pc99/comparator.rs"]
mod comparator;
#[path = "../../root-task/src/events/ring.rs"]
#[allow(dead_code)]
mod ring;

mod comparators;
mod event_ring;
#[path = "../../root-task/src/machine/pc99/jitter.rs"]
mod jitter;
mod ratings;
