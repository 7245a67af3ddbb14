// SPDX-License-Identifier: BSD-2-Clause
//! What the build scripts of the `sel4` crates know about the kernel they build for.
//!
//! A kernel is described by its installed prefix (`SEL4_PREFIX`): `gen_config.json` for the
//! configuration, XML for system call numbers and invocation labels. Rules:
//!
//! - Nothing about a kernel is written down here; it is read, or it is an error that says what is
//!   missing and how to mend it.
//! - Every file read is reported to cargo (`rerun-if-changed`), so another kernel in the same
//!   prefix rebuilds what depends on it and nothing else does.
//! - This crate runs on the host only. No host crate of the workspace depends on the crates that
//!   use it, so `cargo build` works without any kernel.
#![forbid(unsafe_code)]

mod condition;
mod config;
mod interfaces;
mod prefix;
mod tables;

pub use condition::{Condition, ConditionError};
pub use config::{Config, Value};
pub use interfaces::{InterfaceError, Invocation, Syscall, read_invocations, read_syscalls};
pub use prefix::{Kernel, PrefixError};
pub use tables::{config_source, invocation_source, syscall_source};

/// Runs the body of a build script: an error is printed whole and ends the build with status 1.
///
/// # Example
/// ```no_run
/// sel4_build::main(|kernel| {
///     kernel.emit_cfgs();
///     Ok(())
/// });
/// ```
pub fn main(script: impl FnOnce(&Kernel) -> Result<(), PrefixError>) {
    let result = Kernel::from_env().and_then(|kernel| script(&kernel));
    if let Err(error) = result {
        println!("cargo::error={}", error.to_string().replace('\n', " "));
        std::process::exit(1);
    }
}
