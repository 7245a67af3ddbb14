// SPDX-License-Identifier: BSD-2-Clause
//! A service's own part, and the loop around it.

use partenza_interfaces::info::{self, Info};
use partenza_interfaces::{INFO, Message, ServiceError, Text};
use partenza_protocol::control::{Directive, Stopped};
use partenza_protocol::startup::{RIGHT_READ, RIGHT_WRITE};
use partenza_protocol::{Code, Op};
use sel4_microkit::{Channel, ChannelSet, Child, Handler, Infallible, MessageInfo, with_msg_bytes};
use serde::{Deserialize, Serialize};

use crate::peer::{fill, put};
use crate::{Context, Health, Interrupt, crash, give_up};

/// What a service says of itself when asked.
pub type InfoText = Text<{ info::MAX_TEXT }>;

/// That a call was answered; only [`Call::answer`] and [`Call::done`] give it.
pub struct Answered(());

/// A call of a client.
pub struct Call<'a> {
    context: &'a Context,
    channel: Channel,
    label: u64,
    request: &'a Message,
    answer: &'a mut Message,
}

impl<'a> Call<'a> {
    /// The operation.
    #[must_use]
    pub const fn label(&self) -> u64 {
        self.label
    }

    /// The client's channel: its identity, which it can neither choose nor hide.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        self.channel
    }

    /// The client's name; empty for a channel that the startup page does not list.
    #[must_use]
    pub fn client(&self) -> &'static str {
        self.context.client(self.channel).map_or("", |client| client.name)
    }

    /// # Errors
    /// [`ServiceError::Denied`]: the client's channel carries no right to change anything.
    pub fn needs_write(&self) -> Result<(), Code> {
        self.needs(RIGHT_WRITE)
    }

    /// # Errors
    /// [`ServiceError::Denied`]: the client's channel carries no right to read.
    pub fn needs_read(&self) -> Result<(), Code> {
        self.needs(RIGHT_READ)
    }

    fn needs(&self, right: u8) -> Result<(), Code> {
        let rights = self.context.client(self.channel).map_or(0, |client| client.rights);
        if rights & right != 0 { Ok(()) } else { Err(ServiceError::Denied.code()) }
    }

    /// The request's payload.
    ///
    /// # Errors
    /// [`ServiceError::Malformed`].
    pub fn request<T: Deserialize<'a>>(&self) -> Result<T, Code> {
        self.request.get().map_err(|_| ServiceError::Malformed.code())
    }

    /// Answers with a payload.
    ///
    /// # Errors
    /// It does not fit one message.
    pub fn answer<T: Serialize>(&mut self, value: &T) -> Result<Answered, Code> {
        self.answer.put(value).map_err(|_| ServiceError::Full.code())?;
        Ok(Answered(()))
    }

    /// Answers without a payload.
    #[must_use]
    pub fn done(&self) -> Answered {
        Answered(())
    }

    /// Answers what no operation of the service is.
    ///
    /// # Errors
    /// Always, [`ServiceError::UnknownOperation`].
    pub fn unknown(&self) -> Result<Answered, Code> {
        Err(ServiceError::UnknownOperation.code())
    }
}

/// What becomes of a child that faulted (SPEC J-3).
pub enum Fate {
    /// The Supervisor handles the fault as that of any service: an event, then the child's restart policy.
    PassOn,
    /// The child goes on, with this answer to the kernel.
    GoesOn(MessageInfo),
    /// It stays where it is, and its health probe finds it.
    Stays,
}

/// What a service does. Everything has a default, and a service that keeps them all is a small one.
pub trait Service {
    /// Before the service says that it is ready: to find its peers and devices.
    ///
    /// # Errors
    /// The service gives up with that code.
    fn start(&mut self, _context: &Context) -> Result<(), Code> {
        Ok(())
    }

    /// The Supervisor has taken note that the service is ready.
    fn started(&mut self, _context: &Context) {}

    /// A client calls.
    ///
    /// # Errors
    /// What the client is answered with.
    fn call(&mut self, _context: &Context, call: &mut Call<'_>) -> Result<Answered, Code> {
        call.unknown()
    }

    /// A device interrupts. It can again when `interrupt` is dropped: see [`Interrupt`] for when that is right.
    fn interrupt(&mut self, _context: &Context, _interrupt: Interrupt) {}

    /// A child faulted; the message is the kernel's, or one that the child made up.
    fn fault(&mut self, _context: &Context, _child: Child, _fault: MessageInfo) -> Fate {
        Fate::PassOn
    }

    /// A peer signals on an ordinary channel.
    fn signalled(&mut self, _context: &Context, _channel: Channel) {}

    /// There are events up to this sequence number, which the service subscribed to (SPEC I-6).
    fn changed(&mut self, _context: &Context, _sequence: u64) {}

    /// What the service is and does, for [`Info`].
    fn describe(&self, _context: &Context, _text: &mut InfoText) {}

    /// How the service feels; healthy, and nothing more, unless it says otherwise.
    fn health<'a>(&'a self, _health: &mut Health<'a>) {}

    /// The system goes down, or this service will be stopped: put everything in order (SPEC M-1).
    fn prepare_stop(&mut self, _context: &Context) {}

    /// The last moment; the code is 0 when all went well.
    fn stop(&mut self, _context: &Context) -> i32 {
        0
    }
}

/// Handshake, [`Service::start`], ready; what it returns is the handler of the protection domain.
pub fn serve<S: Service>(service: S) -> Running<S> {
    let context = Context::find();
    let mut running = Running { context, service, calls: 0 };
    let Running { service, .. } = &mut running;
    let outcome = context.hello().and_then(|()| service.start(&context)).and_then(|()| context.ready());
    match outcome {
        Ok(()) => service.started(&context),
        Err(code) => give_up(&context, code),
    }
    running
}

/// A service that is ready, and its loop.
pub struct Running<S> {
    context: Context,
    service: S,
    calls: u32,
}

impl<S: Service> Running<S> {
    /// Asks the Supervisor what it wants until it wants nothing more.
    fn directives(&mut self) {
        let supervisor = self.context.supervisor();
        while let Ok(directive) = supervisor.get(Op::Next.label()) {
            // What the Supervisor answers to these reports changes nothing here.
            let _ = match directive {
                Directive::Nothing => return,
                Directive::Probe(probe) => {
                    let mut health = Health::well();
                    self.service.health(&mut health);
                    self.context.report(probe, health)
                }
                Directive::PrepareStop => {
                    self.service.prepare_stop(&self.context);
                    supervisor.signal(Op::ReadyToStop.label())
                }
                Directive::Stop => {
                    let code = self.service.stop(&self.context);
                    supervisor.tell(Op::Stopped.label(), &Stopped { code })
                }
                Directive::Crash => crash(0),
                Directive::Changed(sequence) => {
                    self.service.changed(&self.context, sequence);
                    Ok(())
                }
            };
        }
    }

    fn info(&self) -> Result<usize, Code> {
        let startup = self.context.startup();
        let mut text = InfoText::new();
        self.service.describe(&self.context, &mut text);
        put(&Info {
            name: startup.name(),
            version: startup.version(),
            incarnation: startup.incarnation(),
            calls: self.calls,
            text: text.as_str(),
        })
    }

    fn call(&mut self, channel: Channel, info: MessageInfo) -> Result<usize, Code> {
        let (mut request, mut answer) = (Message::new(), Message::new());
        with_msg_bytes(|bytes| request.fill(bytes.get(..info.count() * 8).unwrap_or(&[])));
        let mut call = Call {
            context: &self.context,
            channel,
            label: info.label(),
            request: &request,
            answer: &mut answer,
        };
        let Answered(()) = self.service.call(&self.context, &mut call)?;
        Ok(fill(&answer))
    }
}

impl<S: Service> Handler for Running<S> {
    type Error = Infallible;

    fn notified(&mut self, channels: ChannelSet) -> Result<(), Infallible> {
        for channel in channels.iter() {
            if channel == self.context.supervisor().channel() {
                self.directives();
            } else if let Some(interrupt) = Interrupt::on(channel) {
                self.service.interrupt(&self.context, interrupt);
            } else {
                self.service.signalled(&self.context, channel);
            }
        }
        Ok(())
    }

    fn fault(&mut self, child: Child, info: MessageInfo) -> Result<Option<MessageInfo>, Infallible> {
        let behind = info.bytes_behind();
        Ok(match self.service.fault(&self.context, child, info) {
            Fate::GoesOn(answer) => Some(answer),
            Fate::Stays => None,
            Fate::PassOn => {
                // Refused where the child stands in no fault any more, so that nothing is left to do.
                let _ = self.context.pass_on(child, behind);
                None
            }
        })
    }

    fn protected(&mut self, channel: Channel, info: MessageInfo) -> Result<MessageInfo, Infallible> {
        let outcome = match info.label() {
            INFO if info.count() == 0 => self.info(),
            INFO => Err(ServiceError::Malformed.code()),
            _ => self.call(channel, info),
        };
        let (label, bytes) = match outcome {
            Ok(bytes) => (0, bytes),
            Err(code) => (u64::from(code.0), 0),
        };
        if info.label() != INFO {
            self.calls = self.calls.saturating_add(1);
        }
        Ok(MessageInfo::new(label, bytes.div_ceil(8)))
    }
}
