// SPDX-License-Identifier: BSD-2-Clause
//! ELF files: read ([`read`]), judged (SPEC D-5), turned into what the plan holds of them, and written ([`write`]).
//!
//! A file is judged whole: every problem is told, as long as there is enough of it to look at.

mod check;
mod note;
mod read;
mod write;

pub use check::check;
pub use note::{AbiNote, ROLE_PROTECTION_DOMAIN, ROLE_ROOT_TASK};
pub use read::read;
pub use write::write;

use std::collections::BTreeMap;

use partenza_plan::PAGE;

use crate::diagnostic::Code;

/// A problem of a file, without a place: the place is where system.xml names the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub code: Code,
    pub message: String,
    pub help: Option<String>,
}

impl Problem {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: None }
    }
}

/// What is kept of a file.
#[derive(Clone, Debug, Default)]
pub struct Elf {
    pub entry: u64,
    /// Ascending by address.
    pub segments: Vec<Segment>,
    /// Defined symbols by name: address and size.
    pub symbols: BTreeMap<String, (u64, u64)>,
    /// Functions by address, for fault reports.
    pub functions: Vec<(u32, String)>,
    pub note: Option<AbiNote>,
}

/// A PT_LOAD.
#[derive(Clone, Debug)]
pub struct Segment {
    pub address: u64,
    pub memory: u64,
    pub data: Vec<u8>,
    pub writable: bool,
    pub executable: bool,
}

impl Segment {
    /// First byte past it.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.address.saturating_add(self.memory)
    }

    /// Address of its first page.
    #[must_use]
    pub fn first_page(&self) -> u64 {
        self.address & !(PAGE - 1)
    }

    #[must_use]
    pub fn pages(&self) -> u64 {
        (self.end() - self.first_page()).div_ceil(PAGE)
    }
}

impl Elf {
    /// The segment that holds `len` bytes at `address`.
    #[must_use]
    pub fn holder(&self, address: u64, len: u64) -> Option<&Segment> {
        self.segments.iter().find(|s| s.address <= address && address.saturating_add(len) <= s.end())
    }
}

/// An ELF file that services run.
pub struct Program {
    /// As system.xml names it.
    pub file: String,
    pub elf: Elf,
    /// It is handed over after the boot (SPEC D-6).
    pub delivered: bool,
}
