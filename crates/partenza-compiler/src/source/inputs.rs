// SPDX-License-Identifier: BSD-2-Clause
//! What a run of the compiler looked at, so that another run can tell whether anything changed (SPEC P-3).
//!
//! Everything by which the compiler decides is looked at through [`Inputs`], which records it in the same step: files,
//! listings, sizes, and also what is not there or cannot be used. A path that was absent may appear and be found instead
//! of another one. No other module of this crate asks the file system anything.

use std::cell::RefCell;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use blake2::{Blake2s256, Digest};

/// Largest text file that is read, in bytes: system.xml, partenza.yaml, a manifest.
pub const MAX_TEXT: u64 = 16 << 20;
/// Largest program that is read, in bytes. Services lie below 4 GiB.
pub const MAX_PROGRAM: u64 = 1 << 30;

/// What was asked about a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// The contents of a text file.
    Text,
    /// The contents of a program.
    Program,
    /// The names in a directory.
    List,
    /// How many bytes a file has.
    Size,
}

/// What was found at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Absent,
    /// A hash of what it holds.
    File(String),
    /// A hash of the names in it.
    Directory(String),
    /// Bytes of a file.
    Size(u64),
    /// It is there, and cannot be used: why.
    Unusable(String),
}

/// A path that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    pub path: PathBuf,
    pub look: Look,
    pub state: State,
}

/// Every path that was looked at, in that order. Looking needs no exclusive access: it changes nothing but the record.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    list: RefCell<Vec<Input>>,
}

impl Inputs {
    /// Reads a text file.
    ///
    /// # Errors
    /// It is not there, no regular file, larger than [`MAX_TEXT`], or cannot be read.
    pub fn text(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.note(path, Look::Text, read(path, MAX_TEXT), |bytes| State::File(hash(bytes)))
    }

    /// Reads a program.
    ///
    /// # Errors
    /// It is not there, no regular file, larger than [`MAX_PROGRAM`], or cannot be read.
    pub fn program(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.note(path, Look::Program, read(path, MAX_PROGRAM), |bytes| State::File(hash(bytes)))
    }

    /// Everything in a directory, sorted.
    ///
    /// # Errors
    /// It is not there, no directory, or cannot be read.
    pub fn list(&self, dir: &Path) -> io::Result<Vec<PathBuf>> {
        self.note(dir, Look::List, names(dir), |paths| State::Directory(hash_names(paths)))
    }

    /// How many bytes a file has that can be read.
    ///
    /// # Errors
    /// It is not there, no regular file, or cannot be read.
    pub fn size(&self, path: &Path) -> io::Result<u64> {
        self.note(path, Look::Size, size(path), |bytes| State::Size(*bytes))
    }

    fn note<T>(
        &self,
        path: &Path,
        look: Look,
        found: io::Result<T>,
        state: impl Fn(&T) -> State,
    ) -> io::Result<T> {
        let state = state_of(&found, state);
        self.list.borrow_mut().push(Input { path: path.to_owned(), look, state });
        found
    }

    /// What was looked at so far.
    #[must_use]
    pub fn recorded(&self) -> Vec<Input> {
        self.list.borrow().clone()
    }
}

impl Input {
    /// What is at the path now, looked at in the same way.
    #[must_use]
    pub fn now(&self) -> State {
        let again = Inputs::default();
        // The record tells what was found, errors too.
        match self.look {
            Look::Text => drop(again.text(&self.path)),
            Look::Program => drop(again.program(&self.path)),
            Look::List => drop(again.list(&self.path)),
            Look::Size => drop(again.size(&self.path)),
        }
        again.list.into_inner().pop().map_or(State::Absent, |input| input.state)
    }
}

/// Whether an error says that there is nothing at the path.
#[must_use]
pub fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn state_of<T>(found: &io::Result<T>, state: impl Fn(&T) -> State) -> State {
    match found {
        Ok(found) => state(found),
        Err(error) if is_absent(error) => State::Absent,
        Err(error) => State::Unusable(error.to_string()),
    }
}

/// Reads a regular file of at most `most` bytes. A device or a pipe has no end and is never opened.
///
/// # Errors
/// It is not there, no regular file, larger than that, or cannot be read.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    if regular(path)?.len() > most {
        let message = format!("larger than {} MiB", most >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    fs::read(path)
}

fn size(path: &Path) -> io::Result<u64> {
    let bytes = regular(path)?.len();
    fs::File::open(path).map(|_| bytes)
}

fn regular(path: &Path) -> io::Result<fs::Metadata> {
    let file = fs::metadata(path)?;
    match file.is_file() {
        true => Ok(file),
        false if file.is_dir() => Err(io::Error::new(io::ErrorKind::IsADirectory, "a directory, not a file")),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")),
    }
}

fn names(dir: &Path) -> io::Result<Vec<PathBuf>> {
    // That a part of the way there is a file means that nothing is there; that the end is one does not.
    if !fs::metadata(dir)?.is_dir() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a file, not a directory"));
    }
    let entries = fs::read_dir(dir)?;
    let mut paths = entries.map(|entry| entry.map(|e| e.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn hash_names(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths.iter().map(|path| format!("{path:?}")).collect();
    hash(names.join("\n").as_bytes())
}

/// 128 bits of BLAKE2s, in hexadecimal: against accidents, not against malice.
#[must_use]
pub fn hash(bytes: &[u8]) -> String {
    Blake2s256::digest(bytes).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_is_seen_and_what_does_not_is_not() {
        let dir = tempfile::TempDir::new().unwrap();
        let (file, missing) = (dir.path().join("a"), dir.path().join("b"));
        fs::write(&file, "one").unwrap();
        let inputs = Inputs::default();
        assert_eq!(inputs.text(&file).unwrap(), b"one");
        assert!(inputs.program(&missing).is_err());
        assert_eq!(inputs.list(dir.path()).unwrap(), std::slice::from_ref(&file));
        assert!(inputs.list(&missing).is_err());
        assert!(inputs.text(dir.path()).is_err());
        assert_eq!(inputs.size(&file).unwrap(), 3);
        let changed = || inputs.recorded().iter().map(|input| input.now() != input.state).collect::<Vec<_>>();
        assert_eq!(changed(), [false; 6]);
        fs::write(&file, "two").unwrap();
        assert_eq!(changed(), [true, false, false, false, false, false]);
        fs::write(&missing, "").unwrap();
        assert_eq!(changed(), [true, true, true, true, false, false]);
        fs::remove_file(&missing).unwrap();
        fs::create_dir(&missing).unwrap();
        assert_eq!(changed(), [true, true, true, true, false, false], "a directory appeared");
        fs::remove_file(&file).unwrap();
        assert_eq!(changed(), [true, true, true, true, false, true]);
    }

    #[test]
    fn what_has_no_end_is_not_opened() {
        for path in ["/dev/zero", "/dev/null"] {
            let error = Inputs::default().program(Path::new(path)).unwrap_err();
            assert_eq!(error.to_string(), "not a regular file", "{path}");
        }
        let error = read(Path::new("/proc/self/exe"), 10).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
    }
}
