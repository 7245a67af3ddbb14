// SPDX-License-Identifier: BSD-2-Clause
//! The control socket: where it is, how a run takes it, how a command finds it.
//!
//! - It lies beside the image, `build/partenza/control.sock` for a packed directory, so that several systems can run.
//! - Who may write to it holds the machine: it is its owner's alone.
//! - It goes when its run ends. One that a killed run left behind refuses connections and is replaced; one that answers
//!   is never taken away. The directory is locked in between, so that of two runs at the same time one gets it.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use partenza_compiler::Code;
use rustix::fs::{FlockOperation, flock};

use crate::Failure;
use crate::failure::Told;
use crate::output::errln;

const NAME: &str = "control.sock";
/// Where `partenza run DIR` packs its image to.
const PACKED: &str = "build/partenza/control.sock";
/// Where a command looks in each folder that was not told where: here images are built, by `run` and by Makefiles.
const BUILDS: [&str; 2] = ["build", "build/image"];

/// The socket of a run; removed when dropped.
pub struct Control {
    path: PathBuf,
    /// So that never another's is removed.
    identity: Identity,
}

/// A file's number and when it got it: numbers of files that are gone are given out again.
type Identity = (u64, i64, i64);

fn identity(path: &Path) -> io::Result<Identity> {
    fs::symlink_metadata(path).map(|there| (there.ino(), there.ctime(), there.ctime_nsec()))
}

/// Why there is none.
#[derive(Debug)]
pub enum Taking {
    /// Another system runs with this one.
    Taken,
    Io(io::Error),
}

impl From<io::Error> for Taking {
    fn from(error: io::Error) -> Self {
        Taking::Io(error)
    }
}

/// The socket that belongs to an image, a directory, or is named itself.
pub fn place(what: &Path) -> PathBuf {
    if what.is_dir() {
        let packed = what.join(PACKED);
        return if packed.exists() { packed } else { what.join(NAME) };
    }
    if what.is_file() { what.with_file_name(NAME) } else { what.to_owned() }
}

impl Control {
    /// Takes the socket at `path`.
    pub fn take(path: &Path) -> Result<(Self, UnixListener), Taking> {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let dir = File::open(parent)?;
        flock(&dir, FlockOperation::LockExclusive).map_err(io::Error::from)?;
        let near = near(&dir, path);
        match fs::symlink_metadata(path) {
            Ok(there) if there.file_type().is_socket() => match UnixStream::connect(&near) {
                Ok(_) => return Err(Taking::Taken),
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path)?,
                Err(error) => return Err(error.into()),
            },
            // A file of somebody's: binding fails and says so.
            Ok(_) | Err(_) => {}
        }
        let listener = UnixListener::bind(&near)?;
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
        Ok((Self { path: path.to_owned(), identity: identity(path)? }, listener))
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|there| there == self.identity) {
            // If it cannot be removed, the next run will do it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The control socket of a run of `image`. One that was asked for must be had; without the usual one a run goes on.
pub fn for_run(asked: Option<&Path>, image: &Path) -> Result<Option<(Control, UnixListener)>, Failure> {
    let path = asked.map_or_else(|| place(image), Path::to_owned);
    let (code, why) = match Control::take(&path) {
        Ok(control) => return Ok(Some(control)),
        Err(Taking::Taken) => (Code::ControlTaken, String::new()),
        Err(Taking::Io(error)) => (Code::LineUnusable, format!(": {error}")),
    };
    let told = Told::here(code, format_args!("{}{why}", path.display()));
    if asked.is_some() {
        return Err(Failure::Environment(told));
    }
    errln!(
        "partenza: {code} {}: this system runs without a control socket; `--control SOCKET` gives it one",
        told.text
    );
    Ok(None)
}

/// Connects to the socket at `path`.
pub fn connect(path: &Path) -> io::Result<UnixStream> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let dir = File::open(parent)?;
    UnixStream::connect(near(&dir, path))
}

/// The systems that run here, by their sockets.
pub fn running() -> Vec<(PathBuf, UnixStream)> {
    let folders = BUILDS.iter().filter_map(|builds| fs::read_dir(builds).ok()).flatten().flatten();
    let built = folders.map(|entry| entry.path().join(NAME));
    let mut places: Vec<PathBuf> = [PathBuf::from(NAME)].into_iter().chain(built).collect();
    places.sort();
    let connected = |path: PathBuf| connect(&path).ok().map(|stream| (path, stream));
    places.into_iter().filter_map(connected).collect()
}

/// Addresses of sockets have 108 bytes; what is longer is named by its directory's number.
fn near(dir: &File, path: &Path) -> PathBuf {
    match path.file_name() {
        Some(name) if path.as_os_str().len() > 100 => {
            Path::new("/proc/self/fd").join(dir.as_raw_fd().to_string()).join(name)
        }
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    #[test]
    fn a_live_socket_is_left_alone_and_a_stale_one_is_replaced() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join(NAME);
        let (control, listener) = Control::take(&path).unwrap();
        assert!(matches!(Control::take(&path), Err(Taking::Taken)));
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        // As if the process had been killed: the socket stays, nobody listens.
        std::mem::forget(control);
        drop(listener);
        let (control, _listener) = Control::take(&path).unwrap();
        connect(&path).unwrap();
        drop(control);
        assert!(!path.exists());
    }

    #[test]
    fn the_socket_of_another_run_is_not_removed() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join(NAME);
        let (first, listener) = Control::take(&path).unwrap();
        drop(listener);
        let (_second, _listener) = Control::take(&path).unwrap();
        drop(first);
        connect(&path).unwrap();
    }

    #[test]
    fn a_file_that_is_no_socket_is_never_replaced() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("precious");
        fs::write(&path, "mine").unwrap();
        assert!(matches!(Control::take(&path), Err(Taking::Io(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }

    #[test]
    fn a_long_path_is_no_obstacle() {
        let dir = TempDir::new().unwrap();
        let deep = dir.path().join("d".repeat(120));
        fs::create_dir(&deep).unwrap();
        let (_control, _listener) = Control::take(&deep.join(NAME)).unwrap();
        connect(&deep.join(NAME)).unwrap();
    }

    #[test]
    fn an_image_a_directory_and_a_socket_name_the_same_place() {
        let dir = TempDir::new().unwrap();
        let packed = dir.path().join("build/partenza");
        fs::create_dir_all(&packed).unwrap();
        fs::write(packed.join("image.elf"), "").unwrap();
        let (_control, _listener) = Control::take(&packed.join(NAME)).unwrap();
        for what in ["", "build/partenza", "build/partenza/image.elf", "build/partenza/control.sock"] {
            assert_eq!(place(&dir.path().join(what)), packed.join(NAME), "{what}");
        }
    }
}
