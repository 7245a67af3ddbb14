// SPDX-License-Identifier: BSD-2-Clause
//! Function names of an image, for fault reports (SPEC J-1): small, sorted, read in place.
//!
//! `u32 count`, then `count` times `u32 address, u32 offset of the name from the table's start`, ascending by address,
//! then the names, each `u16 length, bytes`. Little endian. The host writes it with [`write`].

use alloc::vec::Vec;

/// A table in the archive.
#[derive(Clone, Copy)]
pub struct Symbols<'a>(pub &'a [u8]);

impl<'a> Symbols<'a> {
    /// The function that holds `address` and the offset into it. Total: damaged tables find nothing.
    #[must_use]
    pub fn lookup(&self, address: u64) -> Option<(&'a str, u32)> {
        let address = u32::try_from(address).ok()?;
        let (mut low, mut high) = (0, self.word(0)?);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.word(4 + middle as usize * 8)? <= address { low = middle + 1 } else { high = middle }
        }
        let entry = 4 + low.checked_sub(1)? as usize * 8;
        let name_at = self.word(entry + 4)? as usize;
        let len = self.0.get(name_at..name_at + 2).map(|b| u16::from_le_bytes([b[0], b[1]]))? as usize;
        let name = core::str::from_utf8(self.0.get(name_at + 2..name_at + 2 + len)?).ok()?;
        Some((name, address - self.word(entry)?))
    }

    fn word(&self, at: usize) -> Option<u32> {
        self.0.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
    }
}

/// Writes the table of `functions`, which must be sorted by address.
#[must_use]
pub fn write(functions: &[(u32, &str)]) -> Vec<u8> {
    let mut table = Vec::new();
    let mut names = Vec::new();
    let names_at = 4 + functions.len() * 8;
    table.extend((functions.len() as u32).to_le_bytes());
    for (address, name) in functions {
        let name = name.as_bytes();
        let name = &name[..name.len().min(u16::MAX as usize)];
        table.extend(address.to_le_bytes());
        table.extend(((names_at + names.len()) as u32).to_le_bytes());
        names.extend((name.len() as u16).to_le_bytes());
        names.extend(name);
    }
    table.extend(names);
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_belongs_to_the_function_at_or_before_it() {
        let table = write(&[(0x1000, "start"), (0x1040, "run"), (0x2000, "stop")]);
        let symbols = Symbols(&table);
        assert_eq!(symbols.lookup(0xfff), None);
        assert_eq!(symbols.lookup(0x1000), Some(("start", 0)));
        assert_eq!(symbols.lookup(0x103f), Some(("start", 0x3f)));
        assert_eq!(symbols.lookup(0x1041), Some(("run", 1)));
        assert_eq!(symbols.lookup(0x9000), Some(("stop", 0x7000)));
        assert_eq!(symbols.lookup(u64::MAX), None);
        assert_eq!(Symbols(&[]).lookup(1), None);
        assert_eq!(Symbols(&table[..9]).lookup(0x1041), None);
    }
}
