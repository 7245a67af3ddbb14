//! Counts whom it greeted. Serves `demo/greeting`.
#![no_std]
#![no_main]

use core::fmt::Write;

use partenza_service::{Answered, Call, Code, Context, InfoText, Service, serve};
use sel4_microkit::{Handler, protection_domain};

/// `demo/greeting`: nothing is asked, the answer is how many were greeted. Labels of an interface begin at 80.
const GREET: u64 = 80;

struct Greeter {
    greeted: u32,
}

impl Service for Greeter {
    fn call(&mut self, _context: &Context, call: &mut Call<'_>) -> Result<Answered, Code> {
        match call.label() {
            GREET => {
                call.needs_read()?;
                self.greeted += 1;
                call.answer(&self.greeted)
            }
            _ => call.unknown(),
        }
    }

    fn describe(&self, _context: &Context, text: &mut InfoText) {
        // Text never fails.
        let _ = write!(text, "{} greeted", self.greeted);
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(Greeter { greeted: 0 })
}
