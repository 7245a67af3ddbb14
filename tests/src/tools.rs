// SPDX-License-Identifier: BSD-2-Clause
//! Where the things are that `make test` builds before it runs the tests.
//!
//! | variable | is | default, from the project's root |
//! |---|---|---|
//! | `PARTENZA_BIN` | the `partenza` command | `build/host/debug/partenza` |
//! | `PARTENZA_KERNELS` | holds the prefixes `debug` and `release`, and the same with `aarch64-` before | `build/kernel` |
//! | `PARTENZA_ELFS` | holds what cargo built for each | `build/sel4` |
//! | `PARTENZA_LOADER` | the loader for AArch64 | `build/loader/…/loader` |
//! | `PARTENZA_SCRATCH` | systems and images of the cases, left there to be looked at | `build/tests` |

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// One of the two kernels that `cmake-build/` makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    Debug,
    Release,
}

impl Kernel {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Kernel::Debug => "debug",
            Kernel::Release => "release",
        }
    }

    /// The installed kernel.
    #[must_use]
    pub fn prefix(self) -> PathBuf {
        existing(place("PARTENZA_KERNELS", "build/kernel").join(self.name()), "make kernels")
    }

    /// The kernel as QEMU loads it.
    #[must_use]
    pub fn boot_image(self) -> PathBuf {
        existing(self.prefix().join("bin/kernel32.elf"), "make kernels")
    }

    /// Where the programs are that were built for this kernel.
    #[must_use]
    pub fn programs(self) -> PathBuf {
        let target = place("PARTENZA_ELFS", "build/sel4").join(self.name());
        existing(target.join("x86_64-unknown-linux-gnu/sel4"), "make test")
    }

    /// One of them.
    #[must_use]
    pub fn program(self, name: &str) -> PathBuf {
        existing(self.programs().join(name), "make test")
    }
}

/// What the smoke test's root task and its kernel are built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arch {
    X86_64,
    Aarch64,
}

impl Arch {
    /// Between the folder of a kernel's programs and the programs.
    const fn target(self) -> &'static str {
        match self {
            Arch::X86_64 => "x86_64-unknown-linux-gnu/sel4",
            Arch::Aarch64 => "aarch64-unknown-linux-gnu/sel4",
        }
    }

    fn folder(self, kernel: Kernel) -> String {
        let start = match self {
            Arch::X86_64 => "",
            Arch::Aarch64 => "aarch64-",
        };
        format!("{start}{}", kernel.name())
    }

    /// A kernel as it is linked.
    #[must_use]
    pub fn kernel(self, kernel: Kernel) -> PathBuf {
        let prefix = place("PARTENZA_KERNELS", "build/kernel").join(self.folder(kernel));
        existing(prefix.join("bin/kernel.elf"), "make kernels")
    }

    /// The root task that holds the seL4 library against the kernel (`crates/sel4-root-task/examples/smoke`).
    #[must_use]
    pub fn smoke(self, kernel: Kernel) -> PathBuf {
        let programs = place("PARTENZA_ELFS", "build/sel4").join(self.folder(kernel)).join(self.target());
        existing(programs.join("examples/smoke"), "make test")
    }
}

/// The loader for AArch64.
#[must_use]
pub fn loader() -> PathBuf {
    existing(place("PARTENZA_LOADER", "build/loader/aarch64-unknown-linux-gnu/sel4/loader"), "make loader")
}

/// The project's root.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The `partenza` command.
#[must_use]
pub fn partenza() -> PathBuf {
    existing(place("PARTENZA_BIN", "build/host/debug/partenza"), "make tools")
}

/// An empty folder of that name.
///
/// # Panics
/// The folder cannot be made.
#[must_use]
pub fn scratch(name: &str) -> PathBuf {
    let dir = place("PARTENZA_SCRATCH", "build/tests").join(name);
    let made = match fs::remove_dir_all(&dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(&dir),
    };
    made.unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    dir
}

fn place(variable: &str, default: &str) -> PathBuf {
    env::var_os(variable).map_or_else(|| root().join(default), PathBuf::from)
}

fn existing(path: PathBuf, target: &str) -> PathBuf {
    assert!(path.exists(), "{} is not there: run `{target}` first", path.display());
    path
}
