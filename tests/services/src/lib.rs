// SPDX-License-Identifier: BSD-2-Clause
//! Services for the tests in QEMU. What each does is decided by its arguments, so few ELFs make many tests; what it
//! saw it says in `Message` events, because tests read nothing else.
//!
//! | ELF | arguments | does |
//! |---|---|---|
//! | `trivial` | - | hello, ready, nothing else: the bench's service |
//! | `misbehave` | MODE and what it takes | breaks one rule; see `misbehave.rs` for the modes |
//! | `witness` | \[LAST\] | serves `test/count`: answers each call with how many it has answered; touches address 0 at the call after LAST |
//! | `prober` | CALLS \[FIRST\] | calls `test/count` CALLS times before ready, again when stopped and at each signal of a peer |
//! | `neighbour` | - | calls `test/neighbour` once before ready if it has such a channel; answers the same |
//!
//! `prober` expects consecutive numbers, in the first round from FIRST on (`any`, the default: from whatever comes),
//! later from where it ended, or, for `any`, from whatever comes. It says `answered 10 of 10, 1 to 10`, or
//! `answered 9 of 10, 1 to 9: …` with what went wrong. So a prober that starts before the culprit and one that starts
//! after it, with FIRST one more than the calls of the former, show that the witness lost no call and did none twice.
//!
//! `witness` and `neighbour` say `answered N for CLIENT` for each call, `neighbour` says `called, answer N` for its
//! own.
#![no_std]
#![forbid(unsafe_code)]

/// `test/count` and `test/neighbour`: no payload, answer `u32`: calls answered, this one counted.
pub const COUNT: u64 = 80;

/// A small generator (xorshift64*): the same numbers in every run.
pub struct Noise(u64);

impl Noise {
    /// `seed` is not 0.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn word(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}
