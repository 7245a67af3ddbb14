// SPDX-License-Identifier: BSD-2-Clause
//! The events of a run, and questions about them.

use std::fmt;

use partenza_protocol::Code;
use partenza_protocol::ServiceId;
use partenza_protocol::control::Level;
use partenza_protocol::event::{BootState, Event, Fault, Record, Rejection, Words};
use partenza_protocol::frame::{Body, Message, unframe};

/// The answer to a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub tag: u8,
    /// 0, or the number of a code.
    pub label: u16,
    pub payload: Vec<u8>,
}

/// What came over the event line so far.
#[derive(Clone, Debug, Default)]
pub struct Log {
    pub records: Vec<Record<'static>>,
    /// Pieces between two zero bytes that were no frames.
    pub damaged: usize,
    /// Answers to requests, oldest first.
    pub answers: Vec<Answer>,
    names: Vec<&'static str>,
    /// A frame that is not complete yet.
    pending: Vec<u8>,
}

impl Log {
    /// Reads what came over the line; an unfinished frame at the end is left for later.
    #[must_use]
    pub fn read(line: &[u8]) -> Self {
        let mut log = Self::default();
        log.feed(line);
        log
    }

    /// Reads on.
    pub fn feed(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if *byte != 0 {
                self.pending.push(*byte);
            } else if !self.pending.is_empty() {
                self.frame();
            }
        }
    }

    fn frame(&mut self) {
        // Records borrow their text from the bytes, which live as long as the process: it looks at a few machines.
        let bytes: &'static mut [u8] = std::mem::take(&mut self.pending).leak();
        let record = match unframe(bytes) {
            Ok(Body::Event(bytes)) => postcard::from_bytes::<Record<'static>>(bytes).ok(),
            Ok(Body::Answer(Message { tag, label, payload })) => {
                return self.answers.push(Answer { tag, label, payload: payload.to_vec() });
            }
            Ok(Body::Request(_)) | Err(_) => None,
        };
        let Some(record) = record else {
            self.damaged += 1;
            return;
        };
        self.keep(record);
    }

    /// One log for each boot, of a machine that was reset.
    #[must_use]
    pub fn boots(&self) -> Vec<Self> {
        let mut boots: Vec<Self> = Vec::new();
        for record in &self.records {
            if record.sequence == 0 {
                boots.push(Self::default());
            }
            if let Some(boot) = boots.last_mut() {
                boot.keep(record.clone());
            }
        }
        boots
    }

    fn keep(&mut self, record: Record<'static>) {
        if let Event::Registered { name, .. } = record.event {
            self.names.push(name);
        }
        self.records.push(record);
    }

    pub fn events(&self) -> impl DoubleEndedIterator<Item = &Event<'static>> {
        self.records.iter().map(|record| &record.event)
    }

    #[must_use]
    pub fn name(&self, id: ServiceId) -> &'static str {
        self.names.get(usize::from(id.0)).copied().unwrap_or("?")
    }

    /// Names in boot order, as registered.
    #[must_use]
    pub fn names(&self) -> &[&'static str] {
        &self.names
    }

    /// The number of a service, once it is registered.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<ServiceId> {
        self.names.iter().position(|known| *known == name).map(|index| ServiceId(index as u16))
    }

    /// # Panics
    /// No service of that name was registered.
    #[must_use]
    pub fn id(&self, name: &str) -> ServiceId {
        self.find(name).unwrap_or_else(|| panic!("no service {name} was registered\n{self}"))
    }

    #[must_use]
    pub fn has(&self, event: &Event<'_>) -> bool {
        self.events().any(|known| known == event)
    }

    /// Where the first event is that satisfies `wanted`.
    pub fn position(&self, wanted: impl Fn(&Event<'static>) -> bool) -> Option<usize> {
        self.events().position(wanted)
    }

    pub fn count(&self, wanted: impl Fn(&Event<'static>) -> bool) -> usize {
        self.events().filter(|event| wanted(event)).count()
    }

    #[must_use]
    pub fn is_ready(&self, name: &str) -> bool {
        let service = self.id(name);
        self.has(&Event::Ready { service })
    }

    #[must_use]
    pub fn reached(&self, state: BootState) -> bool {
        self.has(&Event::State(state))
    }

    /// Running and failed services at BootComplete.
    #[must_use]
    pub fn complete(&self) -> Option<(u16, u16)> {
        self.events().find_map(|event| match event {
            Event::BootComplete { running, failed, .. } => Some((*running, *failed)),
            _ => None,
        })
    }

    /// Code and culprit of a failed boot.
    #[must_use]
    pub fn boot_failure(&self) -> Option<(Code, Option<&'static str>)> {
        self.events().find_map(|event| match event {
            Event::BootFailed { code, culprit } => Some((*code, culprit.map(|id| self.name(id)))),
            _ => None,
        })
    }

    /// Why a service failed or is disabled: code and the dependency that is to blame.
    #[must_use]
    pub fn failure(&self, name: &str) -> Option<(Code, Option<&'static str>)> {
        let id = self.id(name);
        self.events().find_map(|event| match event {
            Event::Failed { service, code, other, .. } | Event::Disabled { service, code, other }
                if *service == id =>
            {
                Some((*code, other.map(|id| self.name(id))))
            }
            _ => None,
        })
    }

    #[must_use]
    pub fn fault(&self, name: &str) -> Option<&Fault<'static>> {
        let id = self.id(name);
        self.events().find_map(|event| match event {
            Event::Crashed { service, fault } if *service == id => Some(fault),
            _ => None,
        })
    }

    /// Why messages of the service were ignored, in order.
    #[must_use]
    pub fn rejections(&self, name: &str) -> Vec<Rejection> {
        let id = self.id(name);
        let why = |event: &Event<'static>| match event {
            Event::Rejected { service, why } if *service == id => Some(*why),
            _ => None,
        };
        self.events().filter_map(why).collect()
    }

    /// Lines that the service wrote.
    #[must_use]
    pub fn lines(&self, name: &str) -> Vec<(Level, &'static str)> {
        let id = self.id(name);
        let line = |event: &Event<'static>| match event {
            Event::Message { service, level, text } if *service == id => Some((*level, *text)),
            _ => None,
        };
        self.events().filter_map(line).collect()
    }

    /// What became of these services, in order: `base crashed`, `user degraded PZ-E0412 base`. How they were made, what
    /// they were granted and what they said is left out.
    #[must_use]
    pub fn story(&self, names: &[&str]) -> Vec<String> {
        let told = |event: &Event<'static>| {
            let (service, what) = self.deed(event)?;
            let name = self.name(service);
            names.contains(&name).then(|| format!("{name} {what}"))
        };
        self.events().filter_map(told).collect()
    }

    fn deed(&self, event: &Event<'_>) -> Option<(ServiceId, String)> {
        let with = |what: &str, code: Code, other: Option<ServiceId>| {
            let other = other.map(|id| format!(" {}", self.name(id))).unwrap_or_default();
            format!("{what} {code}{other}")
        };
        Some(match event {
            Event::Starting { service, incarnation } => (*service, format!("starting {}", incarnation.0)),
            Event::Ready { service } => (*service, "ready".to_owned()),
            Event::Degraded { service, code, other } => (*service, with("degraded", *code, *other)),
            Event::Recovered { service } => (*service, "recovered".to_owned()),
            Event::Crashed { service, .. } => (*service, "crashed".to_owned()),
            Event::Failed { service, code, other, .. } => (*service, with("failed", *code, *other)),
            Event::Disabled { service, code, other } => (*service, with("disabled", *code, *other)),
            Event::Unhealthy { service, code } => (*service, with("unhealthy", *code, None)),
            Event::Restarting { service, .. } => (*service, "restarting".to_owned()),
            Event::RestartLimitReached { service, code, .. } => (*service, with("given up", *code, None)),
            Event::FallbackStarted { service, fallback } => {
                (*service, format!("replaced by {}", self.name(*fallback)))
            }
            Event::Emergency { service, code } => (*service, with("lost", *code, None)),
            Event::Stopping { service } => (*service, "stopping".to_owned()),
            Event::Stopped { service, forced: false } => (*service, "stopped".to_owned()),
            Event::Stopped { service, forced: true } => (*service, "stopped by force".to_owned()),
            _ => return None,
        })
    }

    /// Microseconds at which the first event happened that satisfies `wanted`.
    #[must_use]
    pub fn time(&self, wanted: impl Fn(&Event<'static>) -> bool) -> Option<u64> {
        self.records.iter().find(|record| wanted(&record.event)).map(|record| record.time)
    }

    /// Bytes, slots and soundness of what a destroyed service gave back.
    #[must_use]
    pub fn reclaimed(&self, name: &str) -> Option<(u64, u32, bool)> {
        let id = self.id(name);
        self.events().find_map(|event| match event {
            Event::Reclaimed { service, bytes, slots, intact } if *service == id => {
                Some((*bytes, *slots, *intact))
            }
            _ => None,
        })
    }

    /// What is wrong with the line itself: damaged frames, gaps, times that go back.
    ///
    /// # Errors
    /// The first such thing.
    pub fn whole(&self) -> Result<(), String> {
        if self.damaged > 0 {
            return Err(format!("{} damaged frames", self.damaged));
        }
        for (index, record) in self.records.iter().enumerate() {
            if record.sequence as usize != index {
                return Err(format!("record {} stands where {index} should", record.sequence));
            }
        }
        match self.records.windows(2).find(|pair| pair[1].time < pair[0].time) {
            Some(pair) => Err(format!("time goes back at record {}", pair[1].sequence)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for record in &self.records {
            let words = Words { event: &record.event, name: |id| self.name(id) };
            writeln!(f, "  {:4} {:8} us  {words}", record.sequence, record.time)?;
        }
        Ok(())
    }
}
