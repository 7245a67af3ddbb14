// SPDX-License-Identifier: BSD-2-Clause
//! Bounded text that cuts what does not fit: for lines of a log, where an end is better than nothing.

use core::fmt;

use crate::wire::cut;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_cut_between_characters() {
        let mut text = Text::<4>::new();
        fmt::Write::write_fmt(&mut text, format_args!("{}{}", "abc", "éd")).unwrap();
        assert_eq!(text.as_str(), "abc");
    }
}
