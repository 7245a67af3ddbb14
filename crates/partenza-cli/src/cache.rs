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

use partenza_compiler::compile::Written;
use partenza_compiler::source::{Input, Inputs, Look, State, hash};
use partenza_compiler::{Compiled, Options};
use serde_json::{Value, json};

/// How many plans are kept.
const KEPT: usize = 32;
/// Version of the record. Any change to it changes it.
const FORMAT: u64 = 3;

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
            "{dir:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
            env::current_dir().unwrap_or_default(),
            options.system,
            options.config,
            options.manifests,
            options.search_path,
            options.kernel.prefix,
            options.memory
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
        let inputs: Option<Vec<Input>> = inputs.iter().map(input).collect();
        let inputs = inputs.ok_or_else(|| vec!["the record of the earlier plan is damaged".to_owned()])?;
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
        // Its policy was judged when it was compiled, and its files are not read.
        Ok((
            Compiled { archive, store, memory, slots, policy: Vec::new(), written: Written::default() },
            shown,
        ))
    }

    /// Keeps a plan. That it cannot be kept is no failure.
    pub fn store(&self, compiled: &Compiled, inputs: &Inputs, shown: &Shown) {
        let Some(dir) = &self.dir else { return };
        // A path that is no text cannot be written down: such a system is compiled each time.
        let Some(inputs) = inputs.recorded().iter().map(entry).collect::<Option<Vec<Value>>>() else {
            return;
        };
        let record = json!({
            "format": FORMAT,
            "tool": self.tool,
            "archive": hash(&compiled.archive),
            "store": hash(&compiled.store),
            "memory": compiled.memory,
            "slots": compiled.slots,
            "inputs": inputs,
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

/// What is asked about a path, as the record names it.
const LOOKS: [(Look, &str); 4] =
    [(Look::Text, "text"), (Look::Program, "program"), (Look::List, "list"), (Look::Size, "size")];

/// A row of the record: path, what was asked, what was found.
fn entry(input: &Input) -> Option<Value> {
    let look = LOOKS.iter().find(|(look, _)| *look == input.look).map(|(_, name)| *name);
    let state = match &input.state {
        State::Absent => json!(["absent"]),
        State::File(hash) => json!(["file", hash]),
        State::Directory(hash) => json!(["directory", hash]),
        State::Size(bytes) => json!(["size", bytes]),
        State::Unusable(why) => json!(["unusable", why]),
    };
    Some(json!([input.path.to_str()?, look, state]))
}

fn input(entry: &Value) -> Option<Input> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let look = LOOKS.iter().find(|(_, name)| entry[1] == *name)?.0;
    let [kind, what] = [&entry[2][0], &entry[2][1]];
    let state = match kind.as_str()? {
        "absent" => State::Absent,
        "file" => State::File(text(what)?),
        "directory" => State::Directory(text(what)?),
        "size" => State::Size(what.as_u64()?),
        "unusable" => State::Unusable(text(what)?),
        _ => return None,
    };
    Some(Input { path: text(&entry[0])?.into(), look, state })
}

/// Why an input speaks against the plan.
fn reason(input: &Input) -> Option<String> {
    let path = input.path.display();
    match (&input.state, input.now()) {
        (before, now) if *before == now => None,
        (State::Absent, _) => Some(format!("{path} appeared")),
        (_, State::Absent) => Some(format!("{path} is gone")),
        (_, State::Unusable(why)) => Some(format!("{path} cannot be used: {why}")),
        (State::Directory(_), _) => Some(format!("other files are in {path}")),
        (State::File(_) | State::Size(_) | State::Unusable(_), _) => Some(format!("{path} changed")),
    }
}
