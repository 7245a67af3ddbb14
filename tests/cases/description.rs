// SPDX-License-Identifier: BSD-2-Clause
//! Judges a row of `system/cases.tsv` by its columns: file, mark, kind, command, what is right, the Microkit's verdict, why,
//! what an older build said.

use std::fs;
use std::path::Path;
use std::process::Command;

use partenza_tests::tools::{self, Kernel};
use serde_json::Value;

const MEMORY: &str = "128MiB";

/// What `partenza check --json` found.
struct Findings {
    exit: Option<i32>,
    found: Vec<Value>,
}

impl Findings {
    fn of(command: &mut Command) -> Self {
        let output = command.arg("--json").output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let json = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            panic!("{command:?}: {error}\n{}", String::from_utf8_lossy(&output.stderr));
        });
        let found = match json {
            Value::Array(found) => found,
            Value::Object(mut fields) => match fields.remove("findings") {
                Some(Value::Array(found)) => found,
                _ => panic!("{command:?}: no findings"),
            },
            _ => panic!("{command:?}: neither an array nor an object"),
        };
        Self { exit: output.status.code(), found }
    }

    fn count(&self, severity: &str) -> usize {
        self.found.iter().filter(|found| found["severity"] == severity).count()
    }

    /// `error PZ-0211`, sorted.
    fn codes(&self) -> Vec<String> {
        let text = |found: &Value, field: &str| found[field].as_str().unwrap_or_default().to_owned();
        let mut codes: Vec<String> = self
            .found
            .iter()
            .filter(|found| found["severity"] != "note")
            .map(|found| format!("{} {}", text(found, "severity"), text(found, "code")))
            .collect();
        codes.sort();
        codes
    }

    /// Everything said, as one text.
    fn said(&self) -> String {
        let lines = self.found.iter().map(|found| {
            let field = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
            let list = |name: &str| found[name].to_string();
            let (severity, code, message) = (field("severity"), field("code"), field("message"));
            format!(
                "{severity} {code} {message} | help: {} | places: {} | notes: {}",
                field("help"),
                list("places"),
                list("notes")
            )
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// # Panics
/// The row is not as it says is right.
pub fn judge(dir: &Path, row: &str) {
    let columns: Vec<&str> = row.split('\t').collect();
    let [file, _, kind, command, right, ..] = columns[..] else { panic!("not a row of cases: {row}") };
    let before = columns.get(7).copied().unwrap_or_default();
    let path = dir.join(file);
    let found = check(&path, command, &[]);
    let must = |what: &str, is: bool| {
        assert!(is, "{file}: {what} (right: {right}); exit code {:?}\n{}", found.exit, found.said());
    };
    let (errors, warnings) = (found.count("error"), found.count("warning"));

    if right.starts_with("refuse or warn") {
        must("refused or warned about", errors + warnings > 0);
        must("names a region and its address", names_a_region(&path, &found));
    } else if right.starts_with("accept, or a refusal") {
        let dead_end =
            before.split_once("help: ").is_some_and(|(_, help)| found.said().contains(help.trim()));
        must("accepted, or not told the same dead end", errors == 0 || !dead_end);
    } else if right.starts_with("refuse") {
        must("refused", errors > 0 && found.exit == Some(1));
    } else if right.starts_with("accept") {
        must("accepted", errors == 0 && found.exit == Some(0));
    } else {
        panic!("{file}: neither accept nor refuse: {right}");
    }

    if right.contains("both mistakes") {
        must("two mistakes", errors >= 2);
    }
    if right.contains("one finding") {
        must("one finding", errors + warnings == 1);
    }
    if right.contains("with a warning") {
        must("a warning", warnings > 0);
    }
    if right.contains("--deny warnings exit 1") {
        must("--deny warnings", check(&path, command, &["--deny", "warnings"]).exit == Some(1));
    }
    if right.contains("naming the region") {
        must("names the region", names_a_region(&path, &found));
    }
    match kind {
        // The older text was the mistake.
        "message" => must("another message or help", !same_words(before, &found)),
        // The older verdict was right.
        "keep" => must("the same findings", found.codes() == codes_of(before)),
        _ => {}
    }
}

/// `check --microkit --board BOARD`, or `check DIR` on a system with that description.
fn check(path: &Path, command: &str, more: &[&str]) -> Findings {
    let mut tool = Command::new(tools::partenza());
    let mut words = command.split_whitespace();
    assert_eq!(words.next(), Some("check"), "only `check` is known: {command}");
    tool.arg("check");
    if command.contains("--microkit") {
        return Findings::of(tool.args(words).arg(path).args(more));
    }
    let name = path.file_stem().expect("a file has a name").to_string_lossy();
    let dir = tools::scratch(&format!("cases-{name}-{}", more.len()));
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let put = |name: &str, bytes: &[u8]| fs::write(dir.join(name), bytes).expect("scratch can be written");
    put("system.xml", text.as_bytes());
    let program = fs::read(Kernel::Debug.program("trivial")).expect("a program can be read");
    for image in values(&text, "path") {
        put(&image, &program);
    }
    tool.arg(&dir).args(words.filter(|word| *word != "DIR")).args(more);
    tool.arg("--kernel").arg(Kernel::Debug.prefix()).arg("--search-path").arg(&dir);
    tool.arg("--root-task").arg(Kernel::Debug.program("root-task")).args(["--memory", MEMORY]);
    Findings::of(&mut tool)
}

/// Values of an attribute, wherever it stands; enough for descriptions as small as these.
fn values(text: &str, attribute: &str) -> Vec<String> {
    let start = format!(" {attribute}=\"");
    text.split(&start).skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect()
}

/// Whether a finding has a place, a region's name and, where the region has one, its address.
fn names_a_region(path: &Path, found: &Findings) -> bool {
    let text = fs::read_to_string(path).expect("it was read before");
    let addresses = values(&text, "phys_addr");
    let says = |finding: &Value, name: &str| {
        let message = finding["message"].as_str().unwrap_or_default();
        let texts = format!("{message} {} {}", finding["places"], finding["notes"]);
        texts.contains(&format!("`{name}`"))
            && (addresses.is_empty() || addresses.iter().any(|address| texts.contains(address)))
            && finding["places"].as_array().is_some_and(|places| !places.is_empty())
    };
    let regions =
        text.split("<memory_region").skip(1).flat_map(|region| values(region, "name").into_iter().next());
    regions.collect::<Vec<_>>().iter().any(|name| found.found.iter().any(|finding| says(finding, name)))
}

/// The findings of the column, `refuse: error PZ-0202 … | help: …; warning PZ-…`.
fn codes_of(before: &str) -> Vec<String> {
    let mut codes: Vec<String> = ["error PZ-", "warning PZ-"]
        .iter()
        .flat_map(|start| before.split(start).skip(1).map(move |rest| format!("{start}{}", &rest[..4])))
        .collect();
    codes.sort();
    codes
}

/// Whether every message and help of the column is still said.
fn same_words(before: &str, found: &Findings) -> bool {
    let said = found.said();
    let told = before.split_once(": ").map_or(before, |(_, told)| told);
    let mut parts = told.split("; error ").flat_map(|finding| finding.split(" | help: "));
    parts.all(|part| said.contains(part.trim().trim_start_matches("error ")))
}
