// SPDX-License-Identifier: BSD-2-Clause
//! Secrets of incarnations (SPEC G-2): ChaCha8, seeded once from the processor's random numbers (RDRAND), else from
//! the jitter of the TSC, which is reported as weak.

use core::arch::x86_64::{__cpuid, _rdrand64_step};

use partenza_protocol::Secret;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::clock::tsc;

pub struct Entropy {
    generator: ChaCha8Rng,
    weak: bool,
}

impl Default for Entropy {
    fn default() -> Self {
        Self::new()
    }
}

impl Entropy {
    /// Seeds from the best source that the machine has.
    #[must_use]
    pub fn new() -> Self {
        let (seed, weak) = match processor_seed() {
            Some(seed) => (seed, false),
            None => (jitter_seed(), true),
        };
        Self { generator: ChaCha8Rng::from_seed(seed), weak }
    }

    /// Whether secrets could be guessed by who knows the machine well.
    #[must_use]
    pub fn is_weak(&self) -> bool {
        self.weak
    }

    pub fn secret(&mut self) -> Secret {
        let mut secret = [0; 16];
        self.generator.fill_bytes(&mut secret);
        Secret(secret)
    }
}

fn processor_seed() -> Option<[u8; 32]> {
    // CPUID.01H:ECX.RDRAND[bit 30]
    let has_rdrand = __cpuid(1).ecx >> 30 & 1 == 1;
    if !has_rdrand {
        return None;
    }
    let mut seed = [0; 32];
    for chunk in seed.chunks_exact_mut(8) {
        let mut word = 0;
        // Intel's advice: ten tries, then the source is broken.
        // SAFETY: CPUID says that the instruction exists.
        let drawn = (0..10).any(|_| unsafe { _rdrand64_step(&mut word) } == 1);
        if !drawn {
            return None;
        }
        chunk.copy_from_slice(&word.to_le_bytes());
    }
    Some(seed)
}

/// Folds the low bits of many TSC readings together; memory writes between them vary with the machine's state.
fn jitter_seed() -> [u8; 32] {
    let mut seed = [0u8; 32];
    for round in 0..1024usize {
        let noise = core::hint::black_box(tsc()).to_le_bytes();
        let at = round % 32;
        seed[at] = seed[at].rotate_left(3) ^ noise[0] ^ noise[1].rotate_left(4);
    }
    seed
}
