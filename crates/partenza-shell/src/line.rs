// SPDX-License-Identifier: BSD-2-Clause
//! One line under edit, and how the screen is kept equal to it.
//!
//! The line is shorter than a screen row, so the cursor never leaves its row and moves by `CSI n C` and `CSI n D`.
//! Each change writes only what differs: a character typed at the end costs one byte.

use core::fmt::{self, Write};

use heapless::Vec;

/// Stands before the line.
pub const PROMPT: &str = "partenza> ";

/// Longest line in bytes: with the prompt it fits a row of 80.
pub const MAX: usize = 80 - 1 - PROMPT.len();

/// Printable ASCII with a cursor in it.
#[derive(Debug, Default)]
pub struct Line {
    bytes: Vec<u8, MAX>,
    cursor: usize,
}

/// Writes `CSI n letter`, nothing for 0.
fn shift(out: &mut dyn Write, by: usize, letter: char) -> fmt::Result {
    match by {
        0 => Ok(()),
        by => write!(out, "\x1b[{by}{letter}"),
    }
}

impl Line {
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Vec::new(), cursor: 0 }
    }

    #[must_use]
    pub fn text(&self) -> &str {
        core::str::from_utf8(&self.bytes).unwrap_or("")
    }

    /// What is before the cursor.
    #[must_use]
    pub fn head(&self) -> &str {
        self.text().get(..self.cursor).unwrap_or("")
    }

    /// Empties the line without touching the screen.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.cursor = 0;
    }

    /// Writes the line where the cursor stands, as after a new prompt.
    pub fn draw(&self, out: &mut dyn Write) -> fmt::Result {
        out.write_str(self.text())?;
        shift(out, self.bytes.len() - self.cursor, 'D')
    }

    /// Puts text in at the cursor; `false` when it does not fit.
    pub fn insert(&mut self, text: &str, out: &mut dyn Write) -> Result<bool, fmt::Error> {
        if self.bytes.len() + text.len() > MAX {
            return Ok(false);
        }
        for byte in text.bytes() {
            if self.bytes.insert(self.cursor, byte).is_ok() {
                self.cursor += 1;
            }
        }
        out.write_str(text)?;
        let tail = self.text().get(self.cursor..).unwrap_or("");
        out.write_str(tail)?;
        shift(out, tail.len(), 'D')?;
        Ok(true)
    }

    /// Takes out `start..end`, which lies before or at the cursor on one side.
    fn remove(&mut self, start: usize, end: usize, out: &mut dyn Write) -> fmt::Result {
        let back = self.cursor - start;
        for _ in start..end {
            self.bytes.remove(start);
        }
        self.cursor = start;
        shift(out, back, 'D')?;
        let tail = self.text().get(start..).unwrap_or("");
        out.write_str(tail)?;
        out.write_str("\x1b[K")?;
        shift(out, tail.len(), 'D')
    }

    pub fn backspace(&mut self, out: &mut dyn Write) -> fmt::Result {
        match self.cursor {
            0 => Ok(()),
            cursor => self.remove(cursor - 1, cursor, out),
        }
    }

    pub fn delete(&mut self, out: &mut dyn Write) -> fmt::Result {
        match self.cursor {
            cursor if cursor < self.bytes.len() => self.remove(cursor, cursor + 1, out),
            _ => Ok(()),
        }
    }

    pub fn kill_to_start(&mut self, out: &mut dyn Write) -> fmt::Result {
        self.remove(0, self.cursor, out)
    }

    pub fn kill_to_end(&mut self, out: &mut dyn Write) -> fmt::Result {
        self.remove(self.cursor, self.bytes.len(), out)
    }

    /// Spaces before the cursor, and the word before them.
    pub fn kill_word(&mut self, out: &mut dyn Write) -> fmt::Result {
        let start = self.head().trim_end_matches(' ').rfind(' ').map_or(0, |space| space + 1);
        self.remove(start, self.cursor, out)
    }

    /// Moves the cursor, as far as the line goes.
    pub fn go(&mut self, to: usize, out: &mut dyn Write) -> fmt::Result {
        let to = to.min(self.bytes.len());
        let from = core::mem::replace(&mut self.cursor, to);
        if to < from { shift(out, from - to, 'D') } else { shift(out, to - from, 'C') }
    }

    pub fn left(&mut self, out: &mut dyn Write) -> fmt::Result {
        self.go(self.cursor.saturating_sub(1), out)
    }

    pub fn right(&mut self, out: &mut dyn Write) -> fmt::Result {
        self.go(self.cursor + 1, out)
    }

    pub fn end(&mut self, out: &mut dyn Write) -> fmt::Result {
        self.go(self.bytes.len(), out)
    }

    /// Replaces the whole line; the cursor goes to its end.
    pub fn replace(&mut self, text: &str, out: &mut dyn Write) -> fmt::Result {
        self.go(0, out)?;
        self.kill_to_end(out)?;
        self.insert(text, out).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::String;

    /// A screen row that obeys what the editor writes.
    #[derive(Default)]
    struct Row {
        cells: std::vec::Vec<char>,
        column: usize,
        escape: Option<String>,
    }

    impl Row {
        fn put(&mut self, c: char) {
            if let Some(mut sequence) = self.escape.take() {
                sequence.push(c);
                if sequence == "[" || c.is_ascii_digit() {
                    self.escape = Some(sequence);
                    return;
                }
                let n = sequence[1..sequence.len() - 1].parse().unwrap_or(1);
                match c {
                    'C' => self.column += n,
                    'D' => self.column = self.column.checked_sub(n).expect("left of the line"),
                    'K' => self.cells.truncate(self.column),
                    other => panic!("CSI {other}"),
                }
                return;
            }
            if c == '\x1b' {
                self.escape = Some(String::new());
                return;
            }
            self.cells.resize(self.cells.len().max(self.column + 1), ' ');
            self.cells[self.column] = c;
            self.column += 1;
        }
    }

    impl Write for Row {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            text.chars().for_each(|c| self.put(c));
            Ok(())
        }
    }

    fn check(line: &Line, row: &Row) {
        assert_eq!(row.cells.iter().collect::<String>(), line.text());
        assert_eq!(row.column, line.cursor);
    }

    #[test]
    fn the_screen_shows_the_line_after_any_keys() {
        // A small linear congruential generator: every operation in every order, repeatable.
        let mut seed = 1u32;
        let (mut line, mut row) = (Line::new(), Row::default());
        for _ in 0..20_000 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let out = &mut row;
            match seed >> 28 {
                0..6 => {
                    let text = ["a", "bc", " ", "z "][(seed >> 8) as usize % 4];
                    let fits = line.text().len() + text.len() <= MAX;
                    assert_eq!(line.insert(text, out).unwrap(), fits);
                }
                6 => line.backspace(out).unwrap(),
                7 => line.delete(out).unwrap(),
                8 => line.left(out).unwrap(),
                9 => line.right(out).unwrap(),
                10 => line.go(0, out).unwrap(),
                11 => line.end(out).unwrap(),
                12 => line.kill_word(out).unwrap(),
                13 if seed & 0x700 == 0 => line.kill_to_start(out).unwrap(),
                14 if seed & 0x700 == 0 => line.kill_to_end(out).unwrap(),
                15 if seed & 0x700 == 0 => line.replace("services", out).unwrap(),
                _ => {}
            }
            check(&line, &row);
        }
    }

    #[test]
    fn a_character_at_the_end_costs_one_byte() {
        let mut line = Line::new();
        let mut out = String::new();
        line.insert("a", &mut out).unwrap();
        line.insert("b", &mut out).unwrap();
        assert_eq!(out, "ab");
    }

    #[test]
    fn words_go_with_the_spaces_behind_them() {
        let (mut line, mut row) = (Line::new(), Row::default());
        line.insert("status net  ", &mut row).unwrap();
        line.kill_word(&mut row).unwrap();
        assert_eq!(line.text(), "status ");
        line.kill_word(&mut row).unwrap();
        assert_eq!(line.text(), "");
        line.kill_word(&mut row).unwrap();
        check(&line, &row);
    }
}
