// SPDX-License-Identifier: BSD-2-Clause
//! Bounded text that cuts what does not fit: for lines of a log, where an end is better than nothing.

use core::fmt;

use heapless::String;

/// At most `N` bytes of text. Writing to it never fails.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text<const N: usize>(String<N>);

impl<const N: usize> Text<N> {
    #[must_use]
    pub const fn new() -> Self {
        Self(String::new())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Adds as much of `text` as fits, in whole characters.
    pub fn push(&mut self, text: &str) {
        // What `cut` leaves fits.
        let _ = self.0.push_str(cut(text, N - self.0.len()));
    }
}

impl<const N: usize> fmt::Write for Text<N> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text);
        Ok(())
    }
}

/// The longest beginning of `text` that has at most `bytes` bytes, in whole characters.
#[must_use]
pub fn cut(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    loop {
        match text.get(..end) {
            Some(beginning) => return beginning,
            None => end -= 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_cut_between_characters() {
        assert_eq!(cut("abc", 9), "abc");
        assert_eq!(cut("aé", 2), "a");
        assert_eq!(cut("é", 1), "");
        let mut text = Text::<4>::new();
        fmt::Write::write_fmt(&mut text, format_args!("{}{}", "abc", "éd")).unwrap();
        assert_eq!(text.as_str(), "abc");
    }
}
