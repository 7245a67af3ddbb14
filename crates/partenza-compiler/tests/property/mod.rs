// SPDX-License-Identifier: BSD-2-Clause
//! How properties are tried: the same cases in every run, and with `PARTENZA_SEED=N` (decimal, or hexadecimal behind `0x`)
//! others, those of that seed. What fails is kept beside its test, `NAME.regressions`, and is to be committed.

use proptest::test_runner::{Config, FileFailurePersistence, RngSeed};

/// Of runs that name no seed.
const SEED: u64 = 0x5e14;

/// # Panics
/// `PARTENZA_SEED` is not a number of 64 bits.
pub fn config(cases: u32) -> Config {
    let seed = std::env::var("PARTENZA_SEED").ok().filter(|text| !text.is_empty()).map_or(SEED, |text| {
        let number = match text.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16),
            None => text.parse(),
        };
        number.unwrap_or_else(|_| panic!("PARTENZA_SEED={text}: not a number of 64 bits"))
    });
    println!("PARTENZA_SEED={seed:#x}");
    Config {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..Config::default()
    }
}
