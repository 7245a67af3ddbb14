// SPDX-License-Identifier: BSD-2-Clause
//! A service that does everything right, but for what its arguments ask of it.
//!
//! An argument is `KEY=VALUE` or `KEY=VALUE,VALUE…`: a value for each incarnation, the last for all that follow.
//!
//! | key | value | does |
//! |---|---|---|
//! | `start` | a deed | before it is ready |
//! | `after` | a deed | as soon as it is ready |
//! | `health` | letters | one for each report, the last for all that follow: `g` well, `b` not well, `c` one component is not well, `h` does not come back, `x` touches address 0 |
//! | `beat` | milliseconds | reports by itself, one letter of `health` after each such pause, to the last of them |
//! | `prepare` | a deed | when it is to prepare to stop |
//! | `stop` | a deed | when it is to stop |
//!
//! A deed is one of these, or `MILLISECONDS:DEED` for one after a busy pause: `ok` nothing, `crash` touches address 0,
//! `spin` does not come back, `exit` ends with code 0, `fail` ends with code 3. When it stops it says `reported N times`
//! if it did. Of each signal of a peer it says `signalled by NAME`.
#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use core::cell::Cell;

use partenza_protocol::Op;
use partenza_protocol::control::Stopped;
use partenza_service::{
    Code, Component, Context, Health, Level, Service, ServiceError, crash, give_up, serve,
};
use partenza_test_services::{spin, wait};
use sel4_microkit::{Channel, Handler, protection_domain};

#[derive(Default)]
struct Patient {
    letters: &'static [u8],
    reports: Cell<usize>,
}

/// What the arguments say of `key` for this incarnation.
fn told(context: &Context, key: &str) -> Option<&'static str> {
    let mut args = context.startup().args();
    let values = args.find_map(|arg| arg.strip_prefix(key)?.strip_prefix('='))?;
    let nth = context.incarnation().0.saturating_sub(1) as usize;
    values.split(',').nth(nth).or_else(|| values.split(',').next_back())
}

fn act(context: &Context, key: &str) {
    let Some(value) = told(context, key) else { return };
    let deed = match value.split_once(':') {
        None => value,
        Some((pause, deed)) => {
            wait(number(context, pause));
            deed
        }
    };
    match deed {
        "ok" => {}
        "crash" => crash(0),
        "spin" => spin(),
        "exit" => end(context, 0),
        "fail" => end(context, 3),
        _ => give_up(context, ServiceError::BadArgument.code()),
    }
}

fn number(context: &Context, text: &str) -> u64 {
    text.parse().unwrap_or_else(|_| give_up(context, ServiceError::BadArgument.code()))
}

fn end(context: &Context, code: i32) {
    // There is no answer to this.
    let _ = context.supervisor().tell(Op::Stopped.label(), &Stopped { code });
}

impl Patient {
    /// The next letter; well, if there are none.
    fn letter(&self) -> u8 {
        let at = self.reports.replace(self.reports.get() + 1);
        self.letters.get(at).or(self.letters.last()).copied().unwrap_or(b'g')
    }

    fn beat(&self, context: &Context, pause: u64) {
        for _ in self.letters {
            wait(pause);
            let report = Health { healthy: self.letter() == b'g', ..Health::well() };
            // What the Supervisor answers changes nothing here.
            let _ = context.heartbeat(report);
        }
    }
}

impl Service for Patient {
    fn start(&mut self, context: &Context) -> Result<(), Code> {
        self.letters = told(context, "health").unwrap_or("").as_bytes();
        act(context, "start");
        Ok(())
    }

    fn started(&mut self, context: &Context) {
        if let Some(pause) = told(context, "beat") {
            self.beat(context, number(context, pause));
        }
        act(context, "after");
    }

    fn signalled(&mut self, context: &Context, channel: Channel) {
        let name = context.client(channel).map_or("nobody known", |client| client.name);
        context.log(Level::Info, format_args!("signalled by {name}"));
    }

    fn health<'a>(&'a self, health: &mut Health<'a>) {
        match self.letter() {
            b'b' => (health.healthy, health.last_error) = (false, "valve 3 is stuck"),
            b'c' => {
                let bad = |name, message| Component { name, healthy: false, message };
                let good = Component { name: "motor", healthy: true, message: "warm" };
                // Three of its components fit.
                health.components.extend([good, bad("pump", "no pressure"), bad("valve", "stuck")]);
            }
            b'h' => spin(),
            b'x' => crash(0),
            _ => {}
        }
    }

    fn prepare_stop(&mut self, context: &Context) {
        if self.reports.get() > 0 {
            context.log(Level::Info, format_args!("reported {} times", self.reports.get()));
        }
        act(context, "prepare");
    }

    fn stop(&mut self, context: &Context) -> i32 {
        act(context, "stop");
        0
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(Patient::default())
}
