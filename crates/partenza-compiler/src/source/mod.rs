// SPDX-License-Identifier: BSD-2-Clause
//! The files that were read and positions in them.
//!
//! A position is a byte range in a file; line and column are computed when somebody wants to see them.

mod inputs;

pub use inputs::{Input, Inputs, State, hash};

use std::ops::Range;
use std::path::{Path, PathBuf};

/// A file of [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A byte range in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    pub file: FileId,
    pub start: usize,
    pub end: usize,
}

impl Span {
    #[must_use]
    pub fn new(file: FileId, range: Range<usize>) -> Self {
        Self { file, start: range.start, end: range.end }
    }
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    pub value: T,
    pub span: Span,
}

impl<T> Spanned<T> {
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// Line and column, from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// Every file of one run, in the order of reading.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<(PathBuf, String)>,
    /// Everything that was read or looked for, ELF files too.
    pub inputs: Inputs,
}

impl Sources {
    pub fn add(&mut self, path: impl Into<PathBuf>, text: impl Into<String>) -> FileId {
        self.files.push((path.into(), text.into()));
        FileId(self.files.len() as u32 - 1)
    }

    #[must_use]
    pub fn path(&self, file: FileId) -> &Path {
        &self.files[file.0 as usize].0
    }

    #[must_use]
    pub fn text(&self, file: FileId) -> &str {
        &self.files[file.0 as usize].1
    }

    /// Where `offset` is; an offset past the end is the end.
    #[must_use]
    pub fn position(&self, file: FileId, offset: usize) -> Position {
        let text = self.text(file);
        let before = &text.as_bytes()[..offset.min(text.len())];
        let line_start = before.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let characters = before[line_start..].iter().filter(|b| **b & 0xc0 != 0x80).count();
        Position { line: before.iter().filter(|b| **b == b'\n').count() + 1, column: characters + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_from_one() {
        let mut sources = Sources::default();
        let file = sources.add("x.yaml", "ab\nä: ß\n");
        assert_eq!(sources.position(file, 0), Position { line: 1, column: 1 });
        assert_eq!(sources.position(file, 3), Position { line: 2, column: 1 });
        assert_eq!(sources.position(file, 7), Position { line: 2, column: 4 });
        assert_eq!(sources.position(file, 999), Position { line: 3, column: 1 });
    }
}
