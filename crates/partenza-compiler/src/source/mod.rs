// SPDX-License-Identifier: BSD-2-Clause
//! The files that were read and positions in them.
//!
//! A position is a byte range in a file; line and column are computed when somebody wants to see them.

mod inputs;

pub use inputs::{Input, Inputs, Look, MAX_PROGRAM, MAX_TEXT, State, hash, is_absent, read};

use std::cell::OnceCell;
use std::iter;
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
    files: Vec<File>,
    /// Everything that was read or looked for, ELF files too.
    pub inputs: Inputs,
}

impl Sources {
    pub fn add(&mut self, path: impl Into<PathBuf>, text: impl Into<String>) -> FileId {
        self.files.push(File { path: path.into(), text: text.into(), places: OnceCell::new() });
        FileId(self.files.len() as u32 - 1)
    }

    #[must_use]
    pub fn path(&self, file: FileId) -> &Path {
        &self.files[file.0 as usize].path
    }

    #[must_use]
    pub fn text(&self, file: FileId) -> &str {
        &self.files[file.0 as usize].text
    }

    /// Where `offset` is; an offset past the end is the end.
    #[must_use]
    pub fn position(&self, file: FileId, offset: usize) -> Position {
        let (text, places) = self.places(file);
        let offset = offset.min(text.len());
        let line = places.line(offset);
        let column = places.characters(text, offset) - places.characters(text, places.lines[line]);
        Position { line: line + 1, column: column + 1 }
    }

    /// The line, from 1, that `offset` is in, and its bytes without the line break.
    #[must_use]
    pub fn line(&self, file: FileId, offset: usize) -> (usize, Range<usize>) {
        let (text, places) = self.places(file);
        let line = places.line(offset.min(text.len()));
        let start = places.lines[line];
        let end = places.lines.get(line + 1).map_or(text.len(), |next| next - 1);
        (line + 1, start..end)
    }

    fn places(&self, file: FileId) -> (&str, &Places) {
        let file = &self.files[file.0 as usize];
        (&file.text, file.places.get_or_init(|| Places::of(&file.text)))
    }
}

#[derive(Debug)]
struct File {
    path: PathBuf,
    text: String,
    places: OnceCell<Places>,
}

/// Where lines and characters are, found once for a file: a finding costs the same wherever it stands.
#[derive(Debug)]
struct Places {
    /// Where each line starts.
    lines: Vec<usize>,
    /// Characters before each block of [`BLOCK`] bytes.
    blocks: Vec<usize>,
}

const BLOCK: usize = 1024;

impl Places {
    fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect();
        let mut characters = 0;
        let mut blocks = vec![0];
        for block in text.as_bytes().chunks(BLOCK) {
            characters += count(block);
            blocks.push(characters);
        }
        Self { lines, blocks }
    }

    /// The line that holds `offset`, from 0.
    fn line(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start <= offset) - 1
    }

    /// Characters before `offset`.
    fn characters(&self, text: &str, offset: usize) -> usize {
        let block = offset / BLOCK;
        self.blocks[block] + count(&text.as_bytes()[block * BLOCK..offset])
    }
}

/// Characters that begin in these bytes.
fn count(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
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
        assert_eq!(sources.line(file, 4), (2, 3..9));
        assert_eq!(sources.line(file, 999), (3, 10..10));
    }

    #[test]
    fn columns_are_right_beyond_a_block() {
        let mut sources = Sources::default();
        let text = format!("x\n{}y", "ä".repeat(3000));
        let file = sources.add("x.yaml", text.as_str());
        for offset in (2..text.len()).step_by(2) {
            assert_eq!(sources.position(file, offset), Position { line: 2, column: (offset - 2) / 2 + 1 });
        }
        assert_eq!(sources.position(file, text.len()), Position { line: 2, column: 3002 });
    }
}
