// SPDX-License-Identifier: BSD-2-Clause
//! Calls between services: who serves which endpoint, and what becomes of clients whose server is gone (SPEC J-4, S-2, S-5).

pub mod bindings;
pub mod call_table;
pub mod former_providers;
pub mod providers;
pub mod reception;
pub mod release;
pub mod server_gone;
pub mod servers;
pub mod state;
