// SPDX-License-Identifier: BSD-2-Clause
//! For which kernel a program was built, where a tool can read it.
//!
//! An ELF note in section `.note.sel4.abi`, which is not loaded. A program for another kernel
//! makes system calls by other numbers, which is not found out before it runs; the note finds it
//! out when an image is made.
//!
//! Bytes, little-endian:
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 4 | length of the owner's name: 9 |
//! | 4 | 4 | length of the description: 32 |
//! | 8 | 4 | type: 1 |
//! | 12 | 12 | owner: `seL4-ABI`, NUL-padded |
//! | 24 | 2 | format version: 1 |
//! | 26 | 1 | architecture: 1 x86_64, 2 aarch64 |
//! | 27 | 1 | flags: bit 0 MCS kernel, bit 1 the kernel has debug system calls and the program may make them |
//! | 28 | 1 | role: 1 root task, 2 protection domain |
//! | 29 | 3 | 0 |
//! | 32 | 8 | kernel version, NUL-padded: `5.0.0` |
//! | 40 | 16 | ABI module, NUL-padded: `v5_x86_64` |

/// What a program is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Role {
    /// Started by the kernel.
    RootTask = 1,
    /// Started by a root task, with a CSpace laid out as the Microkit does.
    ProtectionDomain = 2,
}

/// The note, byte for byte.
#[repr(C, align(4))]
pub struct AbiNote {
    name_len: u32,
    desc_len: u32,
    kind: u32,
    owner: [u8; 12],
    format: u16,
    arch: u8,
    flags: u8,
    role: u8,
    zero: [u8; 3],
    kernel: [u8; 8],
    abi: [u8; 16],
}

const _: () = assert!(size_of::<AbiNote>() == 56);

impl AbiNote {
    /// The note of a program for the kernel that is built for.
    pub const fn new(role: Role) -> Self {
        let debug = sel4::debug::PRINTS as u8;
        Self {
            name_len: 9,
            desc_len: 32,
            kind: 1,
            owner: padded("seL4-ABI"),
            format: 1,
            arch: if cfg!(target_arch = "x86_64") { 1 } else { 2 },
            flags: sel4::abi::MCS as u8 | debug << 1,
            role: role as u8,
            zero: [0; 3],
            kernel: padded(sel4::sel4_cfg_str!(VERSION)),
            abi: padded(sel4::abi::NAME),
        }
    }
}

/// The text's first bytes, NUL-padded.
const fn padded<const N: usize>(text: &str) -> [u8; N] {
    let mut bytes = [0; N];
    let mut at = 0;
    while at < N && at < text.len() {
        bytes[at] = text.as_bytes()[at];
        at += 1;
    }
    bytes
}

/// Puts the note into the program. For the entry macros.
#[macro_export]
macro_rules! declare_abi_note {
    ($role:ident) => {
        const _: () = {
            #[used]
            #[unsafe(link_section = ".note.sel4.abi")]
            static NOTE: $crate::abi_note::AbiNote =
                $crate::abi_note::AbiNote::new($crate::abi_note::Role::$role);
        };
    };
}
