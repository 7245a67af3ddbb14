// SPDX-License-Identifier: BSD-2-Clause
//! The line under edit: keys come in, the line changes. What Tab and Enter do is for whoever has the line, the shell of
//! the terminal service or the host's console.

use core::fmt::{self, Write};

use crate::history::History;
use crate::key::{Decoder, Key};
use crate::line::{Line, PROMPT};

const BELL: &str = "\x07";
const CLEAR_SCREEN: &str = "\x1b[H\x1b[2J";

/// A prompt, a line, and the lines before it.
#[derive(Debug, Default)]
pub struct Editor {
    keys: Decoder,
    line: Line,
    history: History,
}

/// What was asked for that is no edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Enter,
    Tab,
    /// Ctrl-D on an empty line, as far as terminals send that for Delete.
    Leave,
}

impl Editor {
    #[must_use]
    pub const fn new() -> Self {
        Self { keys: Decoder::new(), line: Line::new(), history: History::new() }
    }

    #[must_use]
    pub fn text(&self) -> &str {
        self.line.text()
    }

    /// What stands before the cursor.
    #[must_use]
    pub fn head(&self) -> &str {
        self.line.head()
    }

    /// The prompt and the line, where the cursor stands.
    ///
    /// # Errors
    /// `out` failed; so for all methods here.
    pub fn draw(&self, out: &mut dyn Write) -> fmt::Result {
        out.write_str(PROMPT)?;
        self.line.draw(out)
    }

    /// Keeps the line that was entered.
    pub fn remember(&mut self) {
        self.history.push(self.line.text());
    }

    /// Begins a new line.
    pub fn clear(&mut self) {
        self.line.clear();
    }

    /// Puts a text in at the cursor, if there is room for all of it.
    ///
    /// # Errors
    /// See [`Editor::draw`].
    pub fn insert(&mut self, text: &str, out: &mut dyn Write) -> fmt::Result {
        if self.line.insert(text, out)? { Ok(()) } else { out.write_str(BELL) }
    }

    /// There is nothing that could be done.
    ///
    /// # Errors
    /// See [`Editor::draw`].
    pub fn refuse(&self, out: &mut dyn Write) -> fmt::Result {
        out.write_str(BELL)
    }

    /// Takes the next byte from the user.
    ///
    /// # Errors
    /// See [`Editor::draw`].
    pub fn byte(&mut self, byte: u8, out: &mut dyn Write) -> Result<Option<Asked>, fmt::Error> {
        let Some(key) = self.keys.byte(byte) else { return Ok(None) };
        let line = &mut self.line;
        match key {
            Key::Enter => return Ok(Some(Asked::Enter)),
            Key::Tab => return Ok(Some(Asked::Tab)),
            Key::Delete if line.text().is_empty() => return Ok(Some(Asked::Leave)),
            Key::Char(c) => {
                let mut text = [0; 4];
                self.insert(char::from(c).encode_utf8(&mut text), out)
            }
            Key::Backspace => line.backspace(out),
            Key::Delete => line.delete(out),
            Key::Left => line.left(out),
            Key::Right => line.right(out),
            Key::Home => line.go(0, out),
            Key::End => line.end(out),
            Key::KillToStart => line.kill_to_start(out),
            Key::KillToEnd => line.kill_to_end(out),
            Key::KillWord => line.kill_word(out),
            Key::Up => match self.history.older(line.text()) {
                Some(older) => line.replace(older, out),
                None => self.refuse(out),
            },
            Key::Down => match self.history.newer() {
                Some(newer) => line.replace(newer, out),
                None => self.refuse(out),
            },
            Key::Cancel => {
                line.clear();
                write!(out, "^C\n{PROMPT}")
            }
            Key::ClearScreen => {
                out.write_str(CLEAR_SCREEN)?;
                self.draw(out)
            }
            Key::Unknown => self.refuse(out),
        }?;
        Ok(None)
    }
}
