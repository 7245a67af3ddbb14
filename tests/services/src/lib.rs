// SPDX-License-Identifier: BSD-2-Clause
//! Services for the tests in QEMU. What each does is decided by its arguments, so few ELFs make many tests; what it
//! saw it says in `Message` events, because tests read nothing else.
//!
//! | ELF | arguments | does |
//! |---|---|---|
//! | `trivial` | - | hello, ready, nothing else: the bench's service |
//! | `misbehave` | MODE and what it takes | breaks one rule; see `misbehave.rs` for the modes |
//! | `hostile` | MODE and what it takes | attacks the system once it is ready; see `hostile.rs` |
//! | `patient` | KEY=VALUE… | a good service but for what it is told to do; see `patient.rs` |
//! | `script` | STEP… | asks for one thing after another once it is ready; see `steps.rs` |
//! | `driver` | STEP,STEP…… | has the PC's interval timer interrupt, and hears it, each incarnation as it is told; see `driver.rs` |
//! | `ticker` | KEY=VALUE… | drives a device that interrupts at a steady rate; see `ticker.rs` |
//! | `devices` | - | drives two devices with a range of ports each and an interrupt each, one level-triggered, one edge-triggered; see `devices.rs` |
//! | `courier` | STEP… | the same, and delivers a program that it carries; see `courier.rs` |
//! | `mayfly` | - | faults 5 ms after it is ready, with both times in registers: the bench's measure of a restart |
//! | `witness` | \[LAST,… \[PAUSE\]\] | serves `test/count`: answers each call with how many it has answered, after PAUSE ms; touches address 0 at the call after LAST, which is a number, `any`, or drawn, for each incarnation, the last for all that follow |
//! | `prober` | CALLS \[FIRST\] | calls `test/count` CALLS times before ready, again when stopped and at each signal of a peer |
//! | `knocker` | - | calls the one peer that it can call 32 times with operations and payloads that mean nothing; a call that is not answered is its end |
//! | `wrong_module` | MODE | breaks one clause of the conformance tool; see `wrong_module.rs` for the modes |
//! | `scribe` | \[LAST\] | a log service: keeps lines; dies of the line after LAST |
//! | `guard` | CLIENT… | a sidecar on the way to `log/store`: lets lines of these clients through |
//! | `writer` | COUNT | writes so many lines to `log/lines` once it is ready |
//! | `neighbour` | - | calls `test/neighbour` once before ready if it has such a channel; answers the same |
//! | `parent` | LETTERS STEP… | handles faults of its children as it is told; see `parent.rs` |
//! | `child` | STEP… | faults as it is told, for its parent; see `child.rs` |
//!
//! `prober` expects consecutive numbers, in the first round from FIRST on (`any`, the default: from whatever comes),
//! later from where it ended, or, for `any`, from whatever comes. It says `answered 10 of 10, 1 to 10`, or
//! `answered 9 of 10, 1 to 9: …` with what went wrong. So a prober that starts before the culprit and one that starts
//! after it, with FIRST one more than the calls of the former, show that the witness lost no call and did none twice.
//!
//! `witness` and `neighbour` say `answered N for CLIENT` for each call, `neighbour` says `called, answer N` for its
//! own.
#![no_std]
#![deny(unsafe_code)]

pub mod steps;

use partenza_service::{Code, Context, ServiceError};

/// `test/count` and `test/neighbour`: no payload, answer `u32`: calls answered, this one counted.
pub const COUNT: u64 = 80;

/// The first argument, a number; `None` without one.
///
/// # Errors
/// It is no number.
pub fn first_number(context: &Context) -> Result<Option<u32>, Code> {
    let number = context.startup().args().next().map(str::parse).transpose();
    number.map_err(|_| ServiceError::BadArgument.code())
}

/// `log/lines` and `log/store`: payload `u32`, the line's number; answer `u32`: lines kept.
pub const APPEND: u64 = 81;

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

/// Ticks of the TSC in a millisecond, where the machine counts one instruction a nanosecond.
pub const TICKS: u64 = 1_000_000;

/// Keeps the processor busy for so long.
pub fn wait(milliseconds: u64) {
    let begin = tsc();
    while tsc().wrapping_sub(begin) < milliseconds.saturating_mul(TICKS) {
        // Not `spin_loop`: emulators spend a microsecond on each of those.
        core::hint::black_box(0);
    }
}

/// The time stamp counter.
#[expect(unsafe_code, reason = "there is no safe way to read it")]
#[must_use]
pub fn tsc() -> u64 {
    // SAFETY: reading the TSC has no effect; seL4 lets user code do it.
    unsafe { core::arch::x86_64::_rdtsc() }
}

/// Keeps the processor busy for ever.
pub fn spin() -> ! {
    loop {
        core::hint::black_box(0);
    }
}
