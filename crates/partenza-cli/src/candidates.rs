// SPDX-License-Identifier: BSD-2-Clause
//! What a shell completes beside commands and options: services, codes, boot parameters.
//!
//! The scripts of `partenza completions` ask the command itself at each press of the key, so what they offer is what there
//! is then.

use std::fs;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use clap_complete::CompletionCandidate;
use partenza_compiler::{diagnostic, parameters};

use crate::host;
use crate::target_codes;

/// How long a running system may take to name its services, with somebody's hands on the keys.
const PATIENCE: Duration = Duration::from_millis(500);

/// Services of the system that runs here; where none does, those that the directory has manifests of.
pub fn services() -> Vec<CompletionCandidate> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        // Nobody listens any more when it took too long.
        let _ = sender.send(host::names_of_running());
    });
    let running = receiver.recv_timeout(PATIENCE).unwrap_or_default();
    let names = if running.is_empty() { manifests(Path::new("manifests")) } else { running };
    names.into_iter().map(CompletionCandidate::new).collect()
}

/// A manifest is called as its service is.
fn manifests(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        name.strip_suffix(".yaml").map(str::to_owned)
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// Every code, with what it means.
pub fn codes() -> Vec<CompletionCandidate> {
    let host = diagnostic::TABLE.iter().map(|row| (row.code.to_string(), row.title));
    let target = target_codes::all().map(|row| (row.code.to_string(), row.text));
    host.chain(target).map(|(code, text)| CompletionCandidate::new(code).help(Some(text.into()))).collect()
}

/// `NAME=VALUE` where the values are words; else `NAME=`.
pub fn boot_parameters() -> Vec<CompletionCandidate> {
    let offered = parameters::TABLE.iter().flat_map(|row| {
        let values = match row.values {
            parameters::Values::Words(words) => {
                words.iter().map(|word| format!("{}={word}", row.name)).collect()
            }
            parameters::Values::Percent | parameters::Values::Service => vec![format!("{}=", row.name)],
        };
        values.into_iter().map(|value| CompletionCandidate::new(value).help(Some(row.effect.into())))
    });
    offered.collect()
}
