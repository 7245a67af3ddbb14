// SPDX-License-Identifier: BSD-2-Clause
//! Time as the machine sees it: a number that its caller passes in.
//!
//! Both types count microseconds and saturate instead of wrapping, so that an absurd timeout in a plan means
//! "practically never" and not "at once".

/// A point in time, in microseconds since an origin that the caller chose and keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

/// A span of time, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(u64);

impl Instant {
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// The point `span` later, or the last one that can be told.
    pub const fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// How long it is since `earlier`; zero if `earlier` is not earlier.
    pub const fn since(self, earlier: Instant) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }
}

impl Duration {
    pub const ZERO: Self = Self(0);

    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// `percent` hundredths of the span: the `timeouts` boot parameter (SPEC B-4).
    pub const fn scaled(self, percent: u32) -> Self {
        Self(self.0.saturating_mul(percent as u64) / 100)
    }

    /// `percent` hundredths of the span, rounded up so that what should grow does: the back-off (SPEC L-2).
    pub const fn grown(self, percent: u32) -> Self {
        Self(self.0.saturating_mul(percent as u64).div_ceil(100))
    }

    /// Both, one after the other.
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}
