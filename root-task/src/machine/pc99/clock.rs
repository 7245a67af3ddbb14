// SPDX-License-Identifier: BSD-2-Clause
//! Time on pc99: the TSC tells it, one comparator of the HPET (or the PIT) wakes Init at the one armed deadline.
//!
//! There is no tick of ours. A wake that comes early or late only makes the loop read the clock again.

use partenza_lifecycle::Instant;
use partenza_plan::PcTimer;
use sel4::cap;

use super::comparator;

/// Reads the TSC and knows when Init began.
#[derive(Clone, Copy)]
pub struct Clock {
    origin: u64,
    mhz: u64,
}

impl Clock {
    /// `mhz` as the kernel measured it; the clock counts from the TSC value `origin`.
    #[must_use]
    pub fn new(origin: u64, mhz: u32) -> Self {
        Self { origin, mhz: u64::from(mhz).max(1) }
    }

    /// Microseconds since the kernel handed over.
    #[must_use]
    #[inline]
    pub fn now(&self) -> Instant {
        Instant::from_micros(self.cycles() / self.mhz)
    }

    /// TSC ticks since the kernel handed over.
    #[must_use]
    pub fn cycles(&self) -> u64 {
        tsc().wrapping_sub(self.origin)
    }
}

/// The time stamp counter.
#[must_use]
pub fn tsc() -> u64 {
    // SAFETY: reading the TSC has no effect; seL4 leaves CR4.TSD clear, so it does not fault.
    unsafe { core::arch::x86_64::_rdtsc() }
}

/// What wakes Init.
pub enum Timer {
    Hpet(Hpet),
    Pit(cap::IOPort),
}

impl Timer {
    /// Pin of the first IOAPIC that the timer raises.
    #[must_use]
    pub fn pin(timer: PcTimer) -> u8 {
        match timer {
            PcTimer::Hpet { pin, .. } => pin,
            PcTimer::Pit => 2,
        }
    }

    /// Arms for `deadline`, replacing what was armed; it is `now`. A deadline in the past wakes at once.
    pub fn arm(&mut self, now: Instant, deadline: Instant) {
        let micros = deadline.since(now).as_micros().max(MIN_WAIT);
        match self {
            Timer::Hpet(hpet) => hpet.arm(micros),
            Timer::Pit(ports) => arm_pit(*ports, micros),
        }
    }

    /// Nothing is waited for: what is armed would be a wake for nothing. The PIT cannot be told; it wakes once more.
    pub fn rest(&mut self) {
        if let Timer::Hpet(hpet) = self {
            hpet.arm(MAX_WAIT);
        }
    }
}

/// Shortest wait that is armed, in microseconds: long enough that arming it once nearly always does.
const MIN_WAIT: u64 = 5;
/// Longest wait that is armed, 2.4 hours (its femtoseconds fit 64 bits); a longer one is armed again when it ends.
const MAX_WAIT: u64 = 1 << 33;

/// The HPET's registers, mapped.
pub struct Hpet {
    registers: *mut u64,
    femtos: u64,
    /// Largest count that the timer compares.
    mask: u64,
}

const CAPABILITIES: usize = 0x00;
const CONFIGURATION: usize = 0x10;
const COUNTER: usize = 0xf0;
const TIMER_CONFIGURATION: usize = 0x100;
const COMPARATOR: usize = 0x108;
const COUNTER_64: u64 = 1 << 13;
const ENABLE: u64 = 1;
const INTERRUPT_ENABLE: u64 = 1 << 2;
const ROUTE_SHIFT: u32 = 9;

impl Hpet {
    /// `None` when there is no HPET behind the registers, or its timer cannot raise `pin`.
    ///
    /// # Safety
    /// `registers` is one page of device memory, mapped uncached, that nobody else uses.
    pub unsafe fn new(registers: *mut u64, pin: u8) -> Option<Self> {
        let this = Self { registers, femtos: 0, mask: 0 };
        let capabilities = this.read(CAPABILITIES);
        let femtos = capabilities >> 32;
        // IA-PC HPET 1.0a, 2.3.4: the period is between 1 fs and 100 ns.
        if !(1..=100_000_000).contains(&femtos) {
            return None;
        }
        let routes = this.read(TIMER_CONFIGURATION) >> 32;
        if routes >> pin & 1 == 0 {
            return None;
        }
        this.write(CONFIGURATION, ENABLE);
        this.write(TIMER_CONFIGURATION, INTERRUPT_ENABLE | u64::from(pin) << ROUTE_SHIFT);
        let mask = if capabilities & COUNTER_64 != 0 { u64::MAX } else { u64::from(u32::MAX) };
        this.write(COMPARATOR, mask);
        Some(Self { femtos, mask, ..this })
    }

    /// The TSC's rate by this counter, where the kernel does not tell it: takes 10 ms.
    #[must_use]
    pub fn tsc_mhz(&self) -> u32 {
        const MICROS: u64 = 10_000;
        let ticks = MICROS * 1_000_000_000 / self.femtos;
        let (begin, from) = (self.read(COUNTER), tsc());
        while self.read(COUNTER).wrapping_sub(begin) & self.mask < ticks {}
        (tsc().wrapping_sub(from) / MICROS) as u32
    }

    fn arm(&mut self, micros: u64) {
        let ticks = (micros.min(MAX_WAIT) * 1_000_000_000 / self.femtos).min(self.mask >> 1);
        comparator::arm(ticks, self.mask, || self.read(COUNTER), |at| self.write(COMPARATOR, at));
    }

    fn read(&self, offset: usize) -> u64 {
        // SAFETY: `offset` is one of the constants above, inside the page that `new`'s caller vouched for.
        unsafe { self.registers.byte_add(offset).read_volatile() }
    }

    fn write(&self, offset: usize, value: u64) {
        // SAFETY: as in `read`.
        unsafe { self.registers.byte_add(offset).write_volatile(value) }
    }
}

/// The PIT's input clock in Hz.
const PIT_HZ: u64 = 1_193_182;

/// Channel 0, mode 0 (one shot); at most 55 ms, after which the loop arms again.
fn arm_pit(ports: cap::IOPort, micros: u64) {
    let count = (micros.min(50_000) * PIT_HZ / 1_000_000).clamp(1, 0xffff) as u16;
    let [low, high] = count.to_le_bytes();
    // The root task holds all ports, so none of these can be refused.
    let _ = ports.ioport_out8(0x43, 0x30);
    let _ = ports.ioport_out8(0x40, low);
    let _ = ports.ioport_out8(0x40, high);
}
