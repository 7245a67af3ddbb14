// SPDX-License-Identifier: BSD-2-Clause
//! The ABI note: for which kernel a program was built.
//!
//! Section `.note.sel4.abi`, little endian: the usual header of a note (owner `seL4-ABI`, type 1, 32 bytes), then format
//! (u16), architecture (u8), flags (u8), role (u8), 3 zero bytes, kernel version (8 bytes), ABI module (16 bytes), texts
//! padded with zero bytes.

pub const SECTION: &str = ".note.sel4.abi";
const HEADER: &[u8] = b"\x09\0\0\0\x20\0\0\0\x01\0\0\0seL4-ABI\0\0\0\0";
pub const ROLE_ROOT_TASK: u8 = 1;
pub const ROLE_PROTECTION_DOMAIN: u8 = 2;
const FORMAT: u16 = 1;
const ARCH_X86_64: u8 = 1;
const FLAG_MCS: u8 = 1;
const FLAG_DEBUG: u8 = 2;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbiNote {
    pub role: u8,
    pub mcs: bool,
    /// May make the system calls of a debug kernel.
    pub debug: bool,
    pub kernel: String,
    pub abi: String,
}

impl AbiNote {
    /// Reads the section; `None` when it is not such a note.
    #[must_use]
    pub fn read(section: &[u8]) -> Option<Self> {
        let bytes: &[u8; 32] = section.strip_prefix(HEADER)?.get(..32)?.try_into().ok()?;
        let text = |range: std::ops::Range<usize>| {
            let field = &bytes[range];
            let len = field.iter().position(|b| *b == 0).unwrap_or(field.len());
            String::from_utf8_lossy(&field[..len]).into_owned()
        };
        (u16::from_le_bytes([bytes[0], bytes[1]]) == FORMAT).then(|| Self {
            role: bytes[4],
            mcs: bytes[3] & FLAG_MCS != 0,
            debug: bytes[3] & FLAG_DEBUG != 0,
            kernel: text(8..16),
            abi: text(16..32),
        })
    }

    /// Writes the section, for tests and for tools in other languages.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut bytes = HEADER.to_vec();
        bytes.extend(FORMAT.to_le_bytes());
        let flags = (u8::from(self.mcs) * FLAG_MCS) | (u8::from(self.debug) * FLAG_DEBUG);
        bytes.extend([ARCH_X86_64, flags, self.role, 0, 0, 0]);
        let mut text = |text: &str, len: usize| {
            let mut field = text.as_bytes()[..text.len().min(len)].to_vec();
            field.resize(len, 0);
            bytes.extend(field);
        };
        text(&self.kernel, 8);
        text(&self.abi, 16);
        bytes
    }
}
