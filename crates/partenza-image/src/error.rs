// SPDX-License-Identifier: BSD-2-Clause
//! Why an image cannot be made.

use std::fmt;

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackError {
    /// Which file, and why it is no program.
    NotElf(&'static str, String),
    /// A file is for another machine; which, and its machine by the ELF specification's number.
    Machine(&'static str, u16),
    /// A file has nothing to load.
    Empty(&'static str),
    /// A file's segments span more than an image can hold.
    TooLarge(&'static str),
    /// The kernel is linked for another place; its physical address.
    KernelPlace(u64),
    /// The kernel lacks a variable that the loader writes.
    KernelSymbol(&'static str),
    /// The loader's file is not Partenza's loader of this version.
    NotLoader,
}

impl fmt::Display for PackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotElf(what, why) => write!(f, "the {what} is no ELF file: {why}"),
            Self::Machine(what, machine) => {
                let machine = match machine {
                    62 => "x86_64",
                    243 => "RISC-V",
                    _ => return write!(f, "the {what} is for ELF machine {machine}, not for aarch64"),
                };
                write!(f, "the {what} is for {machine}, not for aarch64")
            }
            Self::Empty(what) => write!(f, "the {what} has nothing to load"),
            Self::TooLarge(what) => write!(f, "the {what}'s segments span more than 512 MiB"),
            Self::KernelPlace(address) => write!(
                f,
                "the kernel is linked for physical address {address:#x}; the loader wants it at 0x40210000 \
                 (cmake-build/platform/qemu-virt)"
            ),
            Self::KernelSymbol(symbol) => write!(
                f,
                "the kernel has no variable `{symbol}`, which the loader writes: it is not built with \
                 cmake-build/platform/qemu-virt, or it is stripped"
            ),
            Self::NotLoader => f.write_str("the loader is not Partenza's loader of this version"),
        }
    }
}

impl std::error::Error for PackError {}
