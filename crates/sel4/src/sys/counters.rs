// SPDX-License-Identifier: BSD-2-Clause
//! How many system calls of each kind were made, and how many invocations of each label.
//!
//! With the feature `count-syscalls`; without it counting is nothing and every count is 0.
//! Counters are plain words: exact for one thread, which the root task is. They wrap at 2^32.

use super::{Kind, label};

/// Counts at one moment, or between two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counters {
    syscalls: [u32; Kind::ALL.len()],
    invocations: [u32; label::COUNT],
}

impl Counters {
    /// Nothing counted.
    pub const ZERO: Counters = Counters { syscalls: [0; Kind::ALL.len()], invocations: [0; label::COUNT] };

    /// System calls of one kind.
    pub const fn kind(&self, kind: Kind) -> u32 {
        self.syscalls[kind as usize]
    }

    /// Invocations of one label ([`label`]); they are also calls.
    pub fn invocation(&self, label: u32) -> u32 {
        self.invocations.get(label as usize).copied().unwrap_or(0)
    }

    /// All system calls but debug ones, which a release kernel does not have.
    pub fn total(&self) -> u32 {
        let debug = self.syscalls[Kind::Debug as usize];
        self.syscalls.iter().sum::<u32>() - debug
    }

    /// Kinds that were used, by name.
    pub fn kinds(&self) -> impl Iterator<Item = (&'static str, u32)> + '_ {
        Kind::ALL.iter().map(|kind| (kind.name(), self.kind(*kind))).filter(|(_, n)| *n != 0)
    }

    /// Invocations that were used, by the kernel's label name.
    pub fn invocations(&self) -> impl Iterator<Item = (&'static str, u32)> + '_ {
        label::NAMES.iter().copied().zip(self.invocations).filter(|(_, n)| *n != 0)
    }

    /// What was counted after `earlier`.
    pub fn since(&self, earlier: &Counters) -> Counters {
        self.combined(earlier, u32::wrapping_sub)
    }

    /// The sum of two counts.
    pub fn plus(&self, other: &Counters) -> Counters {
        self.combined(other, u32::wrapping_add)
    }

    fn combined(&self, other: &Counters, combine: fn(u32, u32) -> u32) -> Counters {
        let mut result = self.clone();
        let pairs = result.syscalls.iter_mut().zip(other.syscalls);
        pairs.for_each(|(mine, theirs)| *mine = combine(*mine, theirs));
        let pairs = result.invocations.iter_mut().zip(other.invocations);
        pairs.for_each(|(mine, theirs)| *mine = combine(*mine, theirs));
        result
    }
}

#[cfg(feature = "count-syscalls")]
mod counting {
    use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

    use super::{Counters, Kind, label};

    static SYSCALLS: [AtomicU32; Kind::ALL.len()] = [const { AtomicU32::new(0) }; Kind::ALL.len()];
    static INVOCATIONS: [AtomicU32; label::COUNT] = [const { AtomicU32::new(0) }; label::COUNT];

    #[inline(always)]
    fn count(counter: &AtomicU32) {
        // Not fetch_add: a locked instruction costs more than the counter is worth.
        counter.store(counter.load(Relaxed).wrapping_add(1), Relaxed);
    }

    #[inline(always)]
    pub fn syscall(kind: Kind) {
        count(&SYSCALLS[kind as usize]);
    }

    #[inline(always)]
    pub fn invocation(label: u32) {
        if let Some(counter) = INVOCATIONS.get(label as usize) {
            count(counter);
        }
    }

    /// What was counted up to now.
    pub fn read() -> Counters {
        let mut counters = Counters::ZERO;
        let pairs = counters.syscalls.iter_mut().zip(&SYSCALLS);
        pairs.for_each(|(to, from)| *to = from.load(Relaxed));
        let pairs = counters.invocations.iter_mut().zip(&INVOCATIONS);
        pairs.for_each(|(to, from)| *to = from.load(Relaxed));
        counters
    }
}

#[cfg(not(feature = "count-syscalls"))]
mod counting {
    use super::{Counters, Kind};

    #[inline(always)]
    pub fn syscall(_kind: Kind) {}

    #[inline(always)]
    pub fn invocation(_label: u32) {}

    /// Nothing: the feature `count-syscalls` is off.
    pub fn read() -> Counters {
        Counters::ZERO
    }
}

pub use counting::read;
pub(crate) use counting::{invocation, syscall};
