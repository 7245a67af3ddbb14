// SPDX-License-Identifier: BSD-2-Clause
//! The laboratory's machines for cases: what goes wrong with one is a failure that shows everything that was seen.

use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use partenza_lab::ask::Request;
use partenza_lab::log::{Answer, Log};
use partenza_lab::machine::{self as lab, Trouble};
use partenza_protocol::Op;
use partenza_protocol::event::{BootState, Event};
use partenza_protocol::request::{Audit, Status};

pub use partenza_lab::machine::Pace;

use crate::image::Image;

/// A machine to be.
#[derive(Clone, Debug)]
pub struct Machine(lab::Machine);

macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*);)*) => {
        impl Machine {
            $($(#[$doc])*
            #[must_use]
            pub fn $name(self, $($argument: $type),*) -> Self {
                Self(self.0.$name($($argument),*))
            })*
        }
    };
}

settings! {
    /// A boot parameter; the last value counts.
    parameter(name: &str, value: &str);
    /// Ends by itself after BootComplete, too.
    ends_after_boot();
    /// MiB of RAM.
    memory(mebibytes: u32);
    /// With the host's clock, services get ten times as long: the host may be busy.
    pace(pace: Pace);
    /// How long the run may last.
    deadline(deadline: Duration);
    /// A reset starts it again instead of ending it.
    reboots();
    /// An option more for QEMU, and its value.
    option(name: &str, value: &str);
    /// The console is there, and nobody reads it.
    nobody_reads_the_console();
}

impl Machine {
    /// See [`lab::Machine::new`].
    #[must_use]
    pub fn new(image: &Image) -> Self {
        Self(lab::Machine::new(&image.kernel.boot_image(), &image.path))
    }

    /// Switches the machine on.
    ///
    /// # Panics
    /// QEMU cannot be started.
    #[must_use]
    pub fn start(&self) -> Running {
        Running(self.0.start().unwrap_or_else(|trouble| panic!("{trouble}")))
    }

    /// Runs until the machine goes off, or to the deadline.
    #[must_use]
    pub fn run(&self) -> Outcome {
        self.start().end()
    }

    /// Runs until `wanted` is satisfied, then switches the machine off.
    #[must_use]
    #[track_caller]
    pub fn run_until(&self, what: &str, wanted: impl Fn(&Log) -> bool) -> Outcome {
        let mut running = self.start();
        running.wait_for(what, wanted);
        running.switch_off()
    }
}

/// A machine that is on.
pub struct Running(lab::Running);

impl Running {
    /// The events so far.
    #[must_use]
    pub fn log(&mut self) -> Log {
        self.0.log().clone()
    }

    /// The console's text so far.
    #[must_use]
    pub fn console(&self) -> String {
        self.0.console()
    }

    /// Waits until the events are as wanted.
    ///
    /// # Panics
    /// They were not before the deadline, or before the machine went off.
    #[track_caller]
    pub fn wait_for(&mut self, what: &str, wanted: impl Fn(&Log) -> bool) {
        let outcome = self.0.wait_for(what, wanted);
        self.done(outcome);
    }

    /// Waits until the console's text from byte `from` on holds `text`; gives the place behind it.
    ///
    /// # Panics
    /// It did not before the deadline, or before the machine went off.
    #[track_caller]
    pub fn wait_for_text(&mut self, from: usize, text: &str) -> usize {
        let outcome = self.0.wait_for_text(from, text);
        self.done(outcome)
    }

    /// Types `text` on the console.
    ///
    /// # Panics
    /// The machine is off.
    #[track_caller]
    pub fn type_text(&mut self, text: &str) {
        self.0.type_text(text).expect("the machine takes keys");
    }

    /// Asks the Supervisor over the event line.
    ///
    /// # Panics
    /// It does not answer.
    #[track_caller]
    pub fn ask(&mut self, request: &Request<'_>) -> Answer {
        let outcome = self.0.request(request);
        self.done(outcome)
    }

    /// Waits until the boot is over: before, the Supervisor refuses to change services.
    ///
    /// # Panics
    /// As [`Running::wait_for`].
    #[track_caller]
    pub fn wait_for_the_boot(&mut self) {
        self.wait_for("the boot's end", |log| log.reached(BootState::SupervisorMode));
    }

    /// Asks for a change of a service, which is accepted; after the boot, for it is refused before.
    ///
    /// # Panics
    /// It is refused.
    #[track_caller]
    pub fn change(&mut self, op: Op, name: &str) {
        self.wait_for_the_boot();
        let outcome = self.0.ask(op, name);
        let answer = self.done(outcome);
        assert_eq!(answer, Ok(()), "{} {name}\n{}", op.name(), self.log());
    }

    /// Asks for the end of everything, in order.
    ///
    /// # Panics
    /// It is refused.
    #[track_caller]
    pub fn shut_down(&mut self) {
        let outcome = self.0.order(Op::Shutdown);
        let answer = self.done(outcome);
        assert_eq!(answer, Ok(()), "shutdown\n{}", self.log());
    }

    /// What a service's status says, as far as `read` takes it.
    ///
    /// # Panics
    /// It is refused or malformed.
    #[track_caller]
    pub fn status<T>(&mut self, name: &str, read: impl FnOnce(&Status<'_>) -> T) -> T {
        let outcome = self.0.status(name, read);
        let status = self.done(outcome);
        status.unwrap_or_else(|| panic!("no status of {name}\n{}", self.log()))
    }

    /// Has a service's CSpace compared with the plan (SPEC F-8); `None` for a service that has none.
    ///
    /// # Panics
    /// The Supervisor does not answer.
    #[track_caller]
    pub fn audit(&mut self, name: &str) -> Option<Audit> {
        let outcome = self.0.audit(name);
        self.done(outcome)
    }

    /// Waits until the machine goes off, or to the deadline.
    #[must_use]
    pub fn end(self) -> Outcome {
        Outcome(self.0.end())
    }

    /// Switches the machine off.
    #[must_use]
    pub fn switch_off(self) -> Outcome {
        Outcome(self.0.switch_off())
    }

    #[track_caller]
    fn done<T>(&mut self, outcome: Result<T, Trouble>) -> T {
        match outcome {
            Ok(value) => value,
            Err(trouble) => {
                let console = self.0.console();
                panic!("{trouble}\n{}console:\n{console}", self.0.log())
            }
        }
    }
}

/// What a run came to.
pub struct Outcome(lab::Outcome);

impl Deref for Outcome {
    type Target = lab::Outcome;

    fn deref(&self) -> &lab::Outcome {
        &self.0
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Outcome {
    /// A condition that must hold.
    ///
    /// # Panics
    /// It does not; shows everything that was seen.
    #[track_caller]
    pub fn must(&self, what: &str, holds: bool) {
        assert!(holds, "does not hold: {what}\n{self}");
    }

    /// # Panics
    /// `left` and `right` are not equal; shows everything that was seen.
    #[track_caller]
    pub fn same<T: PartialEq + fmt::Debug>(&self, what: &str, left: T, right: T) {
        assert!(left == right, "{what}: {left:?} is not {right:?}\n{self}");
    }

    /// The machine went off by itself, after its last word, and lost no event.
    ///
    /// # Panics
    /// It did not.
    #[track_caller]
    pub fn must_have_ended(&self) {
        self.same("QEMU's exit code", self.code, Some(0));
        self.same("the last event", self.log.events().next_back(), Some(&Event::Finished));
        self.same("the event line", self.log.whole(), Ok(()));
    }
}
