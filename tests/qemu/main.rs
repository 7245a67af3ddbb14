// SPDX-License-Identifier: BSD-2-Clause
//! Every case that boots something; see the crate's documentation for the rules.
#![forbid(unsafe_code)]

mod begin;
mod budget;
mod c;
mod callers;
mod conformance;
mod console;
mod costs;
mod delivery;
mod dependents;
mod devices;
mod exhausted;
mod family;
mod faults;
mod front;
mod gasp;
mod handoff;
mod health;
mod held;
mod hostile;
mod interrupts;
mod journal;
mod leftovers;
mod misbehaviour;
mod pace;
mod parameters;
mod prices;
mod providers;
mod recovery;
mod reference;
mod repeat;
mod repeated_calls;
mod restarts;
mod run_time;
mod scale;
mod scenarios;
mod secrets;
mod shell;
mod shutdown;
mod soak;
mod start;
mod start_mode;
mod tampered;
mod timers;
mod waiting;
