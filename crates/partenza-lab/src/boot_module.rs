// SPDX-License-Identifier: BSD-2-Clause
//! The image as QEMU's multiboot loader takes it.
//!
//! QEMU splits the value of `-initrd` at commas (several modules) and takes what follows a space as the module's command
//! line. Two commas stand for one, but nothing stands for a space. So QEMU is given a path that can have neither: the
//! image as a file that this process holds open (`/proc/PID/fd/N`, proc(5)).

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;

/// An open image. Keep it until the machine has loaded it.
pub struct BootModule(File);

impl BootModule {
    /// # Errors
    /// The image cannot be opened.
    pub fn open(image: &Path) -> io::Result<Self> {
        File::open(image).map(Self)
    }

    /// The value of QEMU's `-initrd`.
    #[must_use]
    pub fn argument(&self) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), self.0.as_raw_fd())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_qemu_would_split_is_not_shown_to_it() {
        let dir = std::env::temp_dir().join(format!("partenza lab, {}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let image = dir.join("an image, with commas");
        std::fs::write(&image, "the image").unwrap();
        let module = BootModule::open(&image).unwrap();
        let argument = module.argument();
        assert!(!argument.contains([' ', ',']), "{argument}");
        assert_eq!(std::fs::read_to_string(argument).unwrap(), "the image");
        std::fs::remove_dir_all(dir).unwrap();
    }
}
