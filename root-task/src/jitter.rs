// SPDX-License-Identifier: BSD-2-Clause
//! How much chance there is in a row of times: a cautious estimate.

/// Judges times one after the other.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rating {
    last: u64,
    /// Between the last two times, and between the two before them.
    steps: [u64; 2],
    bits: u32,
}

impl Rating {
    /// Takes a time into account. It counts as one bit if it is none that its predecessors tell: neither as far from the last,
    /// nor as much farther, as the one before was.
    pub fn judge(&mut self, time: u64) {
        let step = time.wrapping_sub(self.last);
        let [before, earlier] = self.steps;
        if step != before && step.wrapping_sub(before) != before.wrapping_sub(earlier) {
            self.bits += 1;
        }
        self.last = time;
        self.steps = [step, before];
    }

    /// Bits of chance, by that estimate.
    #[must_use]
    pub fn bits(&self) -> u32 {
        self.bits
    }
}
