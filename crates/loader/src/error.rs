// SPDX-License-Identifier: BSD-2-Clause
//! Why a machine cannot be handed over to the kernel. The loader prints code, text and hint on the UART and halts.

use core::fmt;

/// What is wrong. Codes are of the family of errors on the target, `PZ-E` and four digits, and never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// The loader was started without an image around it.
    NotPacked,
    /// Nobody gave a device tree, and there is none where QEMU puts it.
    NoDeviceTree,
    /// The device tree is cut or damaged.
    BadDeviceTree,
    /// The device tree tells of no RAM at the address that the kernel is linked for.
    NoMemory,
    /// RAM ends before the image does; MiB that the image needs.
    MemoryTooSmall(u64),
    /// The interrupt controller is not a GICv2.
    InterruptController,
    /// A flat image stands elsewhere than at the address that it is linked for. `entry.S` says so, because nothing else runs there.
    WrongAddress,
}

impl Error {
    /// All of them, by number.
    pub const ALL: [Self; 7] = [
        Self::NotPacked,
        Self::NoDeviceTree,
        Self::BadDeviceTree,
        Self::NoMemory,
        Self::MemoryTooSmall(0),
        Self::InterruptController,
        Self::WrongAddress,
    ];

    /// The name with which documentation lists it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotPacked => "LoaderError::NotPacked",
            Self::NoDeviceTree => "LoaderError::NoDeviceTree",
            Self::BadDeviceTree => "LoaderError::BadDeviceTree",
            Self::NoMemory => "LoaderError::NoMemory",
            Self::MemoryTooSmall(_) => "LoaderError::MemoryTooSmall",
            Self::InterruptController => "LoaderError::InterruptController",
            Self::WrongAddress => "LoaderError::WrongAddress",
        }
    }

    /// The number.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::NotPacked => 150,
            Self::NoDeviceTree => 151,
            Self::BadDeviceTree => 152,
            Self::NoMemory => 153,
            Self::MemoryTooSmall(_) => 154,
            Self::InterruptController => 155,
            Self::WrongAddress => 156,
        }
    }

    /// What happened.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::NotPacked => "the loader carries no system",
            Self::NoDeviceTree => "there is no device tree",
            Self::BadDeviceTree => "the device tree is damaged",
            Self::NoMemory => "the device tree has no memory at 0x40000000",
            Self::MemoryTooSmall(_) => "the machine has less memory than the image needs",
            Self::InterruptController => "the interrupt controller is not a GICv2",
            Self::WrongAddress => "the image was loaded to a wrong address",
        }
    }

    /// How to mend it.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::NotPacked => "start an image that the packer made, not the loader itself",
            Self::NoDeviceTree => "start the image with a boot loader that passes the tree's address in x0",
            Self::BadDeviceTree => {
                "give the boot loader the machine's whole device tree (dtc -I dtb checks one)"
            }
            Self::NoMemory => "this image is for QEMU's virt machine; start it there",
            Self::MemoryTooSmall(_) => "give the machine more (qemu-system-aarch64 -m)",
            Self::InterruptController => "start QEMU with -machine virt,gic-version=2",
            Self::WrongAddress => {
                "load it to 0x40200000, which the header of a Linux image and that of a uImage say"
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PZ-E{:04}: {}", self.code(), self.text())?;
        if let Self::MemoryTooSmall(mebibytes) = self {
            write!(f, ": at least {mebibytes} MiB")?;
        }
        write!(f, "\n  {}\n", self.hint())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;

    use super::*;

    #[test]
    fn the_message_in_assembly_is_the_table_s() {
        let source = include_str!("entry.S");
        let text = format!("loader: {}", Error::WrongAddress);
        for line in text.trim_end().lines() {
            assert!(source.contains(line), "{line}");
        }
    }

    #[test]
    fn codes_follow_each_other() {
        for (number, error) in (150..).zip(Error::ALL) {
            assert_eq!(error.code(), number, "{}", error.name());
        }
    }
}
