// SPDX-License-Identifier: BSD-2-Clause
//! Symbols of an unwinder and of a C library. The prebuilt libraries name them; with `panic = "abort"` nobody gets
//! here, and the linker drops them where nothing names them.

#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() -> ! {
    crate::fault()
}

#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() -> ! {
    crate::fault()
}

/// What the prebuilt `compiler_builtins` asks at the first atomic operation, to know whether the processor has the instructions
/// of Armv8.1 for it. 0: it uses those that every processor of the architecture has.
#[cfg(target_arch = "aarch64")]
#[unsafe(no_mangle)]
extern "C" fn getauxval(_kind: u64) -> u64 {
    0
}
