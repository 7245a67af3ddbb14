// SPDX-License-Identifier: BSD-2-Clause
//! Invocations that only AArch64 has: its translation tables, interrupts and cache operations.

use super::object::TranslationTableObjectType;
use crate::invocations::{Call, depth_word, table_map};
use crate::sys::label;
use crate::{AbsoluteCPtr, Cap, CapTypeForFrameObject, InvocationContext, Result, VmAttributes, Word, cap};

impl<C: InvocationContext> cap::UnspecifiedIntermediateTranslationTable<C> {
    /// Maps a translation table of the given level.
    #[inline]
    pub fn generic_intermediate_translation_table_map(
        self,
        level: TranslationTableObjectType,
        vspace: cap::VSpace,
        vaddr: usize,
        attr: VmAttributes,
    ) -> Result<()> {
        let label = match level {
            TranslationTableObjectType::PUD => label::ARMPageUpperDirectoryMap,
            TranslationTableObjectType::PD => label::ARMPageDirectoryMap,
            TranslationTableObjectType::PT => label::ARMPageTableMap,
        };
        self.invoke(|bits, buffer| table_map(buffer, bits, label, vspace, vaddr, attr))
    }
}

impl<C: InvocationContext> cap::IrqControl<C> {
    /// Corresponds to `seL4_IRQControl_Get`: the handler of an interrupt, by its INTID (a PPI's number + 16, an SPI's
    /// number + 32). [`Error::RangeError`](crate::Error::RangeError) above 255;
    /// [`Error::RevokeFirst`](crate::Error::RevokeFirst) for one that has a handler, the kernel's tick (27) included.
    pub fn irq_control_get(self, irq: Word, dst: &AbsoluteCPtr) -> Result<()> {
        self.invoke(|bits, buffer| {
            Call::new(bits, label::IRQIssueIRQHandler).with_caps(
                buffer,
                [dst.root().bits()],
                [irq, dst.path().bits(), depth_word(dst.path())],
            )
        })
    }
}

macro_rules! cache_operations {
    ($($(#[$doc:meta])* $name:ident: $label:ident;)*) => {
        impl<T: CapTypeForFrameObject, C: InvocationContext> Cap<T, C> {
            $(
                $(#[$doc])*
                ///
                /// Bytes `start` to `end` of a mapped frame, at least one.
                #[inline]
                pub fn $name(self, start: usize, end: usize) -> Result<()> {
                    let words = [start as Word, end as Word];
                    Call::new(self.bits(), label::$label).short(words).map(drop)
                }
            )*
        }
    };
}

cache_operations! {
    /// Corresponds to `seL4_ARM_Page_Clean_Data`: writes cached data to memory.
    frame_clean_data: ARMPageClean_Data;
    /// Corresponds to `seL4_ARM_Page_Invalidate_Data`: forgets cached data.
    frame_invalidate_data: ARMPageInvalidate_Data;
    /// Corresponds to `seL4_ARM_Page_CleanInvalidate_Data`: writes cached data to memory and forgets it.
    frame_clean_invalidate_data: ARMPageCleanInvalidate_Data;
    /// Corresponds to `seL4_ARM_Page_Unify_Instruction`: makes written instructions visible to fetches.
    frame_unify_instruction: ARMPageUnify_Instruction;
}
