// SPDX-License-Identifier: BSD-2-Clause
//! Secrets of incarnations (SPEC G-2): ChaCha8, seeded once with the SHA-256 of what the machine has of chance: the
//! processor's random numbers (RDRAND), else the jitter of the TSC over work in memory.
//!
//! Jitter is rated as it comes ([`Rating`]) and taken until it is worth twice a seed's bits, or until [`MAX_SAMPLES`]. A seed
//! from jitter is reported as weak; one whose rating stays below its bits as one that can be guessed.

use core::arch::x86_64::{__cpuid, _rdrand64_step};

use partenza_plan::sha256::Sha256;
use partenza_protocol::Secret;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::jitter::Rating;
use crate::machine::clock::tsc;

/// Where the seed came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quality {
    /// From the processor's random numbers.
    Good,
    /// From jitter that was worth a seed.
    Jitter,
    /// From times that tell each other.
    Guessable,
}

pub struct Entropy {
    generator: ChaCha8Rng,
    quality: Quality,
}

/// Bits of the seed that secrets are worth.
const SEED_BITS: u32 = 128;
const MAX_SAMPLES: usize = 1024;

impl Default for Entropy {
    fn default() -> Self {
        Self::new()
    }
}

impl Entropy {
    /// Seeds from the best source that the machine has.
    #[must_use]
    pub fn new() -> Self {
        let mut hash = Sha256::default();
        let quality = if processor(&mut hash) {
            Quality::Good
        } else if jitter(&mut hash) >= SEED_BITS {
            Quality::Jitter
        } else {
            Quality::Guessable
        };
        Self { generator: ChaCha8Rng::from_seed(hash.finish()), quality }
    }

    /// How hard secrets are to guess for who knows the machine well.
    #[must_use]
    pub fn quality(&self) -> Quality {
        self.quality
    }

    pub fn secret(&mut self) -> Secret {
        let mut secret = [0; 16];
        self.generator.fill_bytes(&mut secret);
        Secret(secret)
    }
}

/// Hashes 256 bits of the processor's random numbers, if it has any, and the time.
fn processor(hash: &mut Sha256) -> bool {
    hash.update(&tsc().to_le_bytes());
    // CPUID.01H:ECX.RDRAND[bit 30]
    let has_rdrand = __cpuid(1).ecx >> 30 & 1 == 1;
    has_rdrand
        && (0..4).all(|_| {
            let mut word = 0;
            // Intel's advice: ten tries, then the source is broken.
            // SAFETY: CPUID says that the instruction exists.
            let drawn = (0..10).any(|_| unsafe { _rdrand64_step(&mut word) } == 1);
            hash.update(&word.to_le_bytes());
            drawn
        })
}

/// Hashes readings of the TSC, with work in memory between them, and rates them. What the rating calls bits.
fn jitter(hash: &mut Sha256) -> u32 {
    let mut rating = Rating::default();
    let mut memory = [0u8; 256];
    for round in 0..MAX_SAMPLES {
        let at = usize::from(memory[round % memory.len()]) ^ round;
        let memory = core::hint::black_box(&mut memory);
        memory[at % memory.len()] = memory[at % memory.len()].wrapping_mul(5).wrapping_add(round as u8);
        let time = tsc();
        rating.judge(time);
        hash.update(&time.to_le_bytes());
        if rating.bits() >= 2 * SEED_BITS {
            break;
        }
    }
    rating.bits()
}
