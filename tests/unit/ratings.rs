// SPDX-License-Identifier: BSD-2-Clause
//! Times that tell each other are worth nothing, times that do not are worth something.

use proptest::prelude::*;

use crate::jitter::Rating;

fn bits(times: impl IntoIterator<Item = u64>) -> u32 {
    let mut rating = Rating::default();
    times.into_iter().for_each(|time| rating.judge(time));
    rating.bits()
}

proptest! {
    #[test]
    fn even_steps_and_evenly_growing_ones_are_worth_nothing(
        begin in any::<u64>(),
        step in any::<u64>(),
        growth in 0..10_u64,
    ) {
        let times = (0..1000_u64).map(|n| begin.wrapping_add(n.wrapping_mul(step)).wrapping_add(growth * n * n));
        // The first three have no predecessors that could tell them.
        prop_assert!(bits(times) <= 3);
    }

    /// As a loop that hashes a block now and then.
    #[test]
    fn steps_that_come_again_are_worth_nothing(
        begin in any::<u64>(),
        steps in prop::collection::vec(1..1_000_u64, 1..8),
    ) {
        let times = (0..1000).scan(begin, |time, n| {
            *time = time.wrapping_add(steps[n % steps.len()]);
            Some(*time)
        });
        prop_assert!(bits(times) <= 9);
    }

    #[test]
    fn steps_by_chance_are_worth_a_bit_each(steps in prop::collection::vec(any::<u64>(), 256)) {
        let times = steps.iter().scan(0_u64, |time, step| {
            *time = time.wrapping_add(*step);
            Some(*time)
        });
        prop_assert!(bits(times) >= 250);
    }
}
