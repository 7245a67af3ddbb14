// SPDX-License-Identifier: BSD-2-Clause
//! Names that Partenza's own chapters use for fields of a manifest (SPEC N-2): they are accepted, turned into the
//! canonical ones before anything is checked, and warned about.
//!
//! One table. A row moves a value from one path to another and may change its form; positions stay those of the file.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{Span, Spanned};
use crate::yaml::{Node, Value};

type Entries = Vec<(Spanned<String>, Node)>;

/// A row of the table.
#[derive(Clone, Copy)]
pub struct Alias {
    /// The field that was found.
    pub was: &'static [&'static str],
    /// The field that is meant.
    pub now: &'static [&'static str],
    /// The row applies to these values only.
    applies: fn(&Node) -> bool,
    /// The value in its canonical form.
    change: fn(Node) -> Node,
    /// How the canonical form is written.
    pub write: &'static str,
}

/// Every alias, in the order in which they are applied.
pub const ALIASES: &[Alias] = &[
    Alias { was: &["name"], now: &["id"], applies: any, change: same, write: "id: NAME" },
    Alias {
        was: &["depends_on"],
        now: &["requires"],
        applies: any,
        change: |node| each(node, requirement),
        write: "requires: [{module: NAME}]",
    },
    Alias {
        was: &["interfaces"],
        now: &["provides"],
        applies: any,
        change: |node| each(node, provided),
        write: "provides: [{interface: NAME, version: VERSION}]",
    },
    Alias { was: &["healthcheck"], now: &["health"], applies: any, change: same, write: "health: {...}" },
    Alias {
        was: &["permissions", "capabilities"],
        now: &["capabilities", "required"],
        applies: is_list,
        change: |node| each(node, capability),
        write: "capabilities: {required: [...]}",
    },
    Alias {
        was: &["permissions", "capabilities"],
        now: &["capabilities"],
        applies: any,
        change: same,
        write: "capabilities: {required: [...], optional: [...]}",
    },
    Alias {
        was: &["restart"],
        now: &["restart", "policy"],
        applies: is_scalar,
        change: policy,
        write: "restart: {policy: WORD}",
    },
    Alias {
        was: &["health", "restart"],
        now: &["restart", "policy"],
        applies: any,
        change: policy,
        write: "restart: {policy: WORD}",
    },
    Alias {
        was: &["health", "max_retries"],
        now: &["restart", "max"],
        applies: any,
        change: same,
        write: "restart: {max: NUMBER}",
    },
    Alias {
        was: &["health", "probe"],
        now: &["health", "probe"],
        applies: is_boolean,
        change: probe,
        write: "health: {probe: call}",
    },
];

/// Turns every alias in a manifest into its canonical field.
pub fn normalise(top: &mut Node, out: &mut Diagnostics) {
    let Value::Map(entries) = &mut top.value else { return };
    for alias in ALIASES {
        let Some((key, node)) = take(entries, alias) else { continue };
        let (was, now) = (alias.was.join("."), alias.now.join("."));
        let message = if was == now {
            format!("`{was}` is written with a word")
        } else {
            format!("`{was}` is called `{now}`")
        };
        let help = format!("write `{}`", alias.write);
        out.push(Diagnostic::warning(Code::OldName, message).at(key, "understood as that").help(help));
        put(entries, alias, alias.now, key, (alias.change)(node), out);
    }
}

/// Removes the value of an alias from the tree, and a mapping that is empty after that.
fn take(entries: &mut Entries, alias: &Alias) -> Option<(Span, Node)> {
    let (first, rest) = alias.was.split_first()?;
    let at = entries.iter().position(|(key, _)| key.value == *first)?;
    let Some(second) = rest.first() else {
        let found = (alias.applies)(&entries[at].1) && !matches!(entries[at].1.value, Value::Null);
        return found.then(|| entries.remove(at)).map(|(key, node)| (key.span, node));
    };
    let Value::Map(inner) = &mut entries[at].1.value else { return None };
    let place = inner.iter().position(|(key, node)| key.value == *second && (alias.applies)(node))?;
    let (key, node) = inner.remove(place);
    if inner.is_empty() {
        entries.remove(at);
    }
    Some((key.span, node))
}

/// Adds a value to the tree, `path` down from here. Lists are joined; any other value that is there already is a second
/// one.
fn put(entries: &mut Entries, alias: &Alias, path: &[&str], key: Span, node: Node, out: &mut Diagnostics) {
    let Some((first, rest)) = path.split_first() else { return };
    let Some(at) = entries.iter().position(|(key, _)| key.value == *first) else {
        let node = rest.iter().rev().fold(node, |node, name| Node {
            span: node.span,
            value: Value::Map(vec![(Spanned::new((*name).to_owned(), key), node)]),
        });
        entries.push((Spanned::new((*first).to_owned(), key), node));
        return;
    };
    let (there, existing) = &mut entries[at];
    match (&mut existing.value, node.value, rest) {
        (Value::Map(inner), value, [_, ..]) => {
            put(inner, alias, rest, key, Node { span: node.span, value }, out);
        }
        (Value::List(items), Value::List(more), []) => items.extend(more),
        _ => {
            let message = format!("`{}` stands twice, once by another name", alias.now.join("."));
            let found = Diagnostic::error(Code::DuplicateField, message);
            out.push(found.at(key, "second time").at(there.span, "first time"));
        }
    }
}

fn any(_: &Node) -> bool {
    true
}

fn is_list(node: &Node) -> bool {
    matches!(node.value, Value::List(_) | Value::Scalar { .. })
}

fn is_scalar(node: &Node) -> bool {
    matches!(node.value, Value::Scalar { .. })
}

fn is_boolean(node: &Node) -> bool {
    matches!(&node.value, Value::Scalar { text, plain: true } if text == "true" || text == "false")
}

fn same(node: Node) -> Node {
    node
}

/// A list with each item in its canonical form; one text is a list of one.
fn each(node: Node, change: fn(Node) -> Node) -> Node {
    let span = node.span;
    let items = match node.value {
        Value::List(items) => items,
        Value::Null => Vec::new(),
        _ => vec![node],
    };
    Node { span, value: Value::List(items.into_iter().map(change).collect()) }
}

fn scalar(span: Span, text: &str) -> Node {
    Node { span, value: Value::Scalar { text: text.to_owned(), plain: true } }
}

fn map(span: Span, fields: Vec<(&str, &str)>) -> Node {
    let entry = |(name, text): (&str, &str)| (Spanned::new(name.to_owned(), span), scalar(span, text));
    Node { span, value: Value::Map(fields.into_iter().map(entry).collect()) }
}

/// `policy`, `policy@1.0`, `storage/files@1.0`: with a slash it is an interface.
fn requirement(node: Node) -> Node {
    let Value::Scalar { text, .. } = &node.value else { return node };
    let (name, version) = text.split_once('@').map_or((text.as_str(), None), |(n, v)| (n, Some(v)));
    let kind = if name.contains('/') { "interface" } else { "module" };
    let mut fields = vec![(kind, name)];
    fields.extend(version.map(|version| ("version", version)));
    map(node.span, fields)
}

/// `storage/files@1.0`
fn provided(node: Node) -> Node {
    let Value::Scalar { text, .. } = &node.value else { return node };
    let (name, version) = text.split_once('@').map_or((text.as_str(), None), |(n, v)| (n, Some(v)));
    let mut fields = vec![("interface", name)];
    fields.extend(version.map(|version| ("version", version)));
    map(node.span, fields)
}

/// `serial:com1`
fn capability(node: Node) -> Node {
    let Value::Scalar { text, .. } = &node.value else { return node };
    match text.split_once(':') {
        Some((kind, name)) => map(node.span, vec![(kind.trim(), name.trim())]),
        None => node,
    }
}

/// A restart policy; `true` and `false` are words of the chapters.
fn policy(node: Node) -> Node {
    match &node.value {
        Value::Scalar { text, plain: true } if text == "true" => scalar(node.span, "on-failure"),
        Value::Scalar { text, plain: true } if text == "false" || text == "no" => scalar(node.span, "never"),
        _ => node,
    }
}

fn probe(node: Node) -> Node {
    let word =
        if matches!(&node.value, Value::Scalar { text, .. } if text == "true") { "call" } else { "none" };
    scalar(node.span, word)
}
