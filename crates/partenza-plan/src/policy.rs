// SPDX-License-Identifier: BSD-2-Clause
//! What is done about a service that is ill or dead (SPEC K, L), as planned: numbers only, all decided on the host.

use alloc::vec::Vec;

use partenza_protocol::ServiceId;
use rkyv::bytecheck::CheckBytes;
use rkyv::{Archive, Deserialize, Portable, Serialize};

/// What sort of service it is; chooses the defaults of [`Restart`] (SPEC L-3), and core services are exempt from the
/// storm guard.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize, Portable, CheckBytes,
)]
#[rkyv(as = Class)]
#[bytecheck(crate = rkyv::bytecheck)]
#[repr(u8)]
pub enum Class {
    Core,
    System,
    Driver,
    User,
}

/// How the Supervisor learns that a service is well (SPEC K-1).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize, Portable, CheckBytes,
)]
#[rkyv(as = Probe)]
#[bytecheck(crate = rkyv::bytecheck)]
#[repr(u8)]
pub enum Probe {
    None,
    /// It is signalled, asks, and answers the probe.
    Call,
    /// It reports by itself.
    Heartbeat,
}

/// Times in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize)]
pub struct Health {
    pub probe: Probe,
    /// From one probe to the next, or the longest pause between heartbeats.
    pub interval: u64,
    /// From the probe to its answer.
    pub timeout: u64,
    /// Unhealthy answers in a row that make it Unhealthy.
    pub failure_threshold: u8,
    /// Healthy answers in a row that make it Running again.
    pub success_threshold: u8,
}

impl Health {
    /// Nobody asks.
    pub const NONE: Health =
        Health { probe: Probe::None, interval: 0, timeout: 0, failure_threshold: 0, success_threshold: 0 };
}

/// When a service is started again (SPEC L-1).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize, Portable, CheckBytes,
)]
#[rkyv(as = RestartPolicy)]
#[bytecheck(crate = rkyv::bytecheck)]
#[repr(u8)]
pub enum RestartPolicy {
    /// However it ended, unless it was told to.
    Always,
    /// When it crashed, hung, or ended with another code than 0.
    OnFailure,
    Never,
}

/// What follows the last restart that is allowed (SPEC L-1).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize, Portable, CheckBytes,
)]
#[rkyv(as = OnExhausted)]
#[bytecheck(crate = rkyv::bytecheck)]
#[repr(u8)]
pub enum OnExhausted {
    Stop,
    Panic,
    RetryForever,
    Fallback,
}

/// Times in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize)]
pub struct Restart {
    pub policy: RestartPolicy,
    /// Restarts within `window`.
    pub max: u16,
    pub window: u64,
    pub initial_delay: u64,
    pub max_delay: u64,
    /// Growth of the delay from one restart to the next; 200 doubles it.
    pub backoff_percent: u32,
    pub on_exhausted: OnExhausted,
}

impl Restart {
    /// Of a PD without a manifest (SPEC O-2).
    pub const NEVER: Restart = Restart { policy: RestartPolicy::Never, ..Restart::of(Class::User) };

    /// The defaults of SPEC L-3. Delays begin at 100 ms, so that a service that fails at once cannot take the
    /// processor, and end at 5 s, so that one whose trouble is over does not stay away.
    #[must_use]
    pub const fn of(class: Class) -> Restart {
        let (max, window, backoff_percent, on_exhausted) = match class {
            Class::Core => (3, 60_000_000, 200, OnExhausted::Panic),
            Class::System => (5, 120_000_000, 150, OnExhausted::Stop),
            Class::Driver => (5, 60_000_000, 200, OnExhausted::Stop),
            Class::User => (10, 300_000_000, 150, OnExhausted::Stop),
        };
        Restart {
            policy: RestartPolicy::OnFailure,
            max,
            window,
            initial_delay: 100_000,
            max_delay: 5_000_000,
            backoff_percent,
            on_exhausted,
        }
    }
}

/// Restarts of the whole system that are too many (SPEC L-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize)]
pub struct Storm {
    pub restarts: u16,
    /// Microseconds.
    pub window: u64,
}

/// Requests of one service to the Supervisor that are too many (SPEC S-4). Times in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize)]
pub struct Overload {
    /// Requests within `period`; those that take the Supervisor longer count more.
    pub requests: u32,
    pub period: u64,
    /// Excesses after which the service is restarted; 0: never.
    pub restart_after: u16,
    /// The calm after which they are forgotten.
    pub calm: u64,
}

impl Overload {
    /// A service that asks as fast as it can takes about 2 % of a processor of 1 GHz until it is throttled, and a
    /// shell that shows a whole log stays below.
    pub const DEFAULT: Overload =
        Overload { requests: 1000, period: 100_000, restart_after: 3, calm: 10_000_000 };
}

/// What boots after too many failed boots (SPEC Q).
#[derive(Clone, Debug, Default, PartialEq, Eq, Archive, Serialize, Deserialize, serde::Serialize)]
pub struct Recovery {
    /// Boots that may fail in a row; 0 turns recovery boots off.
    pub max_attempts: u8,
    pub services: Vec<ServiceId>,
    /// Requirements that are soft in a recovery boot: dependent, dependency.
    pub soften: Vec<(ServiceId, ServiceId)>,
    /// Shows at a panic why (SPEC L-8).
    pub panic: Option<ServiceId>,
}
