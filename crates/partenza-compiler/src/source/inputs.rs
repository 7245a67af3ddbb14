// SPDX-License-Identifier: BSD-2-Clause
//! What a run of the compiler looked at, so that another run can tell whether anything changed (SPEC P-3).
//!
//! A file that was looked for and is not there counts: when it appears, it is found instead of another one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use blake2::{Blake2s256, Digest};

/// What was found at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Absent,
    /// A hash of what it holds.
    File(String),
    /// A hash of the names in it.
    Directory(String),
}

/// A path that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    pub path: PathBuf,
    pub state: State,
}

/// Every path that was looked at, in that order.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    list: Vec<Input>,
}

impl Inputs {
    /// Reads a file.
    ///
    /// # Errors
    /// As [`fs::read`].
    pub fn read(&mut self, path: &Path) -> io::Result<Vec<u8>> {
        let bytes = if path.is_dir() { Err(io::ErrorKind::IsADirectory.into()) } else { fs::read(path) };
        let state = bytes.as_ref().map_or(State::Absent, |bytes| State::File(hash(bytes)));
        self.list.push(Input { path: path.to_owned(), state });
        bytes
    }

    /// The files of a directory, sorted; nothing if it is not there.
    pub fn list(&mut self, dir: &Path) -> Vec<PathBuf> {
        let paths = names(dir);
        let state = paths.as_ref().map_or(State::Absent, |paths| State::Directory(hash_names(paths)));
        self.list.push(Input { path: dir.to_owned(), state });
        paths.unwrap_or_default()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Input> {
        self.list.iter()
    }
}

impl Input {
    /// What is at the path now.
    #[must_use]
    pub fn now(&self) -> State {
        if let Some(paths) = names(&self.path) {
            return match self.state {
                State::Directory(_) => State::Directory(hash_names(&paths)),
                State::Absent | State::File(_) => State::Absent,
            };
        }
        fs::read(&self.path).map_or(State::Absent, |bytes| State::File(hash(&bytes)))
    }
}

fn names(dir: &Path) -> Option<Vec<PathBuf>> {
    let entries = fs::read_dir(dir).ok()?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|e| e.path())).collect();
    paths.sort();
    Some(paths)
}

fn hash_names(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
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
        let mut inputs = Inputs::default();
        assert_eq!(inputs.read(&file).unwrap(), b"one");
        assert!(inputs.read(&missing).is_err());
        assert_eq!(inputs.list(dir.path()), std::slice::from_ref(&file));
        let changed = || inputs.iter().map(|input| input.now() != input.state).collect::<Vec<_>>();
        assert_eq!(changed(), [false, false, false]);
        fs::write(&file, "two").unwrap();
        assert_eq!(changed(), [true, false, false]);
        fs::write(&missing, "").unwrap();
        assert_eq!(changed(), [true, true, true]);
        fs::remove_file(&file).unwrap();
        assert_eq!(changed(), [true, true, true]);
    }
}
