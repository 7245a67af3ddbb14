// SPDX-License-Identifier: BSD-2-Clause
//! Symbols of an unwinder. The prebuilt libraries name them; with `panic = "abort"` nobody gets
//! here, and the linker drops them where nothing names them.

#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() -> ! {
    crate::fault()
}

#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() -> ! {
    crate::fault()
}
