// SPDX-License-Identifier: BSD-2-Clause
//! From the kernel's jump to `main`.

use core::ops::Range;

use sel4::BootInfoPtr;

use crate::Termination;

// The kernel starts a root task with the boot information's address in the first argument
// register and no stack. The stack's own top is its address, its guard and its size.
#[cfg(all(target_sel4, target_arch = "x86_64"))]
core::arch::global_asm!(
    ".section .text._start, \"ax\", @progbits",
    ".globl _start",
    ".type _start, @function",
    "_start:",
    "lea rsp, [__sel4_root_task_stack + {guard}]",
    "add rsp, [__sel4_root_task_stack_bytes]",
    "xor ebp, ebp",
    "call {entry}",
    "ud2",
    ".size _start, . - _start",
    ".text",
    guard = const sel4_runtime::GUARD_BYTES,
    entry = sym entry,
);

#[cfg(all(target_sel4, target_arch = "aarch64"))]
core::arch::global_asm!(
    ".section .text._start, \"ax\", @progbits",
    ".globl _start",
    ".type _start, @function",
    "_start:",
    "adrp x1, __sel4_root_task_stack + {guard}",
    "add x1, x1, :lo12:__sel4_root_task_stack + {guard}",
    "adrp x2, __sel4_root_task_stack_bytes",
    "ldr x2, [x2, :lo12:__sel4_root_task_stack_bytes]",
    "add sp, x1, x2",
    "mov x29, xzr",
    "bl {entry}",
    "udf #0",
    ".size _start, . - _start",
    ".text",
    guard = const sel4_runtime::GUARD_BYTES,
    entry = sym entry,
);

#[cfg(target_sel4)]
extern "C" fn entry(bootinfo: *const sel4::BootInfo) -> ! {
    // SAFETY: the kernel gave the address, and keeps the pages there.
    let bootinfo = unsafe { BootInfoPtr::new(bootinfo) };
    // SAFETY: the kernel says that the buffer is there; this is the only reference ever made.
    if let Some(buffer) = unsafe { bootinfo.ipc_buffer().as_mut() } {
        sel4::set_ipc_buffer(buffer);
    }
    // SAFETY: defined by `declare_root_task!` with this signature.
    unsafe { __sel4_root_task_main(&bootinfo) }
}

unsafe extern "Rust" {
    fn __sel4_root_task_main(bootinfo: &BootInfoPtr) -> !;

    static __sel4_root_task_stack: u8;
    static __sel4_root_task_stack_bytes: usize;
    static __sel4_image_start: u8;
    static __sel4_text_end: u8;
    static __sel4_data_start: u8;
    static __sel4_image_end: u8;
}

/// Runs `main`, and panics with the error that it returns.
#[doc(hidden)]
pub fn run_main<T: Termination>(main: impl FnOnce(&BootInfoPtr) -> T, bootinfo: &BootInfoPtr) -> ! {
    let error = main(bootinfo).report();
    panic!("main ended: {error:?}")
}

/// Where the root task's stack lies.
pub mod stack {
    use super::*;

    /// The page below the stack, which the root task may unmap.
    pub fn guard_page() -> usize {
        &raw const __sel4_root_task_stack as usize
    }

    /// The stack's addresses, without the guard page.
    pub fn range() -> Range<usize> {
        let start = guard_page() + sel4_runtime::GUARD_BYTES;
        // SAFETY: defined by `declare_root_task!`, never written.
        start..start + unsafe { __sel4_root_task_stack_bytes }
    }
}

/// Where the root task's own image lies, by the linker script's symbols. Page-aligned at their
/// starts; an archive that a tool adds to the image is not part of it.
pub mod image {
    use super::*;

    /// Code and constants.
    pub fn text() -> Range<usize> {
        &raw const __sel4_image_start as usize..&raw const __sel4_text_end as usize
    }

    /// Data, the stack included.
    pub fn data() -> Range<usize> {
        &raw const __sel4_data_start as usize..&raw const __sel4_image_end as usize
    }

    /// The machine's device tree, which this project's loader puts behind the image in pages that belong to it
    /// (`crates/loader`). `end` is where the image itself ends: [`data`]'s, or that of an archive that a tool added.
    ///
    /// `None` where nobody put one there. What it says has not been checked here, but the loader has read it.
    #[cfg(sel4_cfg = "ARCH_AARCH64")]
    pub fn device_tree(bootinfo: &BootInfoPtr, end: usize) -> Option<&'static [u8]> {
        const MAGIC: u32 = 0xd00d_feed;
        const HEADER: usize = 40;
        let granule = sel4::FrameObjectType::GRANULE.bytes();
        let start = end.next_multiple_of(granule);
        let room = (text().start + bootinfo.user_image_frames().len() * granule).checked_sub(start)?;
        if room < HEADER {
            return None;
        }
        let tree = core::ptr::with_exposed_provenance::<u8>(start);
        // SAFETY: the kernel mapped a frame for every page of the image, these are behind all that the program uses, and
        // they stay.
        unsafe {
            let word = |at: usize| u32::from_be(tree.add(at).cast::<u32>().read());
            let size = word(4) as usize;
            (word(0) == MAGIC && (HEADER..=room).contains(&size))
                .then(|| core::slice::from_raw_parts(tree, size))
        }
    }
}
