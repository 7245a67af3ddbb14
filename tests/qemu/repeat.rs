// SPDX-License-Identifier: BSD-2-Clause
//! The same again is the same again.

use std::fs;
use std::mem::discriminant;

use partenza_protocol::event::Event;
use partenza_tests::image::Image;
use partenza_tests::machine::{Machine, Outcome, Pace};
use partenza_tests::tools::Kernel;

fn boot(image: &Image, pace: Pace) -> Outcome {
    let outcome = Machine::new(image).pace(pace).ends_after_boot().run();
    outcome.must_have_ended();
    outcome
}

#[test]
fn packing_twice_gives_the_same_bytes() {
    for kernel in [Kernel::Debug, Kernel::Release] {
        let [first, second] =
            ["pack-first", "pack-second"].map(|name| Image::reference(kernel, name).bytes());
        assert!(first == second, "{}: {} and {} bytes differ", kernel.name(), first.len(), second.len());
    }
}

#[test]
fn packing_elsewhere_gives_the_same_bytes() {
    let kernel = Kernel::Release;
    let first = Image::reference(kernel, "pack-here");
    let elsewhere = first.path.with_file_name("elsewhere.elf");
    fs::rename(&first.path, &elsewhere).expect("the image was just made");
    let again = Image::reference(kernel, "pack-there").bytes();
    assert!(fs::read(&elsewhere).expect("the image was just moved") == again);
}

/// Under counted time, to the microsecond.
#[test]
fn a_counted_boot_repeats_with_the_same_events_at_the_same_times() {
    for kernel in [Kernel::Debug, Kernel::Release] {
        let image = Image::reference(kernel, "repeat-counted");
        let [first, second] = [boot(&image, Pace::Counted), boot(&image, Pace::Counted)];
        first.same("records", &first.log.records, &second.log.records);
    }
}

/// With the host's clock, times differ; what happens, and in which order, does not.
#[test]
fn a_boot_repeats_with_the_same_events_in_the_same_order() {
    let image = Image::reference(Kernel::Debug, "repeat-real");
    let kinds = |outcome: &Outcome| -> Vec<_> {
        let starts = |event: &Event<'_>| match event {
            Event::Starting { service, .. } | Event::Created { service } => Some(*service),
            _ => None,
        };
        outcome.log.events().map(|event| (discriminant(event), starts(event))).collect()
    };
    let [first, second] = [boot(&image, Pace::Real), boot(&image, Pace::Real)];
    first.same("kinds of events", kinds(&first), kinds(&second));
}
