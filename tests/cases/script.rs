// SPDX-License-Identifier: BSD-2-Clause
//! Scripts that try the built tree as a user would: exit code 0 is right, 1 is wrong, 2 says that it could not be tried.

use std::path::Path;
use std::process::Command;

use partenza_tests::tools;

const CANNOT_RUN: i32 = 2;

/// # Panics
/// It is wrong.
pub fn judge(script: &Path) {
    let mut command = Command::new("bash");
    command.arg(script).env("TREE", tools::root().canonicalize().expect("the project's root"));
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => {}
        Some(CANNOT_RUN) => crate::tell(&format!("CANNOT RUN {}: {}", script.display(), said.trim_end())),
        _ => panic!("{}: {}\n{said}", script.display(), output.status),
    }
}
