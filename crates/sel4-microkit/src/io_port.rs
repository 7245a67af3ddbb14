// SPDX-License-Identifier: BSD-2-Clause
//! Ranges of I/O ports, which only x86 has.

use crate::slots;
use crate::symbols::pd_ioports;

/// Ids of I/O port ranges are below this.
const MAX_IO_PORTS: usize = 62;

/// A range of I/O ports, by its id in the system description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IoPort {
    index: usize,
}

impl IoPort {
    /// The range with this id, below 62.
    ///
    /// # Panics
    /// When the id is not; at compile time for a constant.
    pub const fn new(index: usize) -> Self {
        assert!(index < MAX_IO_PORTS, "I/O port id out of range");
        Self { index }
    }

    /// The ranges that the system description gives, lowest id first.
    pub fn given() -> impl Iterator<Item = Self> {
        let ranges = pd_ioports();
        (0..MAX_IO_PORTS).filter(move |index| ranges >> index & 1 != 0).map(|index| Self { index })
    }

    /// The id.
    pub const fn index(&self) -> usize {
        self.index
    }

    /// Whether the system description gives this range.
    pub fn is_given(&self) -> bool {
        pd_ioports() >> self.index & 1 != 0
    }

    /// The capability: `ioport_in8`, `ioport_out8`, and the same for 16 and 32 bits.
    ///
    /// # Panics
    /// When the system description does not give this range.
    #[inline]
    #[track_caller]
    pub fn cap(&self) -> sel4::cap::IOPort {
        if !self.is_given() {
            refused!("ioport: not given");
        }
        sel4::Cap::from_bits(slots::BASE_IOPORT + self.index as u64)
    }
}
