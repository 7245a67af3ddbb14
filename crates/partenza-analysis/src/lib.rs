// SPDX-License-Identifier: BSD-2-Clause
//! What a compiled plan means, and what a recorded boot did: the boot plan ([`plan`]), two plans compared ([`diff`]),
//! who can reach what ([`authority`]), and where the time of a boot went ([`boot`]).
//!
//! Rules of this crate:
//! * It works on the compiled [`partenza_plan::Plan`] and on recorded events, never on YAML or XML: what it says is what
//!   the target will do or did, not what somebody meant.
//! * Results are values first. Text, JSON, DOT and SVG are made of the same values, so none knows more than another.
//! * The same input gives the same bytes.
//! * A plan comes from a file, so no plan makes it panic: [`source`] checks one before it is used.
#![forbid(unsafe_code)]

pub mod authority;
pub mod boot;
mod devices;
pub mod diff;
mod draw;
mod names;
pub mod plan;
pub mod source;
pub mod text;

pub use names::Names;

/// Version of the JSON shapes. A field that goes or changes its meaning changes it; a new field does not.
pub const JSON_FORMAT: u32 = 1;
