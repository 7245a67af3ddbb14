// SPDX-License-Identifier: BSD-2-Clause
//! Names the linker script as an input, and the flag that `support/loader-aarch64.toml` sets.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(target_sel4)");
    println!("cargo::rerun-if-changed=loader.ld");
}
