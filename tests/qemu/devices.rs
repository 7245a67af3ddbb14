// SPDX-License-Identifier: BSD-2-Clause
//! A driver in Rust with several devices: which range of ports is which, which interrupt came, and when to acknowledge it.

use partenza_tests::image::Image;
use partenza_tests::machine::Machine;
use partenza_tests::system::{Service, System};
use partenza_tests::tools::Kernel;

/// The ids are in an order of their own: the driver learns them from its variables.
const DEVICES: &str = "\
    <ioport id=\"7\" addr=\"0x40\" size=\"4\" setvar_id=\"timer_ports\"/>
    <ioport id=\"4\" addr=\"0x70\" size=\"2\" setvar_id=\"clock_ports\"/>
    <irq id=\"20\" pin=\"8\" vector=\"3\" trigger=\"level\" polarity=\"high\" setvar_id=\"clock_irq\"/>
    <irq id=\"21\" pin=\"2\" vector=\"2\" trigger=\"edge\" setvar_id=\"timer_irq\"/>";

/// Acknowledged before it is served, a level-triggered interrupt comes once more for nothing; acknowledged after, an edge
/// that came meanwhile is lost, and the timer is waited for in vain.
#[test]
fn a_driver_of_several_devices_knows_which_interrupts_and_loses_none() {
    let driver = Service::new("driver", "devices", 5).holds(
        "{serial: clock}, {serial: timer}",
        "serial: {clock: {ioport: 4, irq: 20}, timer: {ioport: 7, irq: 21}}",
        DEVICES,
    );
    let system = System::new("devices").with(driver);
    for kernel in [Kernel::Debug, Kernel::Release] {
        let mut machine = Machine::new(&Image::of(kernel, "devices", &system)).start();
        machine.wait_for("the last interrupt", |log| {
            log.find("driver").is_some_and(|_| log.lines("driver").len() == 6)
        });
        machine.shut_down();
        let outcome = machine.end();
        let said: Vec<&str> = outcome.log.lines("driver").into_iter().map(|(_, text)| text).collect();
        let expected = [
            "16 bits: true",
            "32 bits: true",
            "what is not in the range is refused: true",
            "one of several is not guessed: true",
            "timer: 8 interrupts",
            "clock: 8 interrupts, 0 for nothing",
        ];
        outcome.same("what the driver says", said, expected.to_vec());
    }
}
