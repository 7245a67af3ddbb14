// SPDX-License-Identifier: BSD-2-Clause
//! Every page of the documentation is found from its index, and every link in it leads somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every page in a folder and below.
fn pages(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            pages(&path, out);
        } else if path.extension().is_some_and(|ext| ext == "md") {
            out.push(path);
        }
    }
}

/// The page and what it says outside of examples.
fn prose(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.split("```").step_by(2).collect()
}

/// Targets of a page's links: file, and anchor.
fn links(text: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://")).map(|target| match target.split_once('#') {
        Some((file, anchor)) => (file, Some(anchor)),
        None => (target, None),
    })
}

/// As GitHub makes anchors of headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |line: &str| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn the_index_of_each_folder_names_its_pages() {
    let mut all = Vec::new();
    pages(&checkout().join("docs"), &mut all);
    assert!(all.len() > 12, "{all:?}");
    for page in all.iter().filter(|page| page.file_name().is_some_and(|name| name != "README.md")) {
        let index = prose(&page.with_file_name("README.md"));
        let name = page.file_name().unwrap().to_string_lossy().into_owned();
        assert!(
            links(&index).any(|(file, _)| file == name),
            "the index beside {} does not name it",
            page.display()
        );
    }
    let index = prose(&checkout().join("docs/README.md"));
    assert!(links(&index).any(|(file, _)| file == "policy/README.md"));
}

#[test]
fn every_link_leads_somewhere() {
    let mut all = vec![checkout().join("README.md")];
    for folder in ["docs", "services", "tests", "cmake-build", "docker", "crates"] {
        pages(&checkout().join(folder), &mut all);
    }
    let mut wrong = Vec::new();
    for page in &all {
        let text = prose(page);
        for (file, anchor) in links(&text) {
            let target = if file.is_empty() { page.clone() } else { page.with_file_name("").join(file) };
            let found =
                target.exists() && anchor.is_none_or(|anchor| anchors(&prose(&target)).contains(anchor));
            if !found {
                wrong.push(format!("{}: {file}#{}", page.display(), anchor.unwrap_or_default()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
