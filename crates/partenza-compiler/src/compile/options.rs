// SPDX-License-Identifier: BSD-2-Clause
//! What is compiled, and for what.

use std::path::{Path, PathBuf};

use crate::kernel::Kernel;

/// Where a system's files are.
#[derive(Clone, Debug)]
pub struct Options {
    /// Holds `system.xml`, `partenza.yaml` and `manifests/`, unless said otherwise.
    pub dir: PathBuf,
    pub system: Option<PathBuf>,
    pub config: Option<PathBuf>,
    pub manifests: Option<PathBuf>,
    /// Where ELF files are looked for, in this order; the directory itself comes first.
    pub search_path: Vec<PathBuf>,
    pub kernel: Kernel,
    /// Bytes of RAM of the machine that is to boot the system, where one is named.
    pub memory: Option<u64>,
}

impl Options {
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>, kernel: Kernel) -> Self {
        Self {
            dir: dir.into(),
            system: None,
            config: None,
            manifests: None,
            search_path: Vec::new(),
            kernel,
            memory: None,
        }
    }

    pub(super) fn path(&self, given: Option<&PathBuf>, name: &str) -> PathBuf {
        given
            .cloned()
            .unwrap_or_else(|| if self.dir == Path::new(".") { name.into() } else { self.dir.join(name) })
    }
}
