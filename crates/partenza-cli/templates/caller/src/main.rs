//! Asks to be greeted, and says so in the event log.
#![no_std]
#![no_main]

use partenza_service::{Code, Context, Level, Service, serve};
use sel4_microkit::{Handler, protection_domain};

/// See `greeter`.
const GREET: u64 = 80;

struct Caller;

impl Service for Caller {
    /// The greeter runs already: the manifest requires what it provides.
    fn start(&mut self, context: &Context) -> Result<(), Code> {
        // The channel is found by the name of the interface; no number of system.xml is written into a service.
        let greeter = context.peer("demo/greeting")?;
        let number: u32 = greeter.get(GREET)?;
        let word = context.startup().args().next().unwrap_or("Nothing");
        context.log(Level::Info, format_args!("{word} from the greeter, number {number}"));
        Ok(())
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(Caller)
}
