// SPDX-License-Identifier: BSD-2-Clause
//! `new`: a small system that works, to begin with: two services in Rust, their manifests, what connects them, a
//! Makefile. It uses the libraries, the kernels and the root task of a checkout of Partenza.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::output::errln;
use crate::{Failure, pack};

pub const EXAMPLES: &str = "\
Examples:
  partenza new demo && make -C demo run   write it, build it, boot it in QEMU
  partenza new ../demo --checkout .       beside the checkout rather than in it";

#[derive(Args, Clone)]
pub struct NewArgs {
    /// The directory to make; its last part is the system's name
    #[arg(value_name = "NAME")]
    pub dir: PathBuf,
    /// Where Partenza is [default: the checkout that this directory, or this command, is in]
    #[arg(long, value_name = "DIR")]
    pub checkout: Option<PathBuf>,
}

/// The files: where they go, and what is in them. `@NAME@` and `@CHECKOUT@` are filled in.
const FILES: &[(&str, &str)] = &[
    ("README.md", include_str!("../templates/README.md")),
    ("Makefile", include_str!("../templates/Makefile")),
    ("Cargo.toml", include_str!("../templates/Cargo.toml")),
    (".gitignore", "/build\n"),
    ("system.xml", include_str!("../templates/system.xml")),
    ("partenza.yaml", include_str!("../templates/partenza.yaml")),
    ("manifests/greeter.yaml", include_str!("../templates/manifests/greeter.yaml")),
    ("manifests/caller.yaml", include_str!("../templates/manifests/caller.yaml")),
    ("greeter/Cargo.toml", include_str!("../templates/greeter/Cargo.toml")),
    ("greeter/src/main.rs", include_str!("../templates/greeter/src/main.rs")),
    ("caller/Cargo.toml", include_str!("../templates/caller/Cargo.toml")),
    ("caller/src/main.rs", include_str!("../templates/caller/src/main.rs")),
];

/// What is copied from the checkout: the locked versions of what the libraries use, and how programs are linked.
const COPIED: &[&str] = &["Cargo.lock", "support/sel4-target.toml", "support/sel4.ld"];

pub fn new(args: &NewArgs) -> Result<(), Failure> {
    let name = name(&args.dir)?;
    if args.dir.read_dir().is_ok_and(|mut entries| entries.next().is_some()) || args.dir.is_file() {
        return Err(Failure::environment(format!("{} is there already", args.dir.display())));
    }
    let checkout = checkout(args.checkout.as_deref())?;
    for (file, text) in FILES {
        let text = text.replace("@NAME@", &name).replace("@CHECKOUT@", &checkout.display().to_string());
        pack::write(&args.dir.join(file), text.as_bytes())?;
    }
    for file in COPIED {
        let from = checkout.join(file);
        let bytes =
            fs::read(&from).map_err(|why| Failure::environment(format!("{}: {why}", from.display())))?;
        pack::write(&args.dir.join(file), &bytes)?;
    }
    errln!("wrote {0}: two services, greeter and caller. `make -C {0} run` boots it", args.dir.display());
    Ok(())
}

/// The last part of the directory: it is the name of a system, a file and a make variable's part.
fn name(dir: &Path) -> Result<String, Failure> {
    let name = dir.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let good = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || !name.chars().all(good) {
        return Err(Failure::environment(format!("`{name}` is no name: use letters, digits, _ and -")));
    }
    Ok(name)
}

/// The checkout that was named, or that the current directory is in, or that this command was built from.
fn checkout(named: Option<&Path>) -> Result<PathBuf, Failure> {
    let is_one = |dir: &Path| dir.join("crates/partenza-service/Cargo.toml").is_file();
    let current = env::current_dir().map_err(Failure::environment)?;
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let found = match named {
        Some(dir) => Some(dir.to_owned()).filter(|dir| is_one(dir)),
        None => current.ancestors().map(Path::to_owned).chain([own]).find(|dir| is_one(dir)),
    };
    let found = found.and_then(|dir| dir.canonicalize().ok());
    found.ok_or_else(|| {
        let place = named.map_or_else(|| "here".to_owned(), |dir| format!("in {}", dir.display()));
        Failure::environment(format!("there is no checkout of Partenza {place}: name it with --checkout DIR"))
    })
}
