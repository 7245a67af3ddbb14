// SPDX-License-Identifier: BSD-2-Clause
//! The hardware of the machine. One folder per kind of machine; nothing in it knows services.

pub mod pc99;
