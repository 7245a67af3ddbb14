// SPDX-License-Identifier: BSD-2-Clause
//! Deaths inside calls (SPEC J-4): servers that die in the middle of a call, over and over, each with two clients that call
//! it all the time. To one a call that ends so is answered `ServerDown`, for the other it is made again.
//!
//! Every call is accounted for, once: what the clients say that they were answered, what the servers say that they
//! answered, and what the Supervisor says that it released.

use std::time::Duration;

use partenza_protocol::ServiceId;
use partenza_protocol::event::{BootState, Event};

use super::{audit, is_intact};
use crate::image::Image;
use crate::log::Log;
use crate::machine::Machine;
use crate::system::{Service, System};
use crate::tools::Kernel;

/// Servers, each with its clients.
const SERVERS: u32 = 3;
/// Each life of a server answers fewer calls than this: how many is drawn.
const CALLS_OF_A_LIFE: u32 = 8;
/// As often as it takes, and soon.
const PERSISTENT: &str =
    "{policy: on-failure, max: 65535, window: 1h, initial_delay: 1ms, max_delay: 1ms, backoff: 1.0}";

/// How much of it.
#[derive(Clone, Copy, Debug)]
pub struct Calls {
    /// Of each client.
    pub calls: u32,
    /// After how many calls each life of a server dies. Not 0.
    pub seed: u64,
    /// How long it may take, on the host.
    pub deadline: Duration,
}

/// What it came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub deaths: u32,
    pub answered: u32,
    /// Calls that were answered `ServerDown`.
    pub refused: u32,
    /// Times that a call was made again.
    pub repeated: u32,
}

impl Calls {
    fn system(self, name: &str) -> System {
        let mut system = System::new(name).config("overload: {requests: 1000000}");
        for n in 0..SERVERS {
            let fate = format!("below:{CALLS_OF_A_LIFE}:{}", self.seed + u64::from(n));
            let server = Service::new(&server_name(n), "witness", 5).arg(&fate).priority(150);
            let calls = format!("tally:{}={}", interface(n), self.calls);
            let client = |name: String| Service::new(&name, "script", 6).arg(&calls).priority(50);
            system = system
                .with(server.provides(&interface(n)).critical(false).restart(PERSISTENT))
                .with(client(told(n)))
                .with(client(repeats(n)))
                .call(&told(n), &server_name(n))
                .repeated_call(&repeats(n), &server_name(n));
        }
        system
    }

    /// Runs it.
    ///
    /// # Panics
    /// A call or a death is not accounted for, or something is left behind.
    #[must_use]
    pub fn run(self, name: &str) -> Tally {
        let image = Image::of(Kernel::Release, name, &self.system(name));
        let machine = Machine::new(&image).parameter("quiet", "on").parameter("verify", "on");
        let mut machine = machine.deadline(self.deadline).start();
        machine.wait_for("the last call", |log| {
            let said = |client: String| !log.lines(&client).is_empty();
            log.reached(BootState::SupervisorMode) && (0..SERVERS).all(|n| said(told(n)) && said(repeats(n)))
        });
        audit(&mut machine);
        machine.shut_down();
        let outcome = machine.end();
        outcome.must_have_ended();
        is_intact(&outcome.log);
        let mut tally = Tally::default();
        for n in 0..SERVERS {
            self.account(&outcome.log, n, &mut tally);
        }
        tally
    }

    fn account(self, log: &Log, n: u32, tally: &mut Tally) {
        let server = log.id(&server_name(n));
        tally.deaths += deaths(log, server);
        let lines = log.lines(&server_name(n));
        for (client, repeats) in [(told(n), false), (repeats(n), true)] {
            let id = log.id(&client);
            let answered = lines.iter().filter(|(_, text)| text.ends_with(&format!(" for {client}"))).count();
            let released = log
                .count(|event| *event == Event::Released { service: id, server, repeated: repeats })
                as u32;
            let otherwise =
                log.count(|event| *event == Event::Released { service: id, server, repeated: !repeats });
            assert_eq!(otherwise, 0, "{client}: calls that ended as its channel does not say");
            let refused = if repeats { 0 } else { released };
            let said: Vec<&str> = log.lines(&client).into_iter().map(|(_, text)| text).collect();
            let expected = format!("tally: {} calls, {answered} answered, {refused} refused", self.calls);
            assert_eq!(said, [expected], "{client}: what it was answered, and what was answered to it");
            assert_eq!(answered as u32 + refused, self.calls, "{client}: calls that ended");
            tally.answered += answered as u32;
            tally.refused += refused;
            tally.repeated += released - refused;
        }
    }
}

fn interface(n: u32) -> String {
    format!("test/count{n}")
}

fn server_name(n: u32) -> String {
    format!("server{n}")
}

fn told(n: u32) -> String {
    format!("told{n}")
}

fn repeats(n: u32) -> String {
    format!("repeats{n}")
}

/// Each of them was inside a call, and each life counted its calls from 1 on without a gap.
fn deaths(log: &Log, server: ServiceId) -> u32 {
    let (mut deaths, mut counted, mut released) = (0, 0, true);
    for event in log.events() {
        match event {
            Event::Crashed { service, .. } if *service == server => (deaths, released) = (deaths + 1, false),
            Event::Released { server: of, .. } if *of == server => released = true,
            Event::Starting { service, .. } if *service == server => {
                assert!(released, "a death that nobody's call ended with\n{log}");
                counted = 0;
            }
            Event::Message { service, text, .. } if *service == server => {
                counted += 1;
                assert!(
                    text.starts_with(&format!("answered {counted} for ")),
                    "{text}, not {counted}\n{log}"
                );
            }
            _ => {}
        }
    }
    deaths
}
