// SPDX-License-Identifier: BSD-2-Clause
//! Calls the witness and checks that its answers are consecutive; see the library for arguments and messages.
#![no_std]
#![no_main]

use partenza_service::{Code, Context, Level, Peer, Service, ServiceError, serve};
use partenza_test_services::COUNT;
use sel4_microkit::{Channel, Handler, protection_domain};

#[derive(Default)]
struct Prober {
    calls: u32,
    /// `None`: whatever comes.
    expected: Option<u32>,
    any: bool,
}

impl Prober {
    fn round(&mut self, context: &Context) -> Result<(), Code> {
        let witness = context.peer("test/count")?;
        let first = self.expected;
        for done in 0..self.calls {
            if let Err(what) = self.probe(&witness) {
                let last = self.expected.unwrap_or(0).wrapping_sub(1);
                let first = first.unwrap_or(last.wrapping_sub(done).wrapping_add(1));
                context.log(
                    Level::Error,
                    format_args!("answered {done} of {}, {first} to {last}: {what}", self.calls),
                );
                return Ok(());
            }
        }
        let last = self.expected.unwrap_or(1) - 1;
        let first = last + 1 - self.calls;
        context.log(Level::Info, format_args!("answered {0} of {0}, {first} to {last}", self.calls));
        if self.any {
            self.expected = None;
        }
        Ok(())
    }

    fn probe(&mut self, witness: &Peer) -> Result<(), Trouble> {
        let count: u32 = witness.get(COUNT).map_err(Trouble::Refused)?;
        if self.expected.is_some_and(|expected| expected != count) {
            return Err(Trouble::NotConsecutive(count));
        }
        self.expected = Some(count + 1);
        Ok(())
    }
}

enum Trouble {
    Refused(Code),
    NotConsecutive(u32),
}

impl core::fmt::Display for Trouble {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Trouble::Refused(code) => write!(f, "then {code}"),
            Trouble::NotConsecutive(count) => write!(f, "then {count}"),
        }
    }
}

impl Service for Prober {
    fn start(&mut self, context: &Context) -> Result<(), Code> {
        let mut args = context.startup().args();
        let calls = args.next().and_then(|calls| calls.parse().ok());
        self.calls = calls.ok_or(ServiceError::BadArgument)?;
        self.expected = match args.next() {
            None | Some("any") => None,
            Some(first) => Some(first.parse().map_err(|_| ServiceError::BadArgument)?),
        };
        self.any = self.expected.is_none();
        self.round(context)
    }

    fn signalled(&mut self, context: &Context, _channel: Channel) {
        self.again(context);
    }

    fn prepare_stop(&mut self, context: &Context) {
        self.again(context);
    }
}

impl Prober {
    fn again(&mut self, context: &Context) {
        if let Err(code) = self.round(context) {
            context.log(Level::Error, format_args!("no round: {code}"));
        }
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(Prober::default())
}
