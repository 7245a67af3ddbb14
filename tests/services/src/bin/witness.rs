// SPDX-License-Identifier: BSD-2-Clause
//! Counts the calls that it answers, and answers with the count; dies of the call after the last, if it has one.
//!
//! Arguments: after how many calls it dies, or `any`, or `below:LIMIT:SEED` for fewer than so many, drawn anew by each
//! incarnation; a value for each incarnation with commas between, the last for all that follow; milliseconds that a call takes; `crash` if its first incarnation dies before it is ready, or `asks` if it
//! asks the Supervisor a hundred questions in each call, which may be more than it is allowed at once.
#![no_std]
#![no_main]

use partenza_protocol::request::Uptime;
use partenza_protocol::{Incarnation, Op};
use partenza_service::{Answered, Call, Code, Context, Level, Service, ServiceError, crash, serve};
use partenza_test_services::{COUNT, Noise, wait};
use sel4_microkit::{Handler, protection_domain};

struct Witness {
    answered: u32,
    last: Option<u32>,
    /// Milliseconds that a call takes.
    pause: u64,
    asks: bool,
}

/// Questions of a call.
const QUESTIONS: u32 = 100;

impl Service for Witness {
    fn start(&mut self, context: &Context) -> Result<(), Code> {
        let mut args = context.startup().args();
        let lasts = args.next().unwrap_or("any");
        let nth = context.incarnation().0.saturating_sub(1) as usize;
        let last = lasts.split(',').nth(nth).or(lasts.split(',').next_back()).filter(|last| *last != "any");
        self.last = last.map(|last| number_of_calls(last, context.incarnation())).transpose()?;
        let pause = args.next().map(str::parse).transpose();
        self.pause = pause.map_err(|_| ServiceError::BadArgument)?.unwrap_or(0);
        match args.next() {
            Some("crash") if nth == 0 => crash(0),
            other => self.asks = other == Some("asks"),
        }
        Ok(())
    }

    fn call(&mut self, context: &Context, call: &mut Call<'_>) -> Result<Answered, Code> {
        match call.label() {
            COUNT => {
                wait(self.pause);
                for _ in 0..if self.asks { QUESTIONS } else { 0 } {
                    context.supervisor().get::<Uptime>(Op::Uptime.label())?;
                }
                if self.last == Some(self.answered) {
                    crash(0);
                }
                self.answered += 1;
                context.log(Level::Info, format_args!("answered {} for {}", self.answered, call.client()));
                call.answer(&self.answered)
            }
            _ => call.unknown(),
        }
    }
}

fn number_of_calls(last: &str, incarnation: Incarnation) -> Result<u32, Code> {
    let number = |text: &str| text.parse::<u32>().map_err(|_| ServiceError::BadArgument.code());
    let Some((limit, seed)) = last.strip_prefix("below:").and_then(|draw| draw.split_once(':')) else {
        return number(last);
    };
    let seed = u64::from(number(seed)?) << 32 | u64::from(incarnation.0);
    // The first word of neighbouring seeds is much the same.
    let mut noise = Noise::new(seed);
    noise.word();
    Ok((noise.word() >> 32) as u32 % number(limit)?.max(1))
}

#[protection_domain]
fn init() -> impl Handler {
    serve(Witness { answered: 0, last: None, pause: 0, asks: false })
}
