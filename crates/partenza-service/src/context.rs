// SPDX-License-Identifier: BSD-2-Clause
//! What a service knows of itself and its Supervisor, and the first two things it says.

use core::fmt::{self, Write};

use heapless::Vec;
use partenza_interfaces::{Message, ServiceError, Text};
use partenza_protocol::control::{
    ChildFault, Emit, HealthReport, Hello, Level, MAX_PROVIDES, MAX_TEXT, Provided, ServiceReady, Welcome,
};
use partenza_protocol::error::SupervisorError;
use partenza_protocol::request::{Found, Lookup, Release, Subscribe};
use partenza_protocol::startup::{self, PAGE_SIZE, Startup};
use partenza_protocol::wire::cut;
use partenza_protocol::{ABI, Code, Incarnation, Op};
use sel4_microkit::{Channel, Child, startup_page_addr};

use crate::fatal::end;
use crate::{Health, Peer};

/// A service's view of its startup page and its Supervisor.
#[derive(Clone, Copy)]
pub struct Context {
    startup: Startup<'static>,
    supervisor: Peer,
}

impl Context {
    /// Reads the startup page. Without one there is nobody to tell: the service ends at the code's address.
    #[must_use]
    pub fn find() -> Self {
        let Some(startup) = startup_page().and_then(Startup::read) else {
            end(ServiceError::NoStartupPage.code())
        };
        let Some(channel) = startup.supervisor_channel() else { end(SupervisorError::NoChannel.code()) };
        Self { startup, supervisor: Peer::new(Channel::new(usize::from(channel))) }
    }

    /// SPEC S-1: shows the secret, and has the Supervisor show what only who wrote the startup page knows.
    ///
    /// # Errors
    /// The Supervisor's refusal, or [`ServiceError::WrongSupervisor`].
    pub fn hello(&self) -> Result<(), Code> {
        let secret = self.startup.secret();
        let welcome: Welcome = self.supervisor.ask(Op::Hello.label(), &Hello { secret, abi: ABI })?;
        if self.startup.is_answered_by(&welcome) { Ok(()) } else { Err(ServiceError::WrongSupervisor.code()) }
    }

    /// SPEC G-1: the service works, as its manifest says.
    ///
    /// # Errors
    /// The Supervisor's refusal.
    pub fn ready(&self) -> Result<(), Code> {
        let mut provides = Vec::<Provided<'_>, MAX_PROVIDES>::new();
        for item in self.startup.provides() {
            // By position: a search for a character is 1 KiB of code. What has no version, or is one too many, is
            // missing in the report, and the Supervisor names the mismatch.
            let at = item.bytes().rposition(|byte| byte == b'@').unwrap_or(item.len());
            if let (Some(interface), Some(version)) = (item.get(..at), item.get(at + 1..)) {
                let _ = provides.push(Provided { interface, version });
            }
        }
        let (name, version) = (self.startup.name(), self.startup.version());
        let endpoint = self.startup.serves();
        self.supervisor.tell(Op::Ready.label(), &ServiceReady { name, endpoint, version, provides })
    }

    #[must_use]
    pub fn startup(&self) -> &Startup<'static> {
        &self.startup
    }

    /// The service's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.startup.name()
    }

    #[must_use]
    pub fn incarnation(&self) -> Incarnation {
        self.startup.incarnation()
    }

    /// The Supervisor, to be asked with [`Op::label`].
    #[must_use]
    pub const fn supervisor(&self) -> Peer {
        self.supervisor
    }

    /// The server behind the channel of that name.
    ///
    /// # Errors
    /// [`ServiceError::NoSuchChannel`].
    pub fn peer(&self, name: &str) -> Result<Peer, Code> {
        let channel = self.startup.channel(name).ok_or(ServiceError::NoSuchChannel.code())?;
        Ok(Peer::new(Channel::new(usize::from(channel.id))))
    }

    /// Who provides an interface in a release of this range (SPEC S-5). Waits for a service that is started for it; the
    /// capability is there when this returns, and gone when the provider dies.
    ///
    /// # Errors
    /// [`partenza_protocol::error::LookupError`]'s codes, or the Supervisor's refusal.
    pub fn look_up(&self, interface: &str, at_least: Release, below: Option<Release>) -> Result<Peer, Code> {
        let malformed = |_| ServiceError::Malformed.code();
        let mut message = Message::new();
        message.put(&Lookup { interface, at_least, below }).map_err(malformed)?;
        self.supervisor.exchange(Op::Lookup.label(), &mut message)?;
        let found: Found<'_> = message.get().map_err(malformed)?;
        let channel = found.channel.ok_or(ServiceError::NoSuchChannel.code())?;
        Ok(Peer::new(Channel::new(usize::from(channel))))
    }

    /// Asks to be told of events, or no more (SPEC I-6): see [`crate::Service::changed`].
    ///
    /// # Errors
    /// The Supervisor's refusal.
    pub fn subscribe(&self, on: bool) -> Result<(), Code> {
        self.supervisor.tell(Op::Subscribe.label(), &Subscribe { on })
    }

    /// Reports its health unasked (SPEC K-1), which a service of `probe: heartbeat` does at least once every
    /// `health.interval`. One that has other work does it where that work comes round; a peer or a timer of the service's
    /// own must wake it where none does.
    ///
    /// # Errors
    /// The Supervisor's refusal.
    pub fn heartbeat(&self, health: Health<'_>) -> Result<(), Code> {
        self.report(0, health)
    }

    pub(crate) fn report(&self, probe: u32, health: Health<'_>) -> Result<(), Code> {
        let Health { healthy, last_error, components } = health;
        let report = HealthReport { probe, healthy, uptime: 0, last_error, components };
        self.supervisor.tell(Op::Health.label(), &report)
    }

    /// Leaves the fault of a child to the Supervisor (SPEC J-3); `behind` is [`bytes_behind`](sel4_microkit::MessageInfo::bytes_behind) of the fault.
    ///
    /// # Errors
    /// The Supervisor's refusal: it is no child, or stands in no fault.
    pub fn pass_on(&self, child: Child, behind: u8) -> Result<(), Code> {
        let child = child.index() as u8;
        self.supervisor.tell(Op::ChildFault.label(), &ChildFault { child, behind })
    }

    /// Name and rights of the client on a channel.
    #[must_use]
    pub fn client(&self, channel: Channel) -> Option<startup::Channel<'static>> {
        self.startup.channels().find(|known| usize::from(known.id) == channel.index())
    }

    /// A line for the event log, cut to [`MAX_TEXT`] bytes. Refused only when the Supervisor has had enough of this
    /// service's lines, which it counts itself.
    pub fn emit(&self, level: Level, text: &str) {
        let _ = self.supervisor.tell(Op::Emit.label(), &Emit { level, text: cut(text, MAX_TEXT) });
    }

    /// As [`Context::emit`], formatted.
    pub fn log(&self, level: Level, text: fmt::Arguments<'_>) {
        let mut line = Text::<MAX_TEXT>::new();
        // Text cuts and never fails.
        let _ = line.write_fmt(text);
        self.emit(level, line.as_str());
    }
}

fn startup_page() -> Option<&'static [u8]> {
    let address = startup_page_addr();
    if address == 0 {
        return None;
    }
    let page: *const u8 = core::ptr::with_exposed_provenance(address);
    // SAFETY: the loader maps a whole page there, read-only, for as long as the service lives.
    Some(unsafe { core::slice::from_raw_parts(page, PAGE_SIZE) })
}
