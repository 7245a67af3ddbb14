// SPDX-License-Identifier: BSD-2-Clause
//! Writes the configuration of the kernel that `SEL4_PREFIX` names.

fn main() {
    sel4_build::main(|kernel| kernel.write_config());
}
