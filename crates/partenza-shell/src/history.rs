// SPDX-License-Identifier: BSD-2-Clause
//! The lines entered last.

use heapless::{Deque, String};

use crate::line::MAX;

/// Lines kept.
const LINES: usize = 16;

/// Newest line last; `at` counts back from the line under edit, which is 0.
#[derive(Debug, Default)]
pub struct History {
    lines: Deque<String<MAX>, LINES>,
    at: usize,
    /// The line that was under edit when the user went back.
    draft: String<MAX>,
}

impl History {
    #[must_use]
    pub const fn new() -> Self {
        Self { lines: Deque::new(), at: 0, draft: String::new() }
    }

    /// Keeps a line that was entered; blank ones and repetitions are not kept.
    pub fn push(&mut self, line: &str) {
        self.at = 0;
        if line.trim().is_empty() || self.lines.back().is_some_and(|last| last == line) {
            return;
        }
        if self.lines.is_full() {
            self.lines.pop_front();
        }
        if let Ok(line) = String::try_from(line) {
            // There is room: the oldest was taken out.
            let _ = self.lines.push_back(line);
        }
    }

    /// The line before; `current` is what stands in the editor.
    pub fn older(&mut self, current: &str) -> Option<&str> {
        if self.at == self.lines.len() {
            return None;
        }
        if self.at == 0 {
            self.draft = String::try_from(current).unwrap_or_default();
        }
        self.at += 1;
        self.shown()
    }

    /// The line after; at the end what was under edit before the user went back.
    pub fn newer(&mut self) -> Option<&str> {
        self.at = self.at.checked_sub(1)?;
        self.shown()
    }

    fn shown(&self) -> Option<&str> {
        match self.at {
            0 => Some(&self.draft),
            at => self.lines.iter().rev().nth(at - 1).map(String::as_str),
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    #[test]
    fn going_back_and_forth_ends_where_it_began() {
        let mut history = History::new();
        assert_eq!(history.older("dra"), None);
        assert_eq!(history.newer(), None);
        history.push("one");
        history.push("two");
        assert_eq!(history.older("dra"), Some("two"));
        assert_eq!(history.older("two"), Some("one"));
        assert_eq!(history.older("one"), None);
        assert_eq!(history.newer(), Some("two"));
        assert_eq!(history.newer(), Some("dra"));
        assert_eq!(history.newer(), None);
    }

    #[test]
    fn blanks_and_repetitions_are_not_kept_and_the_oldest_goes() {
        let mut history = History::new();
        for line in ["a", "a", " ", ""] {
            history.push(line);
        }
        assert_eq!(history.lines.len(), 1);
        for i in 0..2 * LINES {
            history.push(&std::format!("line {i}"));
        }
        assert_eq!(history.lines.len(), LINES);
        assert_eq!(history.older(""), Some("line 31"));
    }
}
