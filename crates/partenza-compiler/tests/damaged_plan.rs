// SPDX-License-Identifier: BSD-2-Clause
//! Whatever happened to a plan's bytes: they are refused, or lead nowhere but into the plan and the machine that it is for.
//!
//! Each input is a sound plan with some bytes changed. It is read as the target reads it, in place; what passes both checks
//! is then used for everything that the target computes from it. The test is built with overflow checks, so arithmetic that
//! only a damaged plan could make overflow fails here. `PARTENZA_DAMAGED_PLANS=1000000` tries a million.

mod support;

use partenza_plan::archived::Plan;
use partenza_plan::{InvalidPlan, MalformedPlan, PAGE, ServiceId};
use support::Bench;

/// What became of a plan.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Malformed,
    Invalid,
    Accepted,
}

fn look(bytes: &[u8], archive: usize) -> Outcome {
    let plan = match Plan::access(bytes) {
        Ok(plan) => plan,
        Err(MalformedPlan) => return Outcome::Malformed,
    };
    match plan.check(archive, 0) {
        Err(InvalidPlan::TooManyServices | InvalidPlan::OutOfRange(_)) => return Outcome::Invalid,
        Ok(()) => {}
    }
    use_everything(plan, archive as u64);
    Outcome::Accepted
}

/// Every index is followed, every range computed.
fn use_everything(plan: &Plan, archive: u64) {
    for service in plan.services.iter() {
        let image = plan.image_of(service);
        let slots = service.slot_map(image, &plan.regions);
        assert!(slots.end <= plan.objects.slots.to_native() && service.priority < 255);
        assert!(service.frame_map(image).count > 0);
        assert!(
            service.service_bytes(&plan.kernel.sizes) + service.incarnation_bytes(image, &plan.kernel.sizes)
                > 0
        );
        assert!(service.stack_bottom() <= service.stack_top.to_native());
        assert!(service.children().all(|(id, _)| plan.service(id).priority < 255));
        assert!(service.endpoint().is_none_or(|endpoint| plan.objects.endpoints > endpoint));
        assert!(service.parent().is_none_or(|(id, _)| plan.service(id).endpoint().is_some()));
        let others = [&service.fallback, &service.sidecar_of].into_iter().filter_map(|id| id.as_ref());
        for id in others.chain(service.requires.iter().map(|requirement| &requirement.on)) {
            assert!(plan.find(&plan.service(ServiceId::from(*id)).name).is_some());
        }
        for map in service.maps.iter() {
            let region = &plan.regions[usize::from(map.region.to_native())];
            let bytes = u64::from(region.pages.to_native()) << region.page_bits;
            assert!(map.address.to_native() + bytes < 1 << 47);
        }
        for patch in service.patches.iter() {
            let end = patch.address.to_native() + patch.bytes.len() as u64;
            assert!(image.segments.iter().any(|s| s.writable && end <= s.range().end));
        }
    }
    for image in plan.images.iter().filter(|image| image.delivered.is_none()) {
        for segment in image.segments.iter() {
            assert!(u64::from(segment.archive.to_native()) + segment.held_pages() * PAGE <= archive);
            assert!(segment.range().end < 1 << 47);
        }
    }
}

/// A small generator of numbers that are the same in every run (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

#[test]
fn a_damaged_plan_is_refused_or_harmless() {
    let compiled = Bench::pair().good();
    let sound = compiled.plan().encode();
    let archive = compiled.archive.len();
    assert_eq!(look(&sound, archive), Outcome::Accepted);

    let mut damaged = sound.clone();
    let mut refused = [0, 0];
    let mut count = |outcome: Outcome| match outcome {
        Outcome::Malformed => refused[0] += 1,
        Outcome::Invalid => refused[1] += 1,
        Outcome::Accepted => {}
    };
    for bit in 0..sound.len() * 8 {
        damaged[bit / 8] ^= 1 << (bit % 8);
        count(look(&damaged, archive));
        damaged[bit / 8] = sound[bit / 8];
    }
    let tries = std::env::var("PARTENZA_DAMAGED_PLANS").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let mut numbers = Numbers(1);
    for _ in 0..tries {
        let places: Vec<usize> = (0..1 + numbers.below(8)).map(|_| numbers.below(sound.len())).collect();
        for place in &places {
            // Small numbers and the largest lead nearer to the edges than any number would.
            damaged[*place] = match numbers.below(4) {
                0 => numbers.below(4) as u8,
                1 => u8::MAX,
                _ => numbers.next() as u8,
            };
        }
        count(look(&damaged, archive));
        for place in places {
            damaged[place] = sound[place];
        }
    }
    assert!(refused.iter().all(|count| *count > 100), "both checks refuse something: {refused:?}");
}

#[test]
fn a_plan_that_is_cut_short_is_malformed() {
    let compiled = Bench::pair().good();
    let sound = compiled.plan().encode();
    for len in 0..sound.len() {
        assert_ne!(look(&sound[..len], compiled.archive.len()), Outcome::Accepted, "{len} bytes");
    }
}
