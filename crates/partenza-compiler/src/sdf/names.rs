// SPDX-License-Identifier: BSD-2-Clause
//! Names in a description: what a misspelt one stands for, and which ones refer to something.
//!
//! A mistake is told once. A misspelt attribute is read as what was meant, what a refused element names counts as
//! defined or used, and a reference is judged also where its element is refused for something else.

use std::collections::HashSet;

use roxmltree::Node;

use crate::diagnostic::nearest;
use crate::source::Spanned;

/// What to do with a line of the C preprocessor.
pub const PREPROCESS: &str = "a line that begins with # is for the C preprocessor, not XML: `cpp -P FILE > system.xml`, \
                              or write out what it stands for";

/// A reference.
#[derive(Clone, Debug)]
pub enum Mention {
    Region(Spanned<String>),
    Pd(Spanned<String>),
}

/// What a description refers to, and what it defines in elements that are refused.
#[derive(Clone, Debug, Default)]
pub struct Mentions {
    /// In the order of the file.
    pub list: Vec<Mention>,
    /// Regions that elements refer to which are not read.
    pub regions_passed_over: HashSet<String>,
    /// Names of regions that are there, but refused.
    pub refused_regions: HashSet<String>,
    /// Names of protection domains that are there, but refused.
    pub refused_pds: HashSet<String>,
}

impl Mentions {
    /// What an element that is not read defines and uses counts as defined and used.
    pub fn passed_over(&mut self, node: Node<'_, '_>) {
        for inner in node.descendants().filter(Node::is_element) {
            for attribute in inner.attributes() {
                let value = attribute.value().to_owned();
                match attribute.name() {
                    "mr" | "region_paddr" => {
                        self.regions_passed_over.insert(value);
                    }
                    // What it would have been is not known.
                    "name" => {
                        self.refused_regions.insert(value.clone());
                        self.refused_pds.insert(value);
                    }
                    _ => {}
                }
            }
        }
    }
}

/// Names that people take from other places, for these attributes.
const OTHER_NAMES: &[(&str, &str, &str)] = &[
    ("protection_domain", "prio", "priority"),
    ("protection_domain", "affinity", "cpu"),
    ("protection_domain", "core", "cpu"),
    ("protection_domain", "stack", "stack_size"),
    // Development trees before 1.3.
    ("protection_domain", "pd_id", "id"),
    ("virtual_machine", "prio", "priority"),
    ("program_image", "file", "path"),
    ("memory_region", "paddr", "phys_addr"),
    ("memory_region", "address", "phys_addr"),
    ("map", "memory_region", "mr"),
    ("map", "region", "mr"),
    ("map", "addr", "vaddr"),
    ("map", "address", "vaddr"),
    ("map", "rights", "perms"),
    ("map", "cache", "cached"),
    // Development trees before 2.3.
    ("iomap", "addr", "iovaddr"),
    ("iomap", "vaddr", "iovaddr"),
    ("ioport", "port", "addr"),
    ("ioport", "base", "addr"),
    ("end", "protection_domain", "pd"),
    ("end", "ppc", "pp"),
    ("end", "channel", "id"),
];

/// The attribute of `element` that `unknown` stands for.
pub fn meant(element: &str, unknown: &str, known: &[&'static str]) -> Option<&'static str> {
    let other = OTHER_NAMES.iter().find(|(of, old, _)| *of == element && *old == unknown);
    let other = other.map(|(.., new)| *new).filter(|new| known.contains(new));
    other.or_else(|| nearest(unknown, known.iter().copied()))
}

/// The element that `unknown` stands for: near it, or one begins with the other.
pub fn meant_element(unknown: &str, known: &[&'static str]) -> Option<&'static str> {
    let begins =
        |known: &&str| unknown.starts_with(known) || (unknown.len() > 2 && known.starts_with(unknown));
    nearest(unknown, known.iter().copied()).or_else(|| known.iter().copied().find(begins))
}

/// Whether an element inside `node` is a misspelt `name`.
pub fn misspelt_inside(node: Node<'_, '_>, name: &str, known: &[&'static str]) -> bool {
    let elements = node.children().filter(Node::is_element).map(|child| child.tag_name().name());
    elements.filter(|tag| !known.contains(tag)).any(|tag| meant_element(tag, known) == Some(name))
}
