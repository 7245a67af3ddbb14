// SPDX-License-Identifier: BSD-2-Clause
//! PZ-07xx: kernels, root tasks, what must fit where.

use super::page::{MANIFEST, Page, piece, words};
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
    words(
        Code::KernelStack,
        "From seL4 5.0.0 to 7.0.0 the x86_64 kernel finds the top of its stack by rounding, which is right only if the stack \
         is aligned to 4096 bytes; its own build aligns it to 16. Under interrupts from two devices such a kernel destroys what \
         lies behind the stack, and halts or gives interrupts to the wrong thread. Upstream corrected it in 8.0.0 (commit \
         3998787749ad). The alignment is read from kernel_stack_alloc in PREFIX/bin/kernel.elf; the kernel is used all the same.",
        "partenza pack . --kernel /opt/sel4, where nm /opt/sel4/bin/kernel.elf shows ffffffff807364d0 B kernel_stack_alloc",
        "make kernels; partenza pack . --kernel build/kernel/release, where it shows ffffffff80729000 B kernel_stack_alloc",
    ),
    words(
        Code::NotImage,
        "An image is the root task with a system's archive in it, and the kernel boots nothing else. A service's program, the \
         root task by itself, an image that was cut short or is damaged, and one of another release are none. This is found \
         out before QEMU starts.",
        "partenza run build/sel4/debug/x86_64-unknown-linux-gnu/sel4/root-task",
        "partenza pack . -o image.elf; partenza run image.elf",
    ),
    words(
        Code::ImageForeign,
        "System calls and object sizes depend on the kernel, and only a debug kernel has the debugging ones, which a release \
         kernel takes for faults. So an image that was packed for a debug kernel does not run on a release kernel; one for a \
         release kernel runs on both.",
        "partenza pack . --kernel build/kernel/debug -o image.elf; partenza run image.elf --kernel build/kernel/release",
        "partenza run image.elf --kernel build/kernel/debug",
    ),
];
