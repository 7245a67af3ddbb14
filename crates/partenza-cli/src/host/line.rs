// SPDX-License-Identifier: BSD-2-Clause
//! A line to a system: a serial device, a Unix socket or a TCP port, opened so that it never blocks.

use std::fs::{File, OpenOptions};
use std::io;
use std::net::TcpStream;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::termios::{OptionalActions, QueueSelector, ioctl_tiocexcl, tcflush, tcgetattr, tcsetattr};

use super::socket;

/// Opens what `--line` names: a device or socket by its path, or `tcp:HOST:PORT`.
pub fn open(name: &str, baud: u32) -> io::Result<File> {
    if let Some(address) = name.strip_prefix("tcp:") {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        return nonblocking(stream);
    }
    let path = Path::new(name.strip_prefix("unix:").unwrap_or(name));
    let kind = std::fs::metadata(path)?.file_type();
    if kind.is_socket() {
        nonblocking(socket::connect(path)?)
    } else if kind.is_char_device() {
        serial(path, baud)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "neither a serial device nor a socket"))
    }
}

/// A connected socket as a line.
pub fn nonblocking(stream: impl Into<OwnedFd>) -> io::Result<File> {
    let fd = stream.into();
    rustix::io::ioctl_fionbio(fd.as_fd(), true)?;
    Ok(File::from(fd))
}

/// 8N1 without flow control, nobody else's meanwhile. What was received before is of no use: it may begin anywhere.
fn serial(path: &Path, baud: u32) -> io::Result<File> {
    let flags = (OFlags::NOCTTY | OFlags::NONBLOCK).bits() as i32;
    let file = OpenOptions::new().read(true).write(true).custom_flags(flags).open(path)?;
    let mut settings = tcgetattr(&file)?;
    settings.make_raw();
    settings.control_modes |= rustix::termios::ControlModes::CREAD | rustix::termios::ControlModes::CLOCAL;
    settings.control_modes &=
        !(rustix::termios::ControlModes::CSTOPB | rustix::termios::ControlModes::CRTSCTS);
    settings.set_speed(baud)?;
    ioctl_tiocexcl(&file)?;
    tcsetattr(&file, OptionalActions::Now, &settings)?;
    tcflush(&file, QueueSelector::IFlush)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::os::unix::net::UnixListener;

    fn speaks(mut line: File, mut peer: impl Read + Write) {
        assert_eq!(line.read(&mut [0; 4]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        line.write_all(b"ask").unwrap();
        let mut heard = [0; 3];
        peer.read_exact(&mut heard).unwrap();
        assert_eq!(&heard, b"ask");
    }

    #[test]
    fn sockets_of_both_kinds_are_lines() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("line");
        let listener = UnixListener::bind(&path).unwrap();
        let line = open(&format!("unix:{}", path.display()), 115_200).unwrap();
        speaks(line, listener.accept().unwrap().0);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let line = open(&format!("tcp:{}", listener.local_addr().unwrap()), 115_200).unwrap();
        speaks(line, listener.accept().unwrap().0);
    }

    #[test]
    fn what_is_no_line_is_refused() {
        let dir = tempfile::TempDir::new().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, "").unwrap();
        let name = |path: &Path| path.display().to_string();
        assert_eq!(open(&name(&file), 115_200).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert_eq!(open(&name(&dir.path().join("no")), 115_200).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
