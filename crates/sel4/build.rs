// SPDX-License-Identifier: BSD-2-Clause
//! Chooses the ABI module and writes system call numbers and invocation labels of the kernel that
//! `SEL4_PREFIX` names.

fn main() {
    sel4_build::main(|kernel| {
        kernel.emit_cfgs();
        kernel.write_interfaces()
    });
}
