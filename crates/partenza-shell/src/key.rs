// SPDX-License-Identifier: BSD-2-Clause
//! Bytes from a serial line become keys: control characters, and the escape sequences of VT100 and xterm.
//!
//! A sequence that is not known is swallowed whole, so that no key of an unusual terminal types garbage.

/// What the user pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A printable ASCII character.
    Char(u8),
    Enter,
    Tab,
    Backspace,
    Delete,
    Left,
    Right,
    Up,
    Down,
    Home,
    End,
    /// Ctrl-U: everything before the cursor goes.
    KillToStart,
    /// Ctrl-K: everything from the cursor on goes.
    KillToEnd,
    /// Ctrl-W: the word before the cursor goes.
    KillWord,
    /// Ctrl-C: the line goes.
    Cancel,
    /// Ctrl-L.
    ClearScreen,
    /// Nothing that the editor knows.
    Unknown,
}

/// How far into an escape sequence the line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Ground,
    /// After a carriage return: a line feed right behind it belongs to it.
    Return,
    Escape,
    /// After `ESC [`, with the first parameter so far.
    Control(u8),
    /// After `ESC O`.
    Shift,
}

/// Recognises keys.
#[derive(Clone, Copy, Debug, Default)]
pub struct Decoder {
    state: State,
}

impl Decoder {
    #[must_use]
    pub const fn new() -> Self {
        Self { state: State::Ground }
    }

    /// Takes the next byte; `None` while a key is not complete.
    pub fn byte(&mut self, byte: u8) -> Option<Key> {
        let state = core::mem::take(&mut self.state);
        match (state, byte) {
            (_, 0x1b) => {
                self.state = State::Escape;
                None
            }
            (State::Return, b'\n') => None,
            (State::Ground | State::Return, _) => self.plain(byte),
            (State::Escape, b'[') => {
                self.state = State::Control(0);
                None
            }
            (State::Escape, b'O') => {
                self.state = State::Shift;
                None
            }
            (State::Escape, _) => Some(Key::Unknown),
            (State::Control(n), b'0'..=b'9') => {
                self.state = State::Control(n.saturating_mul(10).saturating_add(byte - b'0'));
                None
            }
            // Further parameters (modifiers) and intermediate bytes change nothing for us.
            (State::Control(n), 0x20..=0x3f) => {
                self.state = State::Control(n);
                None
            }
            (State::Control(n), b'~') => Some(match n {
                1 | 7 => Key::Home,
                3 => Key::Delete,
                4 | 8 => Key::End,
                _ => Key::Unknown,
            }),
            (State::Control(_) | State::Shift, _) => Some(match byte {
                b'A' => Key::Up,
                b'B' => Key::Down,
                b'C' => Key::Right,
                b'D' => Key::Left,
                b'H' => Key::Home,
                b'F' => Key::End,
                _ => Key::Unknown,
            }),
        }
    }

    fn plain(&mut self, byte: u8) -> Option<Key> {
        Some(match byte {
            b'\r' => {
                self.state = State::Return;
                Key::Enter
            }
            b'\n' => Key::Enter,
            b'\t' => Key::Tab,
            0x08 | 0x7f => Key::Backspace,
            0x01 => Key::Home,
            0x02 => Key::Left,
            0x03 => Key::Cancel,
            0x04 => Key::Delete,
            0x05 => Key::End,
            0x06 => Key::Right,
            0x0b => Key::KillToEnd,
            0x0c => Key::ClearScreen,
            0x0e => Key::Down,
            0x10 => Key::Up,
            0x15 => Key::KillToStart,
            0x17 => Key::KillWord,
            b' '..=b'~' => Key::Char(byte),
            _ => Key::Unknown,
        })
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    fn keys(bytes: &[u8]) -> Vec<Key> {
        let mut decoder = Decoder::new();
        bytes.iter().filter_map(|byte| decoder.byte(*byte)).collect()
    }

    #[test]
    fn arrows_come_in_both_spellings() {
        assert_eq!(keys(b"\x1b[A\x1b[B\x1bOC\x1bOD"), [Key::Up, Key::Down, Key::Right, Key::Left]);
        assert_eq!(keys(b"\x1b[H\x1b[4~\x1b[3~\x1b[1;5D"), [Key::Home, Key::End, Key::Delete, Key::Left]);
    }

    #[test]
    fn a_return_and_its_line_feed_are_one_key() {
        assert_eq!(keys(b"\r\n\r\r\n\n"), [Key::Enter, Key::Enter, Key::Enter, Key::Enter]);
    }

    #[test]
    fn an_unknown_sequence_types_nothing() {
        assert_eq!(keys(b"\x1b[15~\x1b[?1;2cx"), [Key::Unknown, Key::Unknown, Key::Char(b'x')]);
        assert_eq!(keys(b"\x1b\x1b[A"), [Key::Up]);
        assert_eq!(keys("é".as_bytes()), [Key::Unknown, Key::Unknown]);
    }

    #[test]
    fn every_byte_after_every_state_is_harmless() {
        for a in 0..=255u8 {
            for b in 0..=255u8 {
                for key in keys(&[0x1b, b'[', a, b, b'q']) {
                    assert!(!matches!(key, Key::Char(c) if !(b' '..=b'~').contains(&c)));
                }
            }
        }
    }
}
