// SPDX-License-Identifier: BSD-2-Clause
//! `memcpy` and its kin.
//!
//! Bulk goes by words ([`bulk`]). Short ones, which are most, go by at most two overlapping loads and
//! stores without a loop. Nothing here may be written as a loop over bytes that the compiler would
//! recognise and turn into a call of the very function.

use core::ptr;

use bulk::{copy_words, fill_words};

const WORD: usize = size_of::<u64>();

/// String instructions: one counted instruction per word under `-icount`, and microcoded speed on real processors.
#[cfg(target_arch = "x86_64")]
mod bulk {
    use core::arch::asm;

    /// Copies words in ascending order.
    ///
    /// # Safety
    /// `src` readable and `dst` writable for `words` words.
    #[inline(always)]
    pub unsafe fn copy_words(dst: *mut u8, src: *const u8, words: usize) {
        // SAFETY: the caller's; the instruction touches those words and its registers.
        unsafe {
            asm!(
                "rep movsq",
                inout("rcx") words => _,
                inout("rdi") dst => _,
                inout("rsi") src => _,
                options(nostack, preserves_flags),
            );
        }
    }

    /// Writes `word` to every word.
    ///
    /// # Safety
    /// `dst` writable for `words` words.
    #[inline(always)]
    pub unsafe fn fill_words(dst: *mut u8, word: u64, words: usize) {
        // SAFETY: the caller's; the instruction touches those words and its registers.
        unsafe {
            asm!(
                "rep stosq",
                inout("rcx") words => _,
                inout("rdi") dst => _,
                in("rax") word,
                options(nostack, preserves_flags),
            );
        }
    }
}

/// Pairs of general registers, two words in four instructions. Vector registers would do it in half, and make every thread
/// that copies anything a user of the FPU.
#[cfg(target_arch = "aarch64")]
mod bulk {
    use core::arch::asm;

    /// Copies words in ascending order. Each pair is read before anything of it is written.
    ///
    /// # Safety
    /// `src` readable and `dst` writable for `words` words.
    #[inline(always)]
    pub unsafe fn copy_words(dst: *mut u8, src: *const u8, words: usize) {
        // SAFETY: the caller's; the loop touches those words and its registers.
        unsafe {
            asm!(
                "cbz {pairs}, 3f",
                "2:",
                "ldp {a}, {b}, [{src}], #16",
                "subs {pairs}, {pairs}, #1",
                "stp {a}, {b}, [{dst}], #16",
                "b.ne 2b",
                "3:",
                "tbz {words}, #0, 4f",
                "ldr {a}, [{src}]",
                "str {a}, [{dst}]",
                "4:",
                pairs = inout(reg) words / 2 => _,
                words = in(reg) words,
                src = inout(reg) src => _,
                dst = inout(reg) dst => _,
                a = out(reg) _,
                b = out(reg) _,
                options(nostack),
            );
        }
    }

    /// Writes `word` to every word.
    ///
    /// # Safety
    /// `dst` writable for `words` words.
    #[inline(always)]
    pub unsafe fn fill_words(dst: *mut u8, word: u64, words: usize) {
        // SAFETY: the caller's; the loop touches those words and its registers.
        unsafe {
            asm!(
                "cbz {pairs}, 3f",
                "2:",
                "subs {pairs}, {pairs}, #1",
                "stp {word}, {word}, [{dst}], #16",
                "b.ne 2b",
                "3:",
                "tbz {words}, #0, 4f",
                "str {word}, [{dst}]",
                "4:",
                pairs = inout(reg) words / 2 => _,
                words = in(reg) words,
                word = in(reg) word,
                dst = inout(reg) dst => _,
                options(nostack),
            );
        }
    }
}

/// Copies up to 16 bytes: all loads before the first store, so overlap does not matter.
///
/// # Safety
/// `src` readable and `dst` writable for `n` bytes, `n <= 16`.
#[inline(always)]
unsafe fn copy_short(dst: *mut u8, src: *const u8, n: usize) {
    // SAFETY: every access below lies in the first or last part of the `n` bytes.
    unsafe {
        if n >= 8 {
            let (a, b) = (src.cast::<u64>().read_unaligned(), src.add(n - 8).cast::<u64>().read_unaligned());
            dst.cast::<u64>().write_unaligned(a);
            dst.add(n - 8).cast::<u64>().write_unaligned(b);
        } else if n >= 4 {
            let (a, b) = (src.cast::<u32>().read_unaligned(), src.add(n - 4).cast::<u32>().read_unaligned());
            dst.cast::<u32>().write_unaligned(a);
            dst.add(n - 4).cast::<u32>().write_unaligned(b);
        } else if n > 0 {
            let (a, b, c) = (*src, *src.add(n / 2), *src.add(n - 1));
            *dst = a;
            *dst.add(n / 2) = b;
            *dst.add(n - 1) = c;
        }
    }
}

/// Copies more than two words in ascending order; the words cover the first bytes, the last word, which is read before
/// anything is written, the rest.
///
/// # Safety
/// Both are valid for `n` bytes, and `dst` does not begin inside of `src`.
#[inline(always)]
unsafe fn copy_forwards(dst: *mut u8, src: *const u8, n: usize) {
    // SAFETY: the caller's.
    unsafe {
        let last = src.add(n - WORD).cast::<u64>().read_unaligned();
        copy_words(dst, src, (n - 1) / WORD);
        dst.add(n - WORD).cast::<u64>().write_unaligned(last);
    }
}

/// C's `memcpy`.
///
/// # Safety
/// As in C.
#[cfg_attr(target_sel4, unsafe(no_mangle))]
unsafe extern "C" fn memcpy(dst: *mut u8, src: *const u8, n: usize) -> *mut u8 {
    // SAFETY: the caller's, as in C.
    unsafe {
        if n <= 2 * WORD {
            copy_short(dst, src, n);
        } else {
            copy_forwards(dst, src, n);
        }
    }
    dst
}

/// C's `memmove`.
///
/// # Safety
/// As in C.
#[cfg_attr(target_sel4, unsafe(no_mangle))]
unsafe extern "C" fn memmove(dst: *mut u8, src: *const u8, n: usize) -> *mut u8 {
    // SAFETY: the caller's, as in C.
    unsafe {
        if n <= 2 * WORD {
            copy_short(dst, src, n);
        } else if dst.addr().wrapping_sub(src.addr()) >= n {
            // The destination does not start inside the source: forwards is right, and a word is
            // read before it is overwritten also where they overlap.
            copy_forwards(dst, src, n);
        } else {
            let first = src.cast::<u64>().read_unaligned();
            let mut at = n;
            while at > WORD {
                at -= WORD;
                let word = src.add(at).cast::<u64>().read_unaligned();
                dst.add(at).cast::<u64>().write_unaligned(word);
            }
            dst.cast::<u64>().write_unaligned(first);
        }
    }
    dst
}

/// C's `memset`.
///
/// # Safety
/// As in C.
#[cfg_attr(target_sel4, unsafe(no_mangle))]
unsafe extern "C" fn memset(dst: *mut u8, byte: i32, n: usize) -> *mut u8 {
    let word = u64::from(byte as u8) * 0x0101_0101_0101_0101;
    // SAFETY: the caller's, as in C; every store lies in the first or last part of the `n` bytes.
    unsafe {
        if n >= WORD {
            fill_words(dst, word, n / WORD);
            dst.add(n - WORD).cast::<u64>().write_unaligned(word);
        } else if n >= 4 {
            dst.cast::<u32>().write_unaligned(word as u32);
            dst.add(n - 4).cast::<u32>().write_unaligned(word as u32);
        } else if n > 0 {
            *dst = byte as u8;
            *dst.add(n / 2) = byte as u8;
            *dst.add(n - 1) = byte as u8;
        }
    }
    dst
}

/// C's `memcmp`.
///
/// # Safety
/// As in C.
#[cfg_attr(target_sel4, unsafe(no_mangle))]
unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, n: usize) -> i32 {
    let mut at = 0;
    // SAFETY: the caller's, as in C; `at` stays below `n`. Reads are volatile so that the loops
    // are not recognised as this function.
    unsafe {
        while at + WORD <= n {
            let (x, y) =
                (ptr::read_unaligned(a.add(at).cast::<u64>()), ptr::read_unaligned(b.add(at).cast::<u64>()));
            if x != y {
                return if x.swap_bytes() < y.swap_bytes() { -1 } else { 1 };
            }
            at += WORD;
        }
        while at < n {
            let (x, y) = (a.add(at).read_volatile(), b.add(at).read_volatile());
            if x != y {
                return i32::from(x) - i32::from(y);
            }
            at += 1;
        }
    }
    0
}

/// C's `bcmp`.
///
/// # Safety
/// As in C.
#[cfg_attr(target_sel4, unsafe(no_mangle))]
unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, n: usize) -> i32 {
    // SAFETY: the caller's, as in C.
    unsafe { memcmp(a, b, n) }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;

    fn bytes(n: usize) -> Vec<u8> {
        (0..n).map(|i| (i * 7 + i / 256) as u8).collect()
    }

    #[test]
    fn every_short_length_and_overlap_is_copied_right() {
        for n in 0..70 {
            for (from, to) in [(0, 80), (3, 0), (0, 3), (1, 9), (9, 1), (0, 40), (40, 0), (5, 5)] {
                let mut ours = bytes(160);
                let mut right = ours.clone();
                right.copy_within(from..from + n, to);
                let start = ours.as_mut_ptr();
                // SAFETY: both ranges lie in the 160 bytes.
                unsafe { memmove(start.add(to), start.add(from), n) };
                assert_eq!(ours, right, "{n} bytes from {from} to {to}");
            }
        }
    }

    #[test]
    fn nothing_around_is_written() {
        for n in 0..70 {
            let source = bytes(n);
            let mut ours = std::vec![0xaa; n + 2];
            // SAFETY: `n` bytes are there in both.
            unsafe { memcpy(ours.as_mut_ptr().add(1), source.as_ptr(), n) };
            assert_eq!((ours[0], ours[n + 1], &ours[1..=n]), (0xaa, 0xaa, &source[..]));
            // SAFETY: as above.
            unsafe { memset(ours.as_mut_ptr().add(1), 0x15c, n) };
            assert_eq!((ours[0], ours[n + 1]), (0xaa, 0xaa));
            assert!(ours[1..=n].iter().all(|byte| *byte == 0x5c));
        }
    }

    #[test]
    fn the_first_difference_decides() {
        for n in 1..40 {
            for at in 0..n {
                let low = bytes(n);
                let mut high = low.clone();
                high[at] = high[at].wrapping_add(1);
                let expected = low[at].cmp(&high[at]);
                // SAFETY: `n` bytes are there in both.
                let (ours, other) = unsafe {
                    (memcmp(low.as_ptr(), high.as_ptr(), n), memcmp(high.as_ptr(), low.as_ptr(), n))
                };
                assert_eq!((ours.cmp(&0), other.cmp(&0)), (expected, expected.reverse()));
                // SAFETY: as above.
                assert_eq!(unsafe { bcmp(low.as_ptr(), low.as_ptr(), n) }, 0);
            }
        }
    }
}
