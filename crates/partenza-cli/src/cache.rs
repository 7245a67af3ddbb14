// SPDX-License-Identifier: BSD-2-Clause
//! Compiled plans that are still good (SPEC P-3): a plan is compiled again only when an input, the kernel, the tool or
//! the question changed.
//!
//! Beside each archive lies a record of everything that the compiler looked at, with hashes; a file that was looked for
//! in vain counts too. What was found then is told again, so a warning does not go away by itself. Nothing depends on
//! the cache: where it cannot be read or written, the plan is compiled.
//!
//! It is the user's, not the system's: `$PARTENZA_CACHE` (empty: none), else `$XDG_CACHE_HOME/partenza`, else
//! `~/.cache/partenza`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use partenza_compiler::source::{Input, Inputs, State, hash};
use partenza_compiler::{Compiled, Options};
use serde_json::{Value, json};

/// How many plans are kept.
const KEPT: usize = 32;
/// Version of the record. Any change to it changes it.
const FORMAT: u64 = 2;

/// What a run found, as it is shown.
#[derive(Clone, Debug)]
pub struct Shown {
    pub plain: String,
    pub coloured: String,
    pub json: Value,
    pub warnings: usize,
}

/// The place of one system's plan.
pub struct Cache {
    dir: Option<PathBuf>,
    archive: PathBuf,
    store: PathBuf,
    record: PathBuf,
    tool: String,
}

impl Cache {
    /// Each question has its own place, so that two of them do not drive each other out.
    pub fn of(options: &Options) -> Self {
        let dir = options.dir.canonicalize().unwrap_or_else(|_| options.dir.clone());
        let question = format!(
            "{dir:?} {:?} {:?} {:?} {:?} {:?} {:?}",
            env::current_dir().unwrap_or_default(),
            options.system,
            options.config,
            options.manifests,
            options.search_path,
            options.kernel.prefix
        );
        let name =
            dir.file_name().map_or_else(|| "system".into(), |name| name.to_string_lossy().into_owned());
        let place = place();
        let stem = place.clone().unwrap_or_default();
        let stem = stem.join(format!("{name}-{}", &hash(question.as_bytes())[..12]));
        // A name with a dot in it keeps it.
        let file = |extension: &str| PathBuf::from(format!("{}.{extension}", stem.display()));
        Self { dir: place, archive: file("pza"), store: file("pzs"), record: file("json"), tool: tool() }
    }

    pub fn archive(&self) -> &Path {
        &self.archive
    }

    /// The plan, if it is still good; else why it is not.
    pub fn load(&self) -> Result<(Compiled, Shown), Vec<String>> {
        let there = self.dir.is_some().then(|| fs::read_to_string(&self.record).ok()).flatten();
        let record = there.and_then(|text| serde_json::from_str(&text).ok());
        let record: Value = record.ok_or_else(|| vec!["there is no earlier plan".to_owned()])?;
        if record["format"] != FORMAT || record["tool"] != self.tool {
            return Err(vec!["partenza itself changed".to_owned()]);
        }
        let inputs = record["inputs"].as_array().map(Vec::as_slice).unwrap_or_default();
        let inputs: Vec<Input> = inputs.iter().filter_map(input).collect();
        let reasons: Vec<String> = inputs.iter().filter_map(reason).collect();
        if inputs.is_empty() || !reasons.is_empty() {
            return Err(reasons);
        }
        let archive = fs::read(&self.archive).unwrap_or_default();
        if record["archive"] != hash(&archive) {
            return Err(vec!["the archive is not the one that was stored".to_owned()]);
        }
        let store = fs::read(&self.store).unwrap_or_default();
        if record["store"] != hash(&store) {
            return Err(vec!["the programs to be delivered are not those that were stored".to_owned()]);
        }
        let text = |name: &str| record["shown"][name].as_str().unwrap_or_default().to_owned();
        let number = |name: &str| record[name].as_u64().unwrap_or_default();
        let shown = Shown {
            plain: text("plain"),
            coloured: text("coloured"),
            json: record["shown"]["json"].clone(),
            warnings: record["shown"]["warnings"].as_u64().unwrap_or_default() as usize,
        };
        let (memory, slots) = (number("memory"), number("slots"));
        // Its policy was judged when it was compiled.
        Ok((Compiled { archive, store, memory, slots, policy: Vec::new() }, shown))
    }

    /// Keeps a plan. That it cannot be kept is no failure.
    pub fn store(&self, compiled: &Compiled, inputs: &Inputs, shown: &Shown) {
        let Some(dir) = &self.dir else { return };
        let record = json!({
            "format": FORMAT,
            "tool": self.tool,
            "archive": hash(&compiled.archive),
            "store": hash(&compiled.store),
            "memory": compiled.memory,
            "slots": compiled.slots,
            "inputs": inputs.iter().map(entry).collect::<Vec<_>>(),
            "shown": {
                "plain": shown.plain,
                "coloured": shown.coloured,
                "json": shown.json,
                "warnings": shown.warnings,
            },
        });
        // The record comes last and goes first: an archive without one is no plan.
        let _ = fs::create_dir_all(dir);
        let _ = fs::remove_file(&self.record);
        let written = fs::write(&self.archive, &compiled.archive);
        if written.and_then(|()| fs::write(&self.store, &compiled.store)).is_ok() {
            let _ = fs::write(&self.record, record.to_string());
        }
        prune(dir);
    }
}

/// Forgets the plans that were stored longest ago, so that the place does not grow without end.
fn prune(dir: &Path) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    let mut records: Vec<_> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|ext| ext == "json"))
        .filter_map(|path| Some((fs::metadata(&path).ok()?.modified().ok()?, path)))
        .collect();
    records.sort();
    let surplus = records.len().saturating_sub(KEPT);
    for (_, record) in &records[..surplus] {
        let _ = fs::remove_file(record);
        for file in ["pza", "pzs"] {
            let _ = fs::remove_file(record.with_extension(file));
        }
    }
}

/// Where plans are kept.
fn place() -> Option<PathBuf> {
    let from = |name: &str| env::var_os(name).map(PathBuf::from);
    match from("PARTENZA_CACHE") {
        Some(own) => Some(own).filter(|own| !own.as_os_str().is_empty()),
        None => {
            let absolute = |path: &PathBuf| path.is_absolute();
            let cache = from("XDG_CACHE_HOME").filter(absolute);
            let home = || from("HOME").filter(absolute).map(|home| home.join(".cache"));
            cache.or_else(home).map(|dir| dir.join("partenza"))
        }
    }
}

/// Which build of this tool it is: version, size and time of its file.
fn tool() -> String {
    let own = std::env::current_exe().and_then(fs::metadata);
    let stamp = own.map(|meta| {
        let time = meta.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        format!("{} {}", meta.len(), time.map_or(0, |time| time.as_nanos()))
    });
    format!("partenza {} {}", env!("CARGO_PKG_VERSION"), stamp.unwrap_or_default())
}

fn entry(input: &Input) -> Value {
    let (state, hash) = match &input.state {
        State::Absent => ("absent", ""),
        State::File(hash) => ("file", hash.as_str()),
        State::Directory(hash) => ("directory", hash.as_str()),
    };
    json!([input.path, state, hash])
}

fn input(entry: &Value) -> Option<Input> {
    let text = |at: usize| entry[at].as_str();
    let hash = text(2)?.to_owned();
    let state = match text(1)? {
        "absent" => State::Absent,
        "file" => State::File(hash),
        "directory" => State::Directory(hash),
        _ => return None,
    };
    Some(Input { path: text(0)?.into(), state })
}

/// Why an input speaks against the plan.
fn reason(input: &Input) -> Option<String> {
    let path = input.path.display();
    match (&input.state, input.now()) {
        (before, now) if *before == now => None,
        (State::Absent, _) => Some(format!("{path} appeared")),
        (_, State::Absent) => Some(format!("{path} is gone")),
        (State::Directory(_), _) => Some(format!("other files are in {path}")),
        (State::File(_), _) => Some(format!("{path} changed")),
    }
}
