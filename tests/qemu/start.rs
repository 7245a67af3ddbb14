// SPDX-License-Identifier: BSD-2-Clause
//! Order, readiness, and what is built from them.

use partenza_tests::image::Image;
use partenza_tests::machine::Machine;
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

#[test]
fn services_of_two_layers_start_in_order() {
    let system = System::new("two-layers")
        .with(Service::new("upper", "trivial", 5).requires("lower"))
        .with(Service::new("lower", "trivial", 2));
    let outcome = Machine::new(&Image::of(Kernel::Debug, "two-layers", &system)).ends_after_boot().run();
    outcome.must_have_ended();
    outcome.same("running and failed", outcome.log.complete(), Some((2, 0)));
    outcome.same("the order", outcome.log.names(), &["lower", "upper"][..]);
}
