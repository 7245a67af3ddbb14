// SPDX-License-Identifier: BSD-2-Clause
//! Variables that a tool fills in after linking, found by their names in the symbol table.
//!
//! They lie in `.data.microkit`, which the linker script keeps, and are read volatilely: the
//! compiler must not take the value that it sees for the value that will be there.

use core::cell::UnsafeCell;
use core::str::{self, Utf8Error};

/// A variable that a tool fills in. For [`var!`](crate::var).
#[doc(hidden)]
#[repr(transparent)]
pub struct PatchedCell<T>(UnsafeCell<T>);

// SAFETY: never written while the program runs.
unsafe impl<T: Sync> Sync for PatchedCell<T> {}

impl<T> PatchedCell<T> {
    /// The variable with the value it has when no tool fills it in.
    pub const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }
}

impl<T: Copy> PatchedCell<T> {
    /// The value.
    #[inline(always)]
    pub fn read(&self) -> T {
        // SAFETY: initialised, and never written while the program runs.
        unsafe { self.0.get().read_volatile() }
    }
}

impl<T> PatchedCell<T> {
    /// The value, in place.
    #[inline(always)]
    pub fn get(&'static self) -> &'static T {
        // SAFETY: as in `read`; passing the pointer on hides its value from the compiler.
        unsafe { &*core::hint::black_box(self.0.get()) }
    }
}

/// Declares a variable that the system description fills in (`setvar_vaddr`, `setvar_id`,
/// `<setvar>`, …), and gives a reference to it:
///
/// ```ignore
/// let buffer = *var!(buffer: usize = 0);
/// ```
#[macro_export]
macro_rules! var {
    ($symbol:ident: $ty:ty = $default:expr) => {{
        #[used]
        #[unsafe(no_mangle)]
        #[unsafe(link_section = ".data.microkit")]
        static $symbol: $crate::_private::PatchedCell<$ty> = $crate::_private::PatchedCell::new($default);

        $symbol.get()
    }};
}

/// Declares a variable that holds a memory region's address, and gives it as a pointer: to a `T`,
/// or to `n` of them.
///
/// ```ignore
/// let registers = memory_region_symbol!(hpet: *mut Registers);
/// let ring = memory_region_symbol!(ring: *mut [u8], n = 4096);
/// ```
///
/// # Panics
/// When the system description fills nothing in.
#[macro_export]
macro_rules! memory_region_symbol {
    ($symbol:ident: *mut [$ty:ty], n = $n:expr $(,)?) => {
        ::core::ptr::NonNull::slice_from_raw_parts(
            $crate::memory_region_symbol!($symbol: *mut $ty),
            $n,
        )
    };
    ($symbol:ident: *mut $ty:ty $(,)?) => {
        ::core::ptr::NonNull::new(::core::ptr::with_exposed_provenance_mut::<$ty>(
            *$crate::var!($symbol: usize = 0),
        ))
        .expect(::core::concat!(::core::stringify!($symbol), " is not in the system description"))
    };
}

macro_rules! patched {
    ($symbol:ident: $ty:ty = $default:expr) => {
        #[used]
        #[unsafe(no_mangle)]
        #[unsafe(link_section = ".data.microkit")]
        #[allow(non_upper_case_globals)]
        static $symbol: PatchedCell<$ty> = PatchedCell::new($default);
    };
}

const NAME_BYTES: usize = 64;

patched!(microkit_name: [u8; NAME_BYTES] = [0; NAME_BYTES]);
patched!(microkit_passive: u8 = 0);
patched!(microkit_irqs: u64 = 0);
patched!(microkit_notifications: u64 = 0);
patched!(microkit_pps: u64 = 0);
#[cfg(sel4_cfg = "ARCH_X86")]
patched!(microkit_ioports: u64 = 0);

/// Channels that are interrupts, as a bit mask.
#[inline(always)]
pub(crate) fn pd_irqs() -> u64 {
    microkit_irqs.read()
}

/// Channels whose peer can be notified, as a bit mask.
#[inline(always)]
pub(crate) fn pd_notifications() -> u64 {
    microkit_notifications.read()
}

/// Channels whose peer can be called, as a bit mask.
#[inline(always)]
pub(crate) fn pd_pps() -> u64 {
    microkit_pps.read()
}

/// I/O port ranges, as a bit mask.
#[cfg(sel4_cfg = "ARCH_X86")]
#[inline(always)]
pub(crate) fn pd_ioports() -> u64 {
    microkit_ioports.read()
}

/// Whether this PD runs on its callers' time only.
pub fn pd_is_passive() -> bool {
    microkit_passive.read() != 0
}

/// The PD's name, up to 64 bytes.
pub fn pd_name_bytes() -> &'static [u8] {
    let bytes = microkit_name.get();
    let len = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    &bytes[..len]
}

/// The PD's name.
///
/// # Errors
/// When what the tool wrote is not UTF-8.
pub fn pd_name() -> Result<&'static str, Utf8Error> {
    str::from_utf8(pd_name_bytes())
}
