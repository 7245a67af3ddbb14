// SPDX-License-Identifier: BSD-2-Clause
//! Passes the kernel's configuration on, and declares the `cfg` of `support/sel4-target.toml`.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(target_sel4)");
    sel4_build::main(|kernel| {
        kernel.emit_cfgs();
        Ok(())
    });
}
