// SPDX-License-Identifier: BSD-2-Clause
//! The root task of tests: the same program, built with the boot parameter `tamper`. Nothing else uses it.
#![no_std]
#![no_main]

#[path = "main.rs"]
#[expect(unused_attributes, reason = "what it says of its crate is said above")]
mod root_task;
