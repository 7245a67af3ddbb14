// SPDX-License-Identifier: BSD-2-Clause
//! What happened, and when: the events of SPEC I-6, F-6, E-1, as records with a sequence number and a time.
//!
//! The same record is kept in Init's ring, framed onto COM2 for the host, and pulled by `log` requests.
//! `Display` is the one place that turns an event into words.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::control::Level;
use crate::frame::MAX_RECORD;
use crate::{Code, Incarnation, MalformedMessage, ServiceId};

/// Words that a fault's register dump holds at most.
pub const MAX_REGISTERS: usize = 20;

/// An event with its place in the order of things.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record<'a> {
    /// Counts from 0 and never wraps; a gap means that the ring was full.
    pub sequence: u64,
    /// Microseconds since the kernel handed over to Init.
    pub time: u64,
    #[serde(borrow)]
    pub event: Event<'a>,
}

/// SPEC E-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BootState {
    KernelHandoff,
    Initializing,
    BootingLayer(u8),
    BootComplete,
    SupervisorMode,
    ShuttingDown,
    EmergencyStop,
    BootFailed,
    Panic,
}

/// SPEC I-3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServiceState {
    Pending,
    Starting,
    Running,
    Degraded,
    Unhealthy,
    Crashed,
    Restarting,
    Stopping,
    Stopped,
    Failed,
    Disabled,
}

/// What a capability in a service's CSpace is to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CapKind {
    Endpoint,
    Notification,
    Supervisor,
    FaultHandler,
    IrqHandler,
    IoPorts,
    Memory,
    Device,
    /// The thread of a child.
    Thread,
}

/// SPEC J-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FaultKind {
    Capability,
    VmRead,
    VmWrite,
    VmExecute,
    UserException,
    UnknownSyscall,
    Debug,
    Timeout,
    Other,
}

/// The likely cause of a fault, as far as Init can tell (SPEC J-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    Unknown,
    NullPointer,
    StackOverflow,
    WriteToReadOnly,
    Unmapped,
    JumpToUnmapped,
    MissingCapability,
    InvalidInstruction,
    DivideByZero,
    PrivilegedInstruction,
    /// A panic in Rust code: message and place were printed where the kernel can print.
    Panic,
    ForeignSyscall,
    /// The service ended itself; the address is the number of the code that says why.
    GaveUp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault<'a> {
    pub kind: FaultKind,
    pub cause: Cause,
    /// Instruction pointer.
    pub ip: u64,
    /// The address or CPtr that was touched; the exception or system call number otherwise.
    pub address: u64,
    /// The architecture's fault status or error code.
    pub status: u64,
    /// `function+offset` of `ip`, where the archive has symbols.
    #[serde(borrow)]
    pub symbol: Option<(&'a str, u32)>,
    /// The thread's registers in the kernel's order, the instruction pointer first.
    #[serde(with = "words")]
    pub registers: heapless::Vec<u64, MAX_REGISTERS>,
}

/// Registers as they are, eight little-endian bytes each, behind their number of bytes: they are told on the way of a
/// restart, where twenty numbers of any length would take more time than all the rest of the record.
mod words {
    use heapless::Vec;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::MAX_REGISTERS;

    const WORD: usize = size_of::<u64>();

    pub fn serialize<S: Serializer>(words: &Vec<u64, MAX_REGISTERS>, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() {
            return words.serialize(to);
        }
        let mut bytes = [0; MAX_REGISTERS * WORD];
        for (place, word) in bytes.chunks_exact_mut(WORD).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        to.serialize_bytes(&bytes[..words.len() * WORD])
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u64, MAX_REGISTERS>, D::Error> {
        if from.is_human_readable() {
            return Vec::deserialize(from);
        }
        let bytes = <&[u8]>::deserialize(from)?;
        let (words, []) = bytes.as_chunks() else { return Err(D::Error::custom("half a register")) };
        Vec::from_slice(words)
            .map_err(|_| D::Error::custom("more registers than there are"))
            .map(|words: Vec<[u8; WORD], MAX_REGISTERS>| words.into_iter().map(u64::from_le_bytes).collect())
    }
}

/// How a slot differs from the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mismatch {
    Missing,
    Wrong,
    Surplus,
}

/// Why a message of a service was ignored (SPEC G-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rejection {
    Malformed,
    UnknownOperation(u32),
    WrongSecret,
    WrongAbi,
    BeforeHello,
    Duplicate,
    Late,
    Denied,
    /// It passed on a fault of a child that stands in none (SPEC J-3).
    NotFaulted,
    /// More rejections follow that are counted, not logged.
    Muted,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event<'a> {
    /// Init has the machine: RAM and device untypeds, free slots, TSC MHz.
    Handoff {
        ram: u64,
        untypeds: u16,
        slots: u32,
        tsc_mhz: u32,
    },
    /// The plan is read: what follows speaks of its services by number.
    Plan {
        #[serde(borrow)]
        system: &'a str,
        services: u16,
    },
    State(BootState),
    Registered {
        service: ServiceId,
        #[serde(borrow)]
        name: &'a str,
        #[serde(borrow)]
        version: &'a str,
        layer: u8,
        critical: bool,
    },
    /// SPEC D-1 begins.
    Starting {
        service: ServiceId,
        incarnation: Incarnation,
    },
    /// A capability was minted into the service's CSpace at `cptr`, or a region mapped at that address.
    Granted {
        service: ServiceId,
        kind: CapKind,
        cptr: u64,
    },
    /// Everything is made; the first instruction follows.
    Created {
        service: ServiceId,
    },
    Ready {
        service: ServiceId,
    },
    /// It serves, but something is wrong: `code` says what, `other` names the dependency where one is to blame.
    Degraded {
        service: ServiceId,
        code: Code,
        other: Option<ServiceId>,
    },
    Recovered {
        service: ServiceId,
    },
    Crashed {
        service: ServiceId,
        #[serde(borrow)]
        fault: Fault<'a>,
    },
    /// `code` says why; `other` names the dependency where one is to blame; `detail` is the kernel's error number.
    Failed {
        service: ServiceId,
        code: Code,
        other: Option<ServiceId>,
        detail: u32,
    },
    Rejected {
        service: ServiceId,
        why: Rejection,
    },
    /// How many messages were ignored in all, when the service's incarnation ends.
    RejectedTotal {
        service: ServiceId,
        count: u32,
    },
    /// A line that a service wrote.
    Message {
        service: ServiceId,
        level: Level,
        #[serde(borrow)]
        text: &'a str,
    },
    /// SPEC F-8: a slot of the service's CSpace is not as planned.
    AuditMismatch {
        service: ServiceId,
        cptr: u32,
        what: Mismatch,
    },
    /// SPEC Q-1: so many boots in a row failed before this one, the last for this reason.
    FailedBoots {
        count: u8,
        code: Option<Code>,
        culprit: Option<ServiceId>,
        recovers: bool,
    },
    /// It is started again after `delay` us (SPEC L-2).
    Restarting {
        service: ServiceId,
        code: Code,
        delay: u64,
    },
    /// SPEC I-6: no restart is left. `code` says which limit.
    RestartLimitReached {
        service: ServiceId,
        restarts: u16,
        code: Code,
    },
    /// SPEC L-8.
    FallbackStarted {
        service: ServiceId,
        fallback: ServiceId,
    },
    /// SPEC L-4: until it is over, services that are not core are given up instead of restarted.
    Storm,
    /// SPEC E-5: a service is lost for good and the system cannot do without it.
    Emergency {
        service: ServiceId,
        code: Code,
    },
    /// A service is taken down because it is not well, hangs, or floods (SPEC K-3).
    Unhealthy {
        service: ServiceId,
        code: Code,
    },
    /// A client that stood in a call to a server that died was answered, or calls again (SPEC J-4).
    Released {
        service: ServiceId,
        server: ServiceId,
        repeated: bool,
    },
    Stopping {
        service: ServiceId,
    },
    Stopped {
        service: ServiceId,
        forced: bool,
    },
    /// Everything the incarnation, or with `whole` the service, was given is revoked (SPEC F-6).
    Revoked {
        service: ServiceId,
        whole: bool,
    },
    /// What was given back, proven by retyping it whole and by probing each slot (SPEC D-3).
    Reclaimed {
        service: ServiceId,
        bytes: u64,
        slots: u32,
        intact: bool,
    },
    LayerUp {
        layer: u8,
        micros: u64,
    },
    OverBudget {
        layer: u8,
        micros: u64,
        budget: u64,
    },
    /// Each service is in exactly one of the counts.
    BootComplete {
        micros: u64,
        /// Running or Degraded.
        running: u16,
        /// Not running because they failed, or because what they require did. One that restarts is among them.
        failed: u16,
        /// Not running, and nothing went wrong: on demand, deferred, disabled, held, delivered later, left out of a
        /// recovery boot, or ended as they may.
        waiting: u16,
    },
    BootFailed {
        code: Code,
        culprit: Option<ServiceId>,
    },
    ShutdownBegun,
    /// The last word before power-off, reboot or halt.
    Finished,
    /// The machine offers no good random numbers; secrets come from timing jitter.
    WeakEntropy,
    /// Records lost because the ring was full.
    Lost {
        count: u32,
    },
    /// `make bench`: instructions (TSC under icount) and system calls of one phase or service.
    Cost {
        service: Option<ServiceId>,
        #[serde(borrow)]
        what: &'a str,
        cycles: u64,
        syscalls: u32,
    },
    /// An error of Init's own, before any service exists.
    InitError {
        code: Code,
        detail: u64,
    },
    /// A capability that was granted by a lookup is taken away again: its server is gone (SPEC S-5).
    Withdrawn {
        service: ServiceId,
        cptr: u32,
    },
    /// SPEC S-2: calls to the interface are answered by `to` from here on.
    Switched {
        #[serde(borrow)]
        interface: &'a str,
        from: ServiceId,
        to: ServiceId,
    },
    /// SPEC D-6: the program of `service` is there, whole. `by` is who delivered it; `None`: the host.
    Delivered {
        service: ServiceId,
        by: Option<ServiceId>,
    },
    /// A piece of its program was refused, or who delivered it is gone. Nothing of that delivery is left.
    DeliveryRefused {
        service: ServiceId,
        by: Option<ServiceId>,
        code: Code,
    },
    /// SPEC K-2: it reported that it is not well. The first component that is not, and how many others are not; without
    /// a name where the service itself says so, with its last error.
    NotWell {
        service: ServiceId,
        #[serde(borrow)]
        component: &'a str,
        #[serde(borrow)]
        message: &'a str,
        others: u8,
    },
    /// It is kept from running on purpose: somebody who may asked for it, a boot parameter holds it, or `other`, which
    /// it requires, is kept from running. `code` says which.
    Disabled {
        service: ServiceId,
        code: Code,
        other: Option<ServiceId>,
    },
    /// The kernel refused something that was to be done for the service, which is not done. `detail` is the operation and
    /// the kernel's error, as of `Failed`.
    KernelRefused {
        service: ServiceId,
        code: Code,
        detail: u32,
    },
}

impl Event<'_> {
    /// The bytes of a [`Record`] of it, without a copy of it. Not generic, so that it is compiled for size as this crate is,
    /// and not inlined, because more is known of the buffer this way than where it is part of something.
    ///
    /// # Errors
    /// It does not fit.
    #[inline(never)]
    pub fn encode<'b>(
        &self,
        sequence: u64,
        time: u64,
        buffer: &'b mut [u8; MAX_RECORD],
    ) -> Result<&'b [u8], MalformedMessage> {
        let mut head = 0;
        // As postcard does, which takes twice as long where it is compiled for size: 500 instructions of a restart.
        for mut number in [sequence, time] {
            while number >= 128 {
                buffer[head] = number as u8 | 128;
                head += 1;
                number >>= 7;
            }
            buffer[head] = number as u8;
            head += 1;
        }
        let event = postcard::to_slice(self, &mut buffer[head..]).map_err(|_| MalformedMessage)?.len();
        Ok(&buffer[..head + event])
    }

    /// How important it is to somebody who watches the system: the console shows it from this level on.
    #[must_use]
    pub fn level(&self) -> Level {
        match self {
            Self::InitError { .. }
            | Self::BootFailed { .. }
            | Self::Failed { .. }
            | Self::Crashed { .. }
            | Self::AuditMismatch { .. }
            | Self::KernelRefused { .. }
            | Self::Emergency { .. }
            | Self::RestartLimitReached { .. }
            | Self::Storm
            | Self::Reclaimed { intact: false, .. } => Level::Error,
            Self::OverBudget { .. }
            | Self::FailedBoots { .. }
            | Self::Restarting { .. }
            | Self::FallbackStarted { .. }
            | Self::Unhealthy { .. }
            | Self::Degraded { .. }
            | Self::Rejected { .. }
            | Self::WeakEntropy
            | Self::Lost { .. }
            | Self::Released { .. }
            | Self::Switched { .. }
            | Self::DeliveryRefused { .. }
            | Self::NotWell { .. }
            | Self::Stopped { forced: true, .. } => Level::Warn,
            Self::Handoff { .. }
            | Self::Plan { .. }
            | Self::Ready { .. }
            | Self::Recovered { .. }
            | Self::LayerUp { .. }
            | Self::BootComplete { .. }
            | Self::ShutdownBegun
            | Self::Stopped { .. }
            | Self::Disabled { .. }
            | Self::Cost { .. }
            | Self::Delivered { .. }
            | Self::Finished => Level::Info,
            Self::Message { level, .. } => *level,
            Self::State(_)
            | Self::Registered { .. }
            | Self::Starting { .. }
            | Self::Granted { .. }
            | Self::Withdrawn { .. }
            | Self::Created { .. }
            | Self::RejectedTotal { .. }
            | Self::Stopping { .. }
            | Self::Revoked { .. }
            | Self::Reclaimed { .. } => Level::Debug,
        }
    }
}

/// Displays an event, asking `name` for services.
pub struct Words<'e, F> {
    pub event: &'e Event<'e>,
    pub name: F,
}

impl<'n, F: Fn(ServiceId) -> &'n str> fmt::Display for Words<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match self.event {
            Event::Handoff { ram, untypeds, slots, tsc_mhz } => write!(
                f,
                "kernel handed over {} KiB of RAM in {untypeds} untypeds, {slots} free slots, TSC {tsc_mhz} MHz",
                ram / 1024
            ),
            Event::Plan { system, services } => write!(f, "system {system}: {services} services"),
            Event::State(state) => write!(f, "{state}"),
            Event::Registered { service, version, layer, critical, .. } => write!(
                f,
                "{} {version} registered in layer {layer}{}",
                name(*service),
                if *critical { ", critical" } else { "" }
            ),
            Event::Starting { service, incarnation } => {
                write!(f, "{} starting, incarnation {}", name(*service), incarnation.0)
            }
            Event::Granted { service, kind, cptr } => {
                write!(f, "{} granted {kind} at {cptr:#x}", name(*service))
            }
            Event::Created { service } => write!(f, "{} created", name(*service)),
            Event::Ready { service } => write!(f, "{} ready", name(*service)),
            Event::Degraded { service, code, other } => {
                blamed(f, name(*service), " degraded", *code, other.map(name))
            }
            Event::Recovered { service } => write!(f, "{} recovered", name(*service)),
            Event::Crashed { service, fault } => match fault.gave_up() {
                // A code of a service's own is not in this table.
                Some(code) => {
                    let text = code.words().map_or("", |(text, _)| text);
                    write!(f, "{} gave up: {code} {text}", name(*service))
                }
                None => write!(f, "{} crashed: {fault}", name(*service)),
            },
            Event::Failed { service, code, other, detail } => {
                blamed(f, name(*service), " failed", *code, other.map(name))?;
                if *detail != 0 { write!(f, " [{detail}]") } else { Ok(()) }
            }
            Event::Rejected { service, why } => {
                write!(f, "{}: message ignored: {why}", name(*service))
            }
            Event::RejectedTotal { service, count } => {
                write!(f, "{}: {count} messages ignored in all", name(*service))
            }
            Event::Message { service, level, text } => {
                write!(f, "{}: {level}: {}", name(*service), Printable(text))
            }
            Event::NotWell { service, component, message, others } => {
                write!(f, "{} is not well", name(*service))?;
                for part in [component, message] {
                    if !part.is_empty() {
                        write!(f, ": {}", Printable(part))?;
                    }
                }
                if *others > 0 { write!(f, ", and {others} more") } else { Ok(()) }
            }
            Event::AuditMismatch { service, cptr, what } => write!(
                f,
                "{}: slot {cptr:#x} is not as planned: {}",
                name(*service),
                match what {
                    Mismatch::Missing => "its capability is missing",
                    Mismatch::Wrong => "its capability is of another type",
                    Mismatch::Surplus => "it holds a capability that nobody granted",
                }
            ),
            Event::FailedBoots { count, code, culprit, recovers } => {
                write!(f, "{count} boots in a row failed")?;
                if let Some(code) = code {
                    write!(f, ", the last with {code} {}", code.text())?;
                }
                if let Some(culprit) = culprit {
                    write!(f, " ({})", name(*culprit))?;
                }
                if *recovers { f.write_str("; this is a recovery boot") } else { Ok(()) }
            }
            Event::Restarting { service, code, delay } => write!(
                f,
                "{} restarts in {}.{:03} ms: {code} {}",
                name(*service),
                delay / 1000,
                delay % 1000,
                code.text()
            ),
            Event::RestartLimitReached { service, restarts, code } => {
                write!(f, "{} is given up after {restarts} restarts: {code} {}", name(*service), code.text())
            }
            Event::FallbackStarted { service, fallback } => {
                write!(f, "{} takes the place of {}", name(*fallback), name(*service))
            }
            Event::Storm => f.write_str("restart storm: only core services are restarted until it is over"),
            Event::Emergency { service, code } => {
                write!(f, "emergency stop: {} is lost: {code} {}", name(*service), code.text())
            }
            Event::Disabled { service, code, other } => {
                blamed(f, name(*service), " is disabled", *code, other.map(name))
            }
            Event::Unhealthy { service, code } => blamed(f, name(*service), " is unhealthy", *code, None),
            Event::Released { service, server, repeated } => write!(
                f,
                "{}: its call to {} {}",
                name(*service),
                name(*server),
                if *repeated { "is repeated" } else { "is answered ServerDown" }
            ),
            Event::Stopping { service } => write!(f, "{} stopping", name(*service)),
            Event::Stopped { service, forced } => {
                write!(f, "{} stopped{}", name(*service), if *forced { " by force" } else { "" })
            }
            Event::Revoked { service, whole } => write!(
                f,
                "{}: {} revoked",
                name(*service),
                if *whole { "everything" } else { "its incarnation" }
            ),
            Event::Reclaimed { service, bytes, slots, intact } => write!(
                f,
                "{}: {bytes} bytes and {slots} slots {}",
                name(*service),
                if *intact { "came back whole" } else { "did NOT come back whole" }
            ),
            Event::LayerUp { layer, micros } => {
                write!(f, "layer {layer} up after {}.{:03} ms", micros / 1000, micros % 1000)
            }
            Event::OverBudget { layer, micros, budget } => {
                write!(f, "layer {layer} over its budget: {micros} of {budget} us")
            }
            Event::BootComplete { micros, running, failed, waiting } => {
                write!(
                    f,
                    "boot complete after {}.{:03} ms: {running} running",
                    micros / 1000,
                    micros % 1000
                )?;
                for (count, what) in [(waiting, "waiting"), (failed, "failed")] {
                    if *count > 0 {
                        write!(f, ", {count} {what}")?;
                    }
                }
                Ok(())
            }
            Event::BootFailed { code, culprit } => blamed(f, "", "Boot failed", *code, culprit.map(name)),
            Event::ShutdownBegun => f.write_str("shutdown begun"),
            Event::Finished => f.write_str("finished"),
            Event::WeakEntropy => f.write_str("weak entropy: secrets come from timing jitter"),
            Event::Lost { count } => write!(f, "{count} events lost"),
            Event::Cost { service, what, cycles, syscalls } => {
                if let Some(service) = service {
                    write!(f, "{}: ", name(*service))?;
                }
                write!(f, "{what}: {cycles} instructions, {syscalls} system calls")
            }
            Event::Withdrawn { service, cptr } => {
                write!(f, "{}: the capability at {cptr:#x} is withdrawn", name(*service))
            }
            Event::Switched { interface, from, to } => {
                write!(f, "{} serves {interface} in place of {}", name(*to), name(*from))
            }
            Event::Delivered { service, .. } => write!(f, "{} got its program", name(*service)),
            Event::DeliveryRefused { service, by, code } => {
                blamed(f, name(*service), " refuses a program", *code, by.map(name))
            }
            Event::KernelRefused { service, code, detail } => {
                write!(f, "{}: {code} {} [{detail:#x}]", name(*service), code.text())
            }
            Event::InitError { code, detail } => {
                write!(f, "{code} {} [{detail:#x}]; {}", code.text(), code.hint())
            }
        }
    }
}

/// Who or what it is about, what became of it, why, and who else is to blame.
#[inline(never)]
fn blamed(
    f: &mut fmt::Formatter<'_>,
    whose: &str,
    what: &str,
    code: Code,
    other: Option<&str>,
) -> fmt::Result {
    write!(f, "{whose}{what}: {code} {}", code.text())?;
    if let Some(other) = other { write!(f, " ({other})") } else { Ok(()) }
}

/// Text from a service, with control characters made visible: it must not steer anybody's terminal.
struct Printable<'a>(&'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        self.0
            .chars()
            .try_for_each(|c| if c.is_control() { f.write_char('\u{fffd}') } else { f.write_char(c) })
    }
}

impl fmt::Display for BootState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BootState::BootingLayer(layer) => write!(f, "BootingLayer({layer})"),
            other => fmt::Debug::fmt(other, f),
        }
    }
}

impl fmt::Display for ServiceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            ServiceState::Pending => "Pending",
            ServiceState::Starting => "Starting",
            ServiceState::Running => "Running",
            ServiceState::Degraded => "Degraded",
            ServiceState::Unhealthy => "Unhealthy",
            ServiceState::Crashed => "Crashed",
            ServiceState::Restarting => "Restarting",
            ServiceState::Stopping => "Stopping",
            ServiceState::Stopped => "Stopped",
            ServiceState::Failed => "Failed",
            ServiceState::Disabled => "Disabled",
        })
    }
}

impl fmt::Display for CapKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            CapKind::Endpoint => "endpoint",
            CapKind::Notification => "notification",
            CapKind::Supervisor => "supervisor",
            CapKind::FaultHandler => "fault handler",
            CapKind::IrqHandler => "IRQ handler",
            CapKind::IoPorts => "I/O ports",
            CapKind::Memory => "memory",
            CapKind::Device => "device memory",
            CapKind::Thread => "thread",
        })
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Level::Error => "error",
            Level::Warn => "warn",
            Level::Info => "info",
            Level::Debug => "debug",
        })
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rejection::Malformed => f.write_str("malformed"),
            Rejection::UnknownOperation(label) => write!(f, "unknown operation, label {label}"),
            Rejection::WrongSecret => f.write_str("wrong secret"),
            Rejection::WrongAbi => f.write_str("another version of the supervisor interface"),
            Rejection::BeforeHello => f.write_str("before Hello"),
            Rejection::Duplicate => f.write_str("duplicate"),
            Rejection::Late => f.write_str("late"),
            Rejection::Denied => f.write_str("not granted"),
            Rejection::NotFaulted => f.write_str("a fault of a child that stands in none"),
            Rejection::Muted => f.write_str("further ones are counted, not logged"),
        }
    }
}

impl Fault<'_> {
    /// Why the service ended itself, if it did. The service chose the code: it need not be a known one.
    #[must_use]
    pub fn gave_up(&self) -> Option<Code> {
        (self.cause == Cause::GaveUp).then_some(Code(self.address as u16))
    }
}

impl fmt::Display for Fault<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            FaultKind::Capability => "capability fault on CPtr",
            FaultKind::VmRead => "read of",
            FaultKind::VmWrite => "write to",
            FaultKind::VmExecute => "jump to",
            FaultKind::UserException => "exception",
            FaultKind::UnknownSyscall => "unknown system call",
            FaultKind::Debug => "debug exception",
            FaultKind::Timeout => "budget exhausted",
            FaultKind::Other => "fault",
        };
        write!(f, "{what} {:#x} at {:#x}", self.address, self.ip)?;
        if let Some((function, offset)) = self.symbol {
            write!(f, " in {function}+{offset:#x}")?;
        }
        let cause = match self.cause {
            Cause::Unknown => return Ok(()),
            Cause::NullPointer => "null pointer",
            Cause::StackOverflow => "stack overflow into the guard page",
            Cause::WriteToReadOnly => "write to read-only memory",
            Cause::Unmapped => "nothing is mapped there",
            Cause::JumpToUnmapped => "jump to non-executable or unmapped memory",
            Cause::MissingCapability => "the service does not hold that capability",
            Cause::InvalidInstruction => "invalid instruction",
            Cause::DivideByZero => "division by zero",
            Cause::PrivilegedInstruction => "privileged instruction",
            Cause::Panic => "panic",
            Cause::ForeignSyscall => "no system call of this kernel",
            Cause::GaveUp => "the service gave up",
        };
        write!(f, " ({cause})")
    }
}

#[cfg(test)]
mod tests {
    use core::fmt::Write;

    use super::*;

    fn crashed(registers: &[u64]) -> Event<'static> {
        let registers = heapless::Vec::from_slice(registers).unwrap();
        let (kind, cause) = (FaultKind::VmWrite, Cause::NullPointer);
        let fault = Fault { kind, cause, ip: 1, address: 2, status: 3, symbol: Some(("f", 4)), registers };
        Event::Crashed { service: ServiceId(5), fault }
    }

    #[test]
    fn an_event_is_encoded_as_a_record_is() {
        let mut buffers = ([0; MAX_RECORD], [0; MAX_RECORD]);
        let event = crashed(&[1, u64::MAX]);
        let powers = (0..64).map(|bit| 1 << bit).flat_map(|power: u64| [power - 1, power]);
        for time in powers.chain([u64::MAX]) {
            let record = Record { sequence: time, time, event: event.clone() };
            let bytes = postcard::to_slice(&record, &mut buffers.0).unwrap();
            assert_eq!(event.encode(time, time, &mut buffers.1), Ok(&*bytes));
        }
        let text = "x".repeat(MAX_RECORD);
        let long = Event::Message { service: ServiceId(0), level: Level::Info, text: &text };
        assert_eq!(long.encode(0, 0, &mut buffers.0), Err(MalformedMessage));
    }

    #[test]
    fn a_service_that_gives_up_is_told_by_its_code() {
        let words = |event| {
            let mut text = heapless::String::<200>::new();
            write!(text, "{}", Words { event: &event, name: |_| "it" }).unwrap();
            text
        };
        assert!(words(crashed(&[])).starts_with("it crashed: write to 0x2 "));
        let gives_up = |address| {
            let Event::Crashed { service, fault } = crashed(&[]) else { unreachable!() };
            Event::Crashed { service, fault: Fault { cause: Cause::GaveUp, address, ..fault } }
        };
        assert_eq!(words(gives_up(409)), "it gave up: PZ-E0409 the service has no supervisor channel");
        assert_eq!(words(gives_up(4095)), "it gave up: PZ-E4095 ", "a number that a service made up");
    }

    #[test]
    fn registers_travel_as_they_are() {
        let mut buffer = [0; 512];
        for registers in [&[][..], &[u64::MAX], &[7; MAX_REGISTERS]] {
            let event = crashed(registers);
            let bytes = postcard::to_slice(&event, &mut buffer).unwrap();
            assert_eq!(postcard::from_bytes::<Event<'_>>(bytes), Ok(event));
        }
        let bytes = postcard::to_slice(&crashed(&[7]), &mut buffer).unwrap();
        let (at, end) = (bytes.len() - 9, bytes.len() - 1);
        assert_eq!(bytes[at], 8, "the number of bytes");
        bytes[at] = 7;
        assert!(postcard::from_bytes::<Event<'_>>(&bytes[..end]).is_err(), "half a register");
    }
}
