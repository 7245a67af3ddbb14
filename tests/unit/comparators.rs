// SPDX-License-Identifier: BSD-2-Clause
//! A comparator is armed before the counter, however long the processor is away in the middle of it.

use std::cell::Cell;

use proptest::prelude::*;

use crate::comparator::arm;

proptest! {
    #[test]
    fn the_counter_does_not_pass_the_comparator_unseen(
        bits in prop::sample::select(vec![32_u32, 64]),
        begin in any::<u64>(),
        ticks in 1..1_000_u64,
        // Ticks between two looks at the counter, at first; then it takes a few.
        away in prop::collection::vec(0..100_000_u64, 0..8),
    ) {
        let mask = u64::MAX >> (64 - bits);
        let counter = Cell::new(begin & mask);
        let away = Cell::new(away.into_iter());
        let read = || {
            let mut rest = away.take();
            counter.set(counter.get().wrapping_add(rest.next().unwrap_or(1)) & mask);
            away.set(rest);
            counter.get()
        };
        let comparator = Cell::new(0);
        arm(ticks, mask, read, |at| comparator.set(at));
        let left = comparator.get().wrapping_sub(counter.get()) & mask;
        prop_assert!((1..=ticks.max(400_000)).contains(&left), "{left} ticks left");
    }
}
