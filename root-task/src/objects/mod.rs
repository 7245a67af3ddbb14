// SPDX-License-Identifier: BSD-2-Clause
//! Init's own kernel objects: slots, untypeds, mappings, interrupts, and its heap. Nothing here knows a service.

pub mod arena;
pub mod cspace;
pub mod device_untypeds;
pub mod error;
pub mod interrupts;
pub mod mappings;
pub mod untyped_pool;
