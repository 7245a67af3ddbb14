// SPDX-License-Identifier: BSD-2-Clause
//! An installed seL4: where its files are, and one error for each way in which they are not.

use std::path::{Path, PathBuf};
use std::{env, fmt, fs};

use crate::{
    Config, InterfaceError, Invocation, Syscall, Value, config_source, invocation_source, read_invocations,
    read_syscalls, syscall_source,
};

/// The variable that names the prefix.
const PREFIX_ENV: &str = "SEL4_PREFIX";

/// An installed kernel, with its configuration read.
pub struct Kernel {
    include: PathBuf,
    config: Config,
    abi: &'static str,
}

/// Why a kernel could not be read. Every text says how to mend it.
#[derive(Debug)]
pub enum PrefixError {
    /// `SEL4_PREFIX` is not set.
    NotSet,
    /// `SEL4_PREFIX` names no seL4 prefix: the file is not there.
    NotAPrefix { prefix: PathBuf, missing: PathBuf },
    /// A file is there but its content is wrong.
    Content { file: PathBuf, why: String },
    /// The kernel is one that the `sel4` crate has no ABI module for.
    NoAbi(String),
    /// The build script could not write its output.
    Output(std::io::Error),
}

impl fmt::Display for PrefixError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PrefixError::NotSet => write!(
                f,
                "SEL4_PREFIX is not set: crates that run on seL4 need an installed kernel. \
                 `make` builds one and sets it; by hand: SEL4_PREFIX=<project>/build/kernel/debug"
            ),
            PrefixError::NotAPrefix { prefix, missing } => write!(
                f,
                "SEL4_PREFIX={} is not an installed seL4: {} is not there. It must be the \
                 directory that holds bin/kernel.elf and libsel4/include",
                prefix.display(),
                missing.display(),
            ),
            PrefixError::Content { file, why } => {
                write!(f, "{}: {why}. Build the kernel's prefix again", file.display())
            }
            PrefixError::NoAbi(why) => write!(f, "{why}"),
            PrefixError::Output(error) => write!(f, "cannot write to OUT_DIR: {error}"),
        }
    }
}

impl Kernel {
    /// Reads the kernel that `SEL4_PREFIX` names.
    ///
    /// # Errors
    /// See [`PrefixError`].
    pub fn from_env() -> Result<Kernel, PrefixError> {
        println!("cargo::rerun-if-env-changed={PREFIX_ENV}");
        let prefix = env::var_os(PREFIX_ENV).filter(|value| !value.is_empty());
        Kernel::open(Path::new(&prefix.ok_or(PrefixError::NotSet)?))
    }

    /// Reads the kernel installed at `prefix`.
    ///
    /// # Errors
    /// See [`PrefixError`].
    pub fn open(prefix: &Path) -> Result<Kernel, PrefixError> {
        let include = prefix.join("libsel4/include");
        let mut config = Config::default();
        for part in ["kernel/gen_config.json", "sel4/gen_config.json"] {
            let file = include.join(part);
            let text = read(&file).map_err(|_| PrefixError::NotAPrefix {
                prefix: prefix.to_path_buf(),
                missing: file.clone(),
            })?;
            config.merge_json(&text).map_err(|why| PrefixError::Content { file, why })?;
        }
        let abi = config.abi().map_err(PrefixError::NoAbi)?;
        Ok(Kernel { include, config, abi })
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Tells rustc the configuration: `cfg(sel4_cfg = "KEY")` for each option that is on,
    /// `cfg(sel4_cfg = "KEY=TEXT")` for each that has a text, and `cfg(sel4_abi = "MODULE")`.
    pub fn emit_cfgs(&self) {
        println!("cargo::rustc-check-cfg=cfg(sel4_cfg, values(any()))");
        println!("cargo::rustc-check-cfg=cfg(sel4_abi, values(\"v5_x86_64\", \"v5_aarch64\"))");
        println!("cargo::rustc-cfg=sel4_abi={:?}", self.abi);
        for (key, value) in self.config.iter() {
            match value {
                Value::Bool(true) => println!("cargo::rustc-cfg=sel4_cfg={key:?}"),
                Value::Bool(false) => {}
                Value::Text(text) => {
                    println!("cargo::rustc-cfg=sel4_cfg={:?}", format!("{key}={text}"));
                }
            }
        }
    }

    /// The system calls that this kernel has.
    ///
    /// # Errors
    /// See [`PrefixError`].
    pub fn syscalls(&self) -> Result<Vec<Syscall>, PrefixError> {
        // seL4 installs the file under api/; some SDKs keep it with the interfaces.
        let file = [self.include.join("api/syscall.xml"), self.include.join("interfaces/syscall.xml")]
            .into_iter()
            .find(|file| file.is_file())
            .unwrap_or_else(|| self.include.join("api/syscall.xml"));
        let xml = self.interface(&file)?;
        read_syscalls(&xml, &self.config).map_err(|error| content(&file, &error))
    }

    /// The invocations that this kernel has.
    ///
    /// # Errors
    /// See [`PrefixError`].
    pub fn invocations(&self) -> Result<Vec<Invocation>, PrefixError> {
        let files = ["object-api.xml", "object-api-sel4-arch.xml", "object-api-arch.xml"]
            .map(|name| self.include.join("interfaces").join(name));
        let mut texts = Vec::new();
        for file in &files {
            texts.push(self.interface(file)?);
        }
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        read_invocations(&texts, &self.config)
            .map_err(|error| content(&self.include.join("interfaces"), &error))
    }

    /// Writes `config.rs` for the `sel4-config` crate to `OUT_DIR`.
    ///
    /// # Errors
    /// See [`PrefixError`].
    pub fn write_config(&self) -> Result<(), PrefixError> {
        write("config.rs", &config_source(&self.config))
    }

    /// Writes `syscalls.rs` and `invocations.rs` for the `sel4` crate to `OUT_DIR`.
    ///
    /// # Errors
    /// See [`PrefixError`].
    pub fn write_interfaces(&self) -> Result<(), PrefixError> {
        write("syscalls.rs", &syscall_source(&self.syscalls()?))?;
        write("invocations.rs", &invocation_source(&self.invocations()?))
    }

    fn interface(&self, file: &Path) -> Result<String, PrefixError> {
        read(file).map_err(|error| PrefixError::Content { file: file.to_path_buf(), why: error.to_string() })
    }
}

fn content(file: &Path, error: &InterfaceError) -> PrefixError {
    PrefixError::Content { file: file.to_path_buf(), why: error.to_string() }
}

fn read(file: &Path) -> std::io::Result<String> {
    println!("cargo::rerun-if-changed={}", file.display());
    fs::read_to_string(file)
}

fn write(name: &str, source: &str) -> Result<(), PrefixError> {
    let directory = env::var_os("OUT_DIR").unwrap_or_default();
    fs::write(Path::new(&directory).join(name), source).map_err(PrefixError::Output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_is_no_prefix_is_named_with_what_it_lacks() {
        let Err(error) = Kernel::open(Path::new("/nonexistent")) else { panic!("opened") };
        let text = error.to_string();
        assert!(text.contains("SEL4_PREFIX=/nonexistent"));
        assert!(text.contains("gen_config.json"));
    }
}
