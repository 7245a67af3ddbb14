// SPDX-License-Identifier: BSD-2-Clause
//! The guard of a CNode capability.

use crate::abi::cnode_cap_data::{GUARD, GUARD_SIZE};
use crate::{WORD_SIZE, Word};

/// Corresponds to `seL4_CNode_CapData`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct CNodeCapData(Word);

impl CNodeCapData {
    /// A guard of `guard_size` bits. Bits beyond the kernel's width of either are cut.
    pub const fn new(guard: Word, guard_size: usize) -> Self {
        let guard = guard & (Word::MAX >> (Word::BITS - GUARD.1));
        let size = guard_size as Word & (Word::MAX >> (Word::BITS - GUARD_SIZE.1));
        Self(guard << GUARD.0 | size << GUARD_SIZE.0)
    }

    /// A guard of `num_bits` zeros.
    pub const fn skip(num_bits: usize) -> Self {
        Self::new(0, num_bits)
    }

    /// The guard with which a CNode of this size is addressed by small CPtrs.
    pub const fn skip_high_bits(cnode_size_bits: usize) -> Self {
        Self::skip(WORD_SIZE - cnode_size_bits)
    }

    /// The kernel's word.
    pub const fn into_word(self) -> Word {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guard_of_a_small_cnode_is_where_the_kernel_reads_it() {
        let word = CNodeCapData::skip_high_bits(6).into_word();
        assert_eq!((word >> GUARD_SIZE.0) & 0x3f, 58);
        assert_eq!(word >> GUARD.0, 0);
    }
}
