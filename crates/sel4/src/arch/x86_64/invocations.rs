// SPDX-License-Identifier: BSD-2-Clause
//! Invocations that only x86_64 has: its translation tables, interrupts and I/O ports.

use super::object::TranslationTableObjectType;
use crate::invocations::{Call, depth_word, table_map};
use crate::sys::label;
use crate::{AbsoluteCPtr, InvocationContext, Result, VmAttributes, Word, abi, cap};

impl<C: InvocationContext> cap::PDPT<C> {
    /// Corresponds to `seL4_X86_PDPT_Map`.
    #[inline]
    pub fn pdpt_map(self, vspace: cap::VSpace, vaddr: usize, attr: VmAttributes) -> Result<()> {
        self.invoke(|bits, buffer| table_map(buffer, bits, label::X86PDPTMap, vspace, vaddr, attr))
    }
}

impl<C: InvocationContext> cap::PageDirectory<C> {
    /// Corresponds to `seL4_X86_PageDirectory_Map`.
    #[inline]
    pub fn page_directory_map(self, vspace: cap::VSpace, vaddr: usize, attr: VmAttributes) -> Result<()> {
        self.invoke(|bits, buffer| table_map(buffer, bits, label::X86PageDirectoryMap, vspace, vaddr, attr))
    }
}

impl<C: InvocationContext> cap::PageTable<C> {
    /// Corresponds to `seL4_X86_PageTable_Map`.
    #[inline]
    pub fn page_table_map(self, vspace: cap::VSpace, vaddr: usize, attr: VmAttributes) -> Result<()> {
        self.invoke(|bits, buffer| table_map(buffer, bits, label::X86PageTableMap, vspace, vaddr, attr))
    }
}

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
            TranslationTableObjectType::PDPT => label::X86PDPTMap,
            TranslationTableObjectType::PageDirectory => label::X86PageDirectoryMap,
            TranslationTableObjectType::PageTable => label::X86PageTableMap,
        };
        self.invoke(|bits, buffer| table_map(buffer, bits, label, vspace, vaddr, attr))
    }
}

impl<C: InvocationContext> cap::IrqControl<C> {
    /// Corresponds to `seL4_IRQControl_GetIOAPIC`: the handler of an I/O APIC's pin. `level` 0 is
    /// edge-triggered; `polarity` 0 is active high; `vector` (0 to 107) names the interrupt in the
    /// kernel, one per handler.
    #[allow(clippy::too_many_arguments)]
    pub fn irq_control_get_ioapic(
        self,
        ioapic: Word,
        pin: Word,
        level: Word,
        polarity: Word,
        vector: Word,
        dst: &AbsoluteCPtr,
    ) -> Result<()> {
        self.invoke(|bits, buffer| {
            Call::new(bits, label::X86IRQIssueIRQHandlerIOAPIC).with_caps(
                buffer,
                [dst.root().bits()],
                [dst.path().bits(), depth_word(dst.path()), ioapic, pin, level, polarity, vector],
            )
        })
    }

    /// Corresponds to `seL4_IRQControl_GetMSI`: the handler of a PCI device's message.
    #[allow(clippy::too_many_arguments)]
    pub fn irq_control_get_msi(
        self,
        pci_bus: Word,
        pci_dev: Word,
        pci_func: Word,
        handle: Word,
        vector: Word,
        dst: &AbsoluteCPtr,
    ) -> Result<()> {
        self.invoke(|bits, buffer| {
            Call::new(bits, label::X86IRQIssueIRQHandlerMSI).with_caps(
                buffer,
                [dst.root().bits()],
                [dst.path().bits(), depth_word(dst.path()), pci_bus, pci_dev, pci_func, handle, vector],
            )
        })
    }
}

impl<C: InvocationContext> cap::IOPortControl<C> {
    /// Corresponds to `seL4_X86_IOPortControl_Issue`: a capability to the ports from `first_port`
    /// to `last_port`, both included.
    ///
    /// On seL4 5.x it is minted of the capability to all ports, which must be in the initial
    /// CNode: the root task's alone to do.
    pub fn ioport_control_issue(self, first_port: Word, last_port: Word, dst: &AbsoluteCPtr) -> Result<()> {
        self.invoke(|bits, buffer| abi::ioport_control_issue(buffer, bits, first_port, last_port, dst))
    }
}

macro_rules! io_port {
    ($($(#[$doc:meta])* $input:ident: $in_label:ident, $output:ident: $out_label:ident, $t:ty;)*) => {
        impl<C: InvocationContext> cap::IOPort<C> {
            $(
                $(#[$doc])*
                #[inline]
                pub fn $input(self, port: u16) -> Result<$t> {
                    let answer = Call::new(self.bits(), label::$in_label).short([port.into()])?;
                    Ok(answer[0] as $t)
                }

                $(#[$doc])*
                #[inline]
                pub fn $output(self, port: u16, value: $t) -> Result<()> {
                    Call::new(self.bits(), label::$out_label)
                        .short([port.into(), value.into()])
                        .map(drop)
                }
            )*
        }
    };
}

io_port! {
    /// Corresponds to `seL4_X86_IOPort_In8`, `Out8`.
    ioport_in8: X86IOPortIn8, ioport_out8: X86IOPortOut8, u8;
    /// Corresponds to `seL4_X86_IOPort_In16`, `Out16`.
    ioport_in16: X86IOPortIn16, ioport_out16: X86IOPortOut16, u16;
    /// Corresponds to `seL4_X86_IOPort_In32`, `Out32`.
    ioport_in32: X86IOPortIn32, ioport_out32: X86IOPortOut32, u32;
}
