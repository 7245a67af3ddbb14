// SPDX-License-Identifier: BSD-2-Clause
//! How much chance there is in a row of times: a cautious estimate.

/// Steps that a new one is compared with: more than any loop around a time has different ones.
const REMEMBERED: usize = 8;

/// Judges times one after the other.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rating {
    last: u64,
    /// Between the last times, in a ring.
    steps: [u64; REMEMBERED],
    next: usize,
    bits: u32,
}

impl Rating {
    /// Takes a time into account. It counts as one bit if it is none that its predecessors tell: as far from the last as any of
    /// the last eight was, or as much farther than the one before as that was.
    pub fn judge(&mut self, time: u64) {
        let step = time.wrapping_sub(self.last);
        let ago = |n: usize| self.steps[(self.next + REMEMBERED - n) % REMEMBERED];
        let grows_evenly = step.wrapping_sub(ago(1)) == ago(1).wrapping_sub(ago(2));
        if !self.steps.contains(&step) && !grows_evenly {
            self.bits += 1;
        }
        self.last = time;
        self.steps[self.next] = step;
        self.next = (self.next + 1) % REMEMBERED;
    }

    /// Bits of chance, by that estimate.
    #[must_use]
    pub fn bits(&self) -> u32 {
        self.bits
    }
}
