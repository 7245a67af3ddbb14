// SPDX-License-Identifier: BSD-2-Clause
//! Rights of a capability.

use crate::Word;
use crate::abi::cap_rights::{GRANT, GRANT_REPLY, READ, WRITE};

/// Corresponds to `seL4_CapRights_t`.
///
/// A kernel without grant-reply (seL4 5.x) takes it for nothing: who is to be answered there
/// needs grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct CapRights(Word);

impl CapRights {
    /// The given rights.
    #[inline]
    pub const fn new(grant_reply: bool, grant: bool, read: bool, write: bool) -> Self {
        Self(
            (grant_reply as Word * GRANT_REPLY)
                | (grant as Word * GRANT)
                | (read as Word * READ)
                | (write as Word * WRITE),
        )
    }

    /// No rights.
    #[inline]
    pub const fn none() -> Self {
        Self::new(false, false, false, false)
    }

    /// All rights.
    #[inline]
    pub const fn all() -> Self {
        Self::new(true, true, true, true)
    }

    /// Read and write.
    #[inline]
    pub const fn read_write() -> Self {
        Self::new(false, false, true, true)
    }

    /// Read.
    #[inline]
    pub const fn read_only() -> Self {
        Self::new(false, false, true, false)
    }

    /// Write.
    #[inline]
    pub const fn write_only() -> Self {
        Self::new(false, false, false, true)
    }

    /// Write, and the least that lets a caller be answered: grant-reply where the kernel has it,
    /// else grant (SPEC F-3). An extension to rust-sel4.
    #[inline]
    pub const fn call() -> Self {
        Self::new(true, GRANT_REPLY == 0, false, true)
    }

    /// The kernel's word.
    #[inline]
    pub const fn into_word(self) -> Word {
        self.0
    }
}

impl From<CapRightsBuilder> for CapRights {
    fn from(builder: CapRightsBuilder) -> Self {
        builder.build()
    }
}

/// Builds [`CapRights`] one by one, from [`none`](Self::none) or [`all`](Self::all).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CapRightsBuilder {
    grant_reply: bool,
    grant: bool,
    read: bool,
    write: bool,
}

impl CapRightsBuilder {
    /// No rights.
    pub const fn none() -> Self {
        Self { grant_reply: false, grant: false, read: false, write: false }
    }

    /// All rights.
    pub const fn all() -> Self {
        Self { grant_reply: true, grant: true, read: true, write: true }
    }

    /// The rights.
    pub const fn build(self) -> CapRights {
        CapRights::new(self.grant_reply, self.grant, self.read, self.write)
    }

    /// Sets or clears grant-reply.
    #[must_use]
    pub const fn grant_reply(self, can: bool) -> Self {
        Self { grant_reply: can, ..self }
    }

    /// Sets or clears grant.
    #[must_use]
    pub const fn grant(self, can: bool) -> Self {
        Self { grant: can, ..self }
    }

    /// Sets or clears read.
    #[must_use]
    pub const fn read(self, can: bool) -> Self {
        Self { read: can, ..self }
    }

    /// Sets or clears write.
    #[must_use]
    pub const fn write(self, can: bool) -> Self {
        Self { write: can, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_can_be_answered_with_the_least_rights() {
        let call = CapRights::call().into_word();
        assert_eq!(call & WRITE, WRITE);
        assert_eq!(call & READ, 0);
        assert_ne!(call & (GRANT | GRANT_REPLY), 0);
    }

    #[test]
    fn the_builder_and_the_constants_agree() {
        assert_eq!(CapRightsBuilder::none().read(true).build(), CapRights::read_only());
        assert_eq!(CapRightsBuilder::all().build(), CapRights::all());
        assert_eq!(CapRights::none().into_word(), 0);
    }
}
