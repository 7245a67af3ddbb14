// SPDX-License-Identifier: BSD-2-Clause
//! A recorded boot (SPEC R-2): what took how long, what waited for what, and where a shorter boot begins.
//!
//! Everything is read from events; a plan, where there is one, adds budgets and nothing else.

mod chain;
mod chart;
mod json;
mod show;
mod timeline;

pub use chain::{Chain, Link};
pub use chart::chart;
pub use json::{blame_json, chain_json};
pub use show::{blame, critical_chain};
pub use timeline::{Attempt, BadEvents, End, LayerSpan, Outcome, Release, Timeline, Track};
