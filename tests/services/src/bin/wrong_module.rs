// SPDX-License-Identifier: BSD-2-Clause
//! A module that breaks one clause of the conformance tool, and no other. Its first argument names how:
//!
//! | mode | does |
//! |---|---|
//! | `wrong-channel` | ready as serving on channel 17, and nothing provided |
//! | `spins` | ready, and then an endless loop |
//! | `deaf` | an endless loop in place of the answer to a probe |
//! | `unwell` | says that it is not well |
//! | `once` | ends before ready when it is not the first incarnation |
//! | `deaf-to-callers` | an endless loop in place of the answer to a call |
//! | `falls-to-callers` | touches address 0 when it is called |
//! | `stays` | an endless loop in place of ReadyToStop |
//! | `falls-at-the-end` | touches address 0 in place of Stopped |
#![no_std]
#![no_main]

use heapless::Vec;
use partenza_protocol::Op;
use partenza_protocol::control::ServiceReady;
use partenza_service::{Answered, Call, Code, Context, Health, Service, ServiceError, crash, serve};
use sel4_microkit::{Handler, protection_domain};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    WrongChannel,
    Spins,
    Deaf,
    Unwell,
    Once,
    DeafToCallers,
    FallsToCallers,
    Stays,
    FallsAtTheEnd,
}

const MODES: &[(&str, Mode)] = &[
    ("wrong-channel", Mode::WrongChannel),
    ("spins", Mode::Spins),
    ("deaf", Mode::Deaf),
    ("unwell", Mode::Unwell),
    ("once", Mode::Once),
    ("deaf-to-callers", Mode::DeafToCallers),
    ("falls-to-callers", Mode::FallsToCallers),
    ("stays", Mode::Stays),
    ("falls-at-the-end", Mode::FallsAtTheEnd),
];

struct Wrong {
    mode: Option<Mode>,
}

impl Wrong {
    fn is(&self, mode: Mode) -> bool {
        self.mode == Some(mode)
    }

    fn spin_if(&self, mode: Mode) {
        if self.is(mode) {
            loop {
                core::hint::black_box(0);
            }
        }
    }
}

impl Service for Wrong {
    fn start(&mut self, context: &Context) -> Result<(), Code> {
        let word = context.startup().args().next().unwrap_or_default();
        self.mode = MODES.iter().find(|(known, _)| *known == word).map(|(_, mode)| *mode);
        match self.mode {
            None => Err(ServiceError::BadArgument.code()),
            Some(Mode::Once) if context.incarnation().0 > 1 => Err(ServiceError::NotSupported.code()),
            Some(Mode::WrongChannel) => {
                let (name, version) = (context.name(), context.startup().version());
                let ready = ServiceReady { name, endpoint: Some(17), version, provides: Vec::new() };
                context.supervisor().tell(Op::Ready.label(), &ready)
            }
            Some(_) => Ok(()),
        }
    }

    fn started(&mut self, _context: &Context) {
        self.spin_if(Mode::Spins);
    }

    fn call(&mut self, _context: &Context, call: &mut Call<'_>) -> Result<Answered, Code> {
        self.spin_if(Mode::DeafToCallers);
        if self.is(Mode::FallsToCallers) {
            crash(0)
        }
        call.unknown()
    }

    fn health<'a>(&'a self, health: &mut Health<'a>) {
        self.spin_if(Mode::Deaf);
        health.healthy = !self.is(Mode::Unwell);
    }

    fn prepare_stop(&mut self, _context: &Context) {
        self.spin_if(Mode::Stays);
    }

    fn stop(&mut self, _context: &Context) -> i32 {
        if self.is(Mode::FallsAtTheEnd) {
            crash(0)
        }
        0
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(Wrong { mode: None })
}
