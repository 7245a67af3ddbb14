// SPDX-License-Identifier: BSD-2-Clause
//! What happened: the ring, and who is shown it (SPEC A-4, I-6).

pub mod console;
pub mod event_line;
pub mod journal;
pub mod ring;
