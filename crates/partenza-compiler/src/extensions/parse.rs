// SPDX-License-Identifier: BSD-2-Clause
//! From YAML to [`Registry`], and the fields of the file as data.

use std::sync::LazyLock;

use semver::VersionReq;

use super::{Extension, Registry, With};
use crate::diagnostic::Diagnostics;
use crate::manifest;
use crate::source::{FileId, Sources, Spanned};
use crate::yaml::shape::{Shape, Table, field, required, table};
use crate::yaml::{self, Item, View};

const NEVER: &str = "never";

/// `extensions.yaml`.
pub static EXTENSIONS: LazyLock<Table> = LazyLock::new(|| {
    let versions = Shape::Either(vec![Shape::Word(vec![NEVER]), Shape::Range]);
    let extension = table(vec![
        required("version", Shape::Version, "the version that this system has"),
        field("core", Shape::Boolean, "false", "whether it is part of the orchestrator"),
        field("module", Shape::Text, "-", "the PD that it is; an extension that is not core must have one"),
        field("description", Shape::Text, "nothing", "one line for people"),
        field(
            "works-with",
            Shape::Named { key: "extension", number: None, value: Box::new(versions) },
            "anything",
            "the versions of other extensions that it works with, or `never`",
        ),
    ]);
    table(vec![
        manifest::specification(),
        required(
            "extensions",
            Shape::Named { key: "extension", number: None, value: Box::new(Shape::Table(extension)) },
            "by name",
        ),
    ])
});

/// Reads `extensions.yaml`. Findings go to `out`.
pub fn parse(file: FileId, sources: &Sources, out: &mut Diagnostics) -> Option<Registry> {
    let node = yaml::parse(file, sources, out)?;
    yaml::check(&node, &EXTENSIONS, out);
    let entries = View::new(&node, &EXTENSIONS)?.named("extensions").into_iter();
    Some(Registry {
        entries: entries.filter_map(|(name, item)| Some(extension(name, &item.view()?))).collect(),
    })
}

fn extension(name: &Spanned<String>, f: &View<'_>) -> Extension {
    let with = |(other, item): (&Spanned<String>, Item<'_>)| {
        let text = item.text()?;
        let with = match text.value.as_str() {
            NEVER => With::Never,
            range => With::Versions(VersionReq::parse(range).ok()?),
        };
        Some((other.clone(), Spanned::new(with, text.span)))
    };
    Extension {
        name: name.clone(),
        version: f.version("version"),
        core: f.boolean("core").unwrap_or(false),
        module: f.text("module"),
        works_with: f.named("works-with").into_iter().filter_map(with).collect(),
    }
}
