// SPDX-License-Identifier: BSD-2-Clause
//! What a service links: handshake, ready, directives, calls to other services, log lines.
//!
//! ```ignore
//! #![no_std]
//! #![no_main]
//!
//! use partenza_service::{Service, serve};
//! use sel4_microkit::{Handler, protection_domain};
//!
//! struct Nothing;
//!
//! impl Service for Nothing {}
//!
//! #[protection_domain]
//! fn init() -> impl Handler {
//!     serve(Nothing)
//! }
//! ```
//!
//! Rules of this crate:
//! * Everything that a service knows of itself it reads from its startup page: its name, its channels by name, its
//!   arguments. No number of system.xml is written into a service.
//! * A service that cannot go on says why in one line and touches the address that is the error's number, so that
//!   the Supervisor's fault report carries the code as well ([`give_up`]). Nothing fails silently (SPEC A-3).
//! * No allocation. What a service does not use is not linked: without text of its own a service holds no formatting
//!   code and fits two read-only pages and one page of data.
//! * Requests and answers are copied out of the IPC buffer before a service sees them, so it may call others while it
//!   answers.
#![no_std]

pub mod clients;
mod context;
mod delivery;
mod fatal;
mod give_up;
mod health;
mod interrupt;
mod peer;
#[cfg(target_arch = "x86_64")]
mod ports;
mod service;

pub use context::Context;
pub use delivery::Delivery;
pub use fatal::crash;
pub use give_up::give_up;
pub use health::Health;
pub use interrupt::Interrupt;
pub use partenza_interfaces::{Message, ServiceError, Text, info};
pub use partenza_protocol::control::{Component, Level, MAX_COMPONENTS, MAX_TEXT};
pub use partenza_protocol::error::{LookupError, SupervisorError};
pub use partenza_protocol::request::Release;
pub use partenza_protocol::{Code, Incarnation, Op};
pub use peer::Peer;
#[cfg(target_arch = "x86_64")]
pub use ports::Ports;
pub use service::{Answered, Call, Fate, InfoText, Running, Service, serve};
