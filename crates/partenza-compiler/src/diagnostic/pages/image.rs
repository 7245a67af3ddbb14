// SPDX-License-Identifier: BSD-2-Clause
//! PZ-07xx: kernels, root tasks, what must fit where.

use super::{MANIFEST, Page, piece, words};
use crate::diagnostic::Code;

pub const PAGES: &[Page] = &[
    words(
        Code::BadKernel,
        "Object sizes, system calls and badges depend on the kernel, so a plan is made for one. Its prefix is where \
         `libsel4/include/kernel/gen_config.json` is.",
        "partenza check, where no kernel was built",
        "make kernels; partenza check --kernel build/kernel/debug",
    ),
    words(
        Code::BadRootTask,
        "An image is the prebuilt root task with the archive in it. The file that was found is no root task, or one for \
         another kernel.",
        "partenza pack . --root-task build/kernel/debug/bin/kernel.elf",
        "make programs; partenza pack .",
    ),
    words(
        Code::StartupFull,
        "What a service knows from its first instruction on is one page that it can read: arguments, environment, the \
         names of its channels.",
        "args: [5000 letters]",
        "args: [a name under which it can ask for the rest]",
    ),
    piece(
        Code::TooManyItems,
        "A message of ready names at most 8 interfaces, a mask of optional capabilities has 32 bits.",
        MANIFEST,
        "provides: [{interface: a/1, version: 1}, {interface: a/2, version: 1}, {interface: a/3, version: 1}, \
         {interface: a/4, version: 1}, {interface: a/5, version: 1}, {interface: a/6, version: 1}, \
         {interface: a/7, version: 1}, {interface: a/8, version: 1}, {interface: a/9, version: 1}]",
        "provides: [{interface: a/1, version: 1}]",
    ),
];
