// SPDX-License-Identifier: BSD-2-Clause
//! A thread's registers.

use core::ops::{Deref, DerefMut};

use crate::abi::RawUserContext;

/// Corresponds to `seL4_UserContext`. Which registers there are is the ABI module's; the fields
/// and what can be said of them on every machine (`pc`, `sp`, …) come by dereference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct UserContext(pub RawUserContext);

impl UserContext {
    /// The register set.
    pub const fn inner(&self) -> &RawUserContext {
        &self.0
    }

    /// The register set.
    pub const fn inner_mut(&mut self) -> &mut RawUserContext {
        &mut self.0
    }
}

impl Deref for UserContext {
    type Target = RawUserContext;

    fn deref(&self) -> &RawUserContext {
        &self.0
    }
}

impl DerefMut for UserContext {
    fn deref_mut(&mut self) -> &mut RawUserContext {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_fields_are_the_same_registers() {
        let mut context = UserContext::default();
        *context.pc_mut() = 0x20_0000;
        *context.sp_mut() = 0x7000;
        let words = context.to_words();
        assert_eq!(&words[..3], &[0x20_0000, 0x7000, 0]);
        assert_eq!(RawUserContext::from_words(words), context.0);
        assert!(context.c_param_mut(8).is_none());
    }
}
