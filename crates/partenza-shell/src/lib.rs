// SPDX-License-Identifier: BSD-2-Clause
//! The terminal's shell: line editor and commands.
//!
//! Rules of this crate:
//! * It knows neither seL4 nor a UART: bytes come in one by one, text goes out to a [`core::fmt::Write`], and what the
//!   commands ask goes through [`System`]. So all of it is tested on the host.
//! * No allocation; every buffer is bounded, and what does not fit is refused with a bell.
//! * Nothing that a service says steers the user's terminal: control characters are shown, not sent.
//! * An error is shown as code, text and hint (SPEC H-1).
#![no_std]
#![forbid(unsafe_code)]

mod command;
mod commands;
mod complete;
mod edit;
mod history;
mod key;
mod line;
pub mod live;
mod names;
pub mod refusal;
mod shell;
mod show;
mod system;

pub use edit::{Asked, Editor};
pub use key::{Decoder, Key};
pub use line::PROMPT;
pub use shell::Shell;
pub use show::{Bytes, Micros};
pub use system::System;
