// SPDX-License-Identifier: BSD-2-Clause
//! How a comparator that fires at one value of a running counter is armed so that it does fire.

/// Arms so that it fires `ticks` from now, or as soon after as can be. `mask` has the bits that are compared, `counter` reads
/// the counter, `set` the comparator.
///
/// A counter that has passed the comparator while that was being set (a processor in system management mode, a virtual
/// machine that was stopped) comes by again only after its whole round. So it is read again, and while it is not before the
/// comparator a longer time is tried.
pub fn arm(mut ticks: u64, mask: u64, mut counter: impl FnMut() -> u64, mut set: impl FnMut(u64)) {
    let half = mask >> 1;
    loop {
        let at = counter().wrapping_add(ticks) & mask;
        set(at);
        let left = at.wrapping_sub(counter()) & mask;
        if (1..=half).contains(&left) || ticks >= half {
            return;
        }
        ticks = (ticks * 2).clamp(1, half);
    }
}
