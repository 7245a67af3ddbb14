// SPDX-License-Identifier: BSD-2-Clause
//! Empty on purpose: cargo wants a target before it will resolve a manifest. See Cargo.toml.
