// SPDX-License-Identifier: BSD-2-Clause
//! AArch64 images in QEMU's `virt` machine, judged by their console: there is no event line yet.

use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use partenza_image::Image;

use crate::tools::{Arch, Kernel, loader, scratch};

/// How long a run may last.
const DEADLINE: Duration = Duration::from_secs(60);

/// The image of the smoke test's root task, as `partenza-image` packs it.
///
/// # Panics
/// A file cannot be read, or packing fails.
#[must_use]
pub fn smoke_image(kernel: Kernel) -> Image {
    let read = |path: PathBuf| fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let parts = [Arch::Aarch64.kernel(kernel), Arch::Aarch64.smoke(kernel), loader()].map(read);
    Image::pack(&parts[0], &parts[1], &parts[2]).unwrap_or_else(|error| panic!("{error}"))
}

/// Writes a file for QEMU to start. `case` names the test's folder.
///
/// # Panics
/// The file cannot be written.
#[must_use]
pub fn write(case: &str, name: &str, bytes: &[u8]) -> PathBuf {
    let path = scratch(case).join(name);
    fs::write(&path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    path
}

/// What a machine said, and how it ended.
#[derive(Debug)]
pub struct Outcome {
    /// Lines without the kernel's carriage returns.
    pub console: String,
    /// QEMU's exit status; `None` if it was ended because the text that was waited for had come, or the deadline.
    pub status: Option<i32>,
}

/// Starts QEMU with options beside those that every run has, and waits for its end, for a text on the console or for the deadline.
///
/// # Panics
/// QEMU cannot be started.
#[must_use]
pub fn run(options: &[&str], until: Option<&str>) -> Outcome {
    let common = ["-display", "none", "-serial", "stdio", "-monitor", "none", "-nodefaults", "-no-reboot"];
    let mut command = Command::new("qemu-system-aarch64");
    command.args(common).args(options).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut qemu = command.spawn().unwrap_or_else(|error| panic!("qemu-system-aarch64: {error}"));
    let mut output = qemu.stdout.take().expect("a pipe");
    let (to, from) = std::sync::mpsc::channel();
    let reader = thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = output.read(&mut buffer) {
            if to.send(buffer[..count].to_vec()).is_err() {
                break;
            }
        }
    });
    let deadline = Instant::now() + DEADLINE;
    let mut console = Vec::new();
    let mut over = false;
    // The pipe's end is QEMU's.
    while let Ok(bytes) = from.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        console.extend(bytes);
        over = until.is_some_and(|until| String::from_utf8_lossy(&console).contains(until));
        if over {
            break;
        }
    }
    let ended = !over && Instant::now() < deadline;
    if !ended {
        let _ = qemu.kill();
    }
    let status = qemu.wait().ok().and_then(|status| status.code()).filter(|_| ended);
    drop(from);
    let _ = reader.join();
    Outcome { console: String::from_utf8_lossy(&console).replace('\r', ""), status }
}
