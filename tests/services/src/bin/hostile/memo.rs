// SPDX-License-Identifier: BSD-2-Clause
//! What outlives an incarnation: a page of a memory region, all zeros at first.

use partenza_protocol::Secret;

/// Where the region `memo` is mapped.
const MEMO: usize = 0x1000_0000;
/// Words of the page: the turn, then the secret.
const TURN: usize = 0;
const SECRET: usize = 1;

pub struct Memo;

impl Memo {
    fn word(index: usize) -> *mut u64 {
        core::ptr::with_exposed_provenance_mut::<u64>(MEMO).wrapping_add(index)
    }

    fn get(index: usize) -> u64 {
        // SAFETY: the region is mapped there, writable, to this service alone.
        unsafe { Self::word(index).read_volatile() }
    }

    fn set(index: usize, value: u64) {
        // SAFETY: as in `get`.
        unsafe { Self::word(index).write_volatile(value) }
    }

    /// How often this was asked before; so what is begun twice is begun differently.
    pub fn turn() -> usize {
        let turn = Self::get(TURN);
        Self::set(TURN, turn + 1);
        turn as usize
    }

    pub fn keep_secret(Secret(secret): Secret) {
        let word = u128::from_le_bytes(secret);
        Self::set(SECRET, word as u64);
        Self::set(SECRET + 1, (word >> 64) as u64);
    }

    pub fn secret() -> Secret {
        let word = u128::from(Self::get(SECRET)) | u128::from(Self::get(SECRET + 1)) << 64;
        Secret(word.to_le_bytes())
    }
}
