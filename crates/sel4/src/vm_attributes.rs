// SPDX-License-Identifier: BSD-2-Clause
//! Attributes of a mapping.

use core::ops::BitOr;

use crate::{Word, abi};

/// Corresponds to the architecture's `seL4_…_VMAttributes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct VmAttributes(Word);

impl VmAttributes {
    /// No attribute set.
    pub const NONE: Self = Self(0);
    /// Ordinary memory, cached.
    pub const DEFAULT: Self = Self(abi::vm_attributes::DEFAULT);
    /// Not cached: device registers.
    pub const CACHE_DISABLED: Self = Self(abi::vm_attributes::CACHE_DISABLED);
    /// Never executed. Nothing where the kernel has no such attribute.
    pub const EXECUTE_NEVER: Self = Self(abi::vm_attributes::EXECUTE_NEVER);

    /// The attributes of the kernel's word.
    pub const fn from_word(word: Word) -> Self {
        Self(word)
    }

    /// The kernel's word.
    pub const fn into_word(self) -> Word {
        self.0
    }

    /// Whether any attribute of `rhs` is set.
    pub const fn has(self, rhs: Self) -> bool {
        self.0 & rhs.0 != 0
    }
}

impl Default for VmAttributes {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl BitOr for VmAttributes {
    type Output = Self;

    fn bitor(self, rhs: Self) -> Self {
        Self(self.0 | rhs.0)
    }
}
