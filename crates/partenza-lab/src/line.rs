// SPDX-License-Identifier: BSD-2-Clause
//! The host's end of a machine's event line: two FIFOs. A socket would charge for each byte that waits in it what a page
//! costs, and QEMU drops what does not fit.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};
use rustix::pipe::fcntl_setpipe_size;

/// Bytes of events that may wait for somebody to look.
const ROOM: usize = 1 << 20;

/// Both ends never block. The FIFOs go away with it.
pub struct Line {
    path: PathBuf,
    /// Ends when the machine is gone; before it is there, nothing is ready.
    pub events: File,
    pub requests: File,
}

impl Line {
    /// Makes the FIFOs `path.out` and `path.in`, as QEMU names them.
    ///
    /// # Errors
    /// They cannot be made, or are there already.
    pub fn make(path: PathBuf) -> io::Result<Self> {
        let fifo = |end, writes| {
            let fifo = end_of(&path, end);
            mknodat(CWD, &fifo, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?;
            let flags = OFlags::NONBLOCK.bits().cast_signed();
            OpenOptions::new().read(true).write(writes).custom_flags(flags).open(fifo)
        };
        let events = fifo("out", false)?;
        // Less room is room, too.
        let _ = fcntl_setpipe_size(&events, ROOM);
        // Nobody reads it yet, so writing alone could not open it.
        let requests = fifo("in", true)?;
        Ok(Self { path, events, requests })
    }

    /// QEMU's options for a serial port with this line.
    #[must_use]
    pub fn options(&self) -> [String; 4] {
        let chardev = format!("pipe,id=events,path={}", escaped(&self.path.display().to_string()));
        ["-chardev".to_owned(), chardev, "-serial".to_owned(), "chardev:events".to_owned()]
    }

    /// What came since the last time.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // It ends with an error as long as the machine may say more.
        let _ = self.events.read_to_end(&mut bytes);
        bytes
    }
}

fn end_of(path: &Path, end: &str) -> PathBuf {
    PathBuf::from(format!("{}.{end}", path.display()))
}

impl Drop for Line {
    fn drop(&mut self) {
        // What stays behind would only take room.
        let _ = fs::remove_file(end_of(&self.path, "out"));
        let _ = fs::remove_file(end_of(&self.path, "in"));
    }
}

/// QEMU's option syntax separates by commas and reads two as one.
#[must_use]
pub fn escaped(text: &str) -> String {
    text.replace(',', ",,")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_burst_of_single_bytes_waits_and_the_end_shows() {
        let dir = std::env::temp_dir().join(format!("partenza-lab-{}", std::process::id()));
        let mut line = Line::make(dir.clone()).unwrap();
        let flags = OFlags::NONBLOCK.bits().cast_signed();
        let machine = OpenOptions::new().write(true).custom_flags(flags).open(end_of(&dir, "out"));
        let mut machine = machine.unwrap();
        assert_eq!(line.take(), Vec::<u8>::new());
        // QEMU writes byte by byte; nobody may come to read for a while.
        for _ in 0..50_000 {
            machine.write_all(&[7]).unwrap();
        }
        assert_eq!(line.take(), [7; 50_000]);
        drop(machine);
        assert_eq!((&line.events).read(&mut [0]).unwrap(), 0);
        drop(line);
        assert!(!end_of(&dir, "out").exists() && !end_of(&dir, "in").exists());
    }
}
