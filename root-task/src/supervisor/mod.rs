// SPDX-License-Identifier: BSD-2-Clause
//! The Supervisor: one loop that receives, decides by the lifecycle machine, and acts (SPEC I).

pub mod accounts;
pub mod actions;
pub mod audit;
pub mod budget;
pub mod delivery;
pub mod end;
pub mod faults;
pub mod lookups;
pub mod mailbox;
pub mod messages;
pub mod notices;
pub mod outcome;
pub mod own_end;
pub mod pace;
pub mod questions;
pub mod reports;
pub mod requests;
pub mod run;
pub mod spawn;
pub mod state;
pub mod step;
pub mod subscribers;
#[cfg(feature = "tamper")]
mod tamper;
pub mod waiting;
