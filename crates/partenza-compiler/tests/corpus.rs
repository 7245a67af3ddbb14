// SPDX-License-Identifier: BSD-2-Clause
//! The Microkit's verdict, file by file (SPEC O-1): the project's own descriptions, and those of a folder that the
//! environment names.
//!
//! Such a folder has `expected.tsv`: a file, the board that it is judged for, `accept` or `refuse`. Its `prefills/`, where
//! there is one, is on the search path.

use std::fs;
use std::io::Write;
use std::path::Path;

use partenza_compiler::sdf::{self, Board};
use partenza_compiler::{Diagnostics, Severity, Sources, diagnostic};

/// Names the folder of descriptions from outside.
const FOLDER: &str = "MICROKIT_SDF_CORPUS";

/// Judges every line; gives how many there are, and what came out otherwise than expected.
fn judge(dir: &Path) -> (usize, Vec<String>) {
    let table = fs::read_to_string(dir.join("expected.tsv")).expect("expected.tsv");
    let (mut count, mut wrong) = (0, Vec::new());
    for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [file, board, expected] = fields[..] else { panic!("not three fields: {line}") };
        let accept = match expected {
            "accept" => true,
            "refuse" => false,
            _ => panic!("neither accept nor refuse: {line}"),
        };
        count += 1;
        let (accepted, shown) = verdict(dir, file, board);
        if accepted != accept {
            wrong.push(format!("{file} for {board}: expected {expected}\n{shown}"));
        }
    }
    (count, wrong)
}

fn verdict(dir: &Path, file: &str, board: &str) -> (bool, String) {
    let (mut sources, mut out) = (Sources::default(), Diagnostics::default());
    let text = fs::read_to_string(dir.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    let id = sources.add(file, text);
    let board = Board::choose(board, "debug").unwrap_or_else(|why| panic!("{why}"));
    sdf::read(id, &sources, &board, &[dir.join("prefills")], &mut out);
    for refusal in out.iter().filter(|found| found.severity == Severity::Error) {
        assert!(!refusal.labels.is_empty(), "{file}: refused without a place: {}", refusal.message);
        assert!((refusal.code as u16) < 300, "{file}: not the Microkit's verdict: {}", refusal.code);
    }
    (!out.has_errors(), diagnostic::text(&out, &sources, Severity::Note, false))
}

/// To standard error itself, which the test runner does not swallow.
fn tell(what: &str) {
    let _ = writeln!(std::io::stderr(), "corpus: {what}");
}

#[test]
fn our_own_descriptions_are_judged_as_the_microkit_does() {
    let (count, wrong) = judge(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdf"));
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_microkits_own_descriptions_are_judged_as_it_does() {
    let Some(dir) = std::env::var_os(FOLDER).filter(|dir| !dir.is_empty()) else {
        tell(
            "SKIPPED: MICROKIT_SDF_CORPUS names no folder of descriptions; only the project's own were judged",
        );
        return;
    };
    let (count, wrong) = judge(Path::new(&dir));
    assert!(count > 0, "{FOLDER}: expected.tsv is empty");
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    tell(&format!("{count} descriptions of {FOLDER} judged as expected"));
}
