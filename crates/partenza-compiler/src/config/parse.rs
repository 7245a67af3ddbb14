// SPDX-License-Identifier: BSD-2-Clause
//! From YAML to [`Config`].

use super::{Boot, Config, Entry, Grant, Served, SupervisorChannel, platform};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, suggest};
use crate::kinds::{Kind, Part, TABLE};
use crate::manifest::{self, classes, starts};
use crate::parameters;
use crate::source::{FileId, Sources, Spanned};
use crate::yaml::{self, Fields, Node, Reader, Value};

const MAX_ID: u64 = 61;

/// Reads `partenza.yaml`. Findings go to `out`.
pub fn parse(file: FileId, sources: &Sources, out: &mut Diagnostics) -> Option<Config> {
    let node = yaml::parse(file, sources, out)?;
    let mut read = Reader { out };
    let mut fields = read.map(&node, "")?;
    let f = &mut fields;
    manifest::specification(&mut read, f);
    let system = f.get("system").and_then(|n| read.text(n));
    let boot = f.get("boot").map(|n| boot(&mut read, n)).unwrap_or_default();
    let services = f.get("services").map(|n| services(&mut read, n)).unwrap_or_default();
    let providers = f.get("providers").map(|n| providers(&mut read, n)).unwrap_or_default();
    let mut mentioned = Vec::new();
    if let Some(node) = f.get("recovery") {
        recovery(&mut read, node, &mut mentioned);
        manifest::no_effect(&mut read, node, "recovery");
    }
    if let Some(node) = f.get("policy") {
        policy(&mut read, node, &mut mentioned);
        manifest::no_effect(&mut read, node, "policy");
    }
    if let Some(node) = f.get("storm") {
        storm(&mut read, node);
        manifest::no_effect(&mut read, node, "storm");
    }
    let platform = platform::parse(&mut read, f);
    if let Some(node) = f.get("extensions") {
        read.text(node);
        manifest::no_effect(&mut read, node, "extensions");
    }
    read.finish(fields);
    Some(Config { system, boot, services, providers, platform, mentioned })
}

fn boot(read: &mut Reader<'_>, node: &Node) -> Boot {
    let mut boot = Boot::default();
    let Some(mut f) = read.map(node, "boot") else { return boot };
    if let Some(node) = f.get("layers") {
        for (key, value) in read.entries(node).unwrap_or_default() {
            let budget = read.duration(value);
            match key.value.parse::<u8>() {
                Ok(layer) if layer >= 2 => boot.layers.extend(budget.map(|b| (layer, b))),
                _ => read.error(Code::BadLayer, format!("no layer is called `{}`", key.value), key.span, ""),
            }
        }
    }
    boot.parallel = f.get("parallel").and_then(|n| read.boolean(n));
    if let Some(node) = f.get("max_attempts") {
        read.number(node, 1, 255);
        manifest::no_effect(read, node, "boot.max_attempts");
    }
    if let Some(node) = f.get("parameters") {
        boot.parameters = parameters::parse(read, node);
    }
    read.finish(f);
    boot
}

fn services(read: &mut Reader<'_>, node: &Node) -> Vec<Entry> {
    let entries = read.entries(node).unwrap_or_default();
    entries.iter().filter_map(|(name, node)| service(read, name, node)).collect()
}

fn service(read: &mut Reader<'_>, name: &Spanned<String>, node: &Node) -> Option<Entry> {
    let mut f = read.map(node, &format!("services.{}", name.value))?;
    let entry = Entry {
        name: name.clone(),
        manifest: f.get("manifest").and_then(|n| read.text(n)),
        provides: f.get("provides").map(|n| provides(read, n)).unwrap_or_default(),
        grants: f.get("grants").map(|n| grants(read, n)).unwrap_or_default(),
        supervisor_channel: supervisor_channel(read, &mut f),
        layer: manifest::layer(read, &mut f),
        critical: f.get("critical").and_then(|n| read.boolean(n)),
        class: f.get("class").and_then(|n| read.choice(n, classes())),
        start: f.get("start").and_then(|n| read.choice(n, starts())),
        fallback: f.get("fallback").and_then(|n| read.text(n)),
    };
    read.finish(f);
    Some(entry)
}

fn supervisor_channel(read: &mut Reader<'_>, fields: &mut Fields<'_>) -> SupervisorChannel {
    let Some(node) = fields.get("supervisor_channel") else { return SupervisorChannel::Auto };
    match &node.value {
        Value::Scalar { text, .. } if text == "auto" => SupervisorChannel::Auto,
        Value::Scalar { text, .. } if text == "none" => SupervisorChannel::None(node.span),
        _ => match id(read, node) {
            Some(id) => SupervisorChannel::Id(id),
            None => SupervisorChannel::Auto,
        },
    }
}

fn id(read: &mut Reader<'_>, node: &Node) -> Option<Spanned<u8>> {
    read.number(node, 0, MAX_ID).map(|n| Spanned::new(n.value as u8, n.span))
}

fn ids(read: &mut Reader<'_>, node: &Node) -> Vec<Spanned<u8>> {
    read.list(node).unwrap_or_default().iter().filter_map(|item| id(read, item)).collect()
}

/// `{INTERFACE: {channel: 0}}`; several clients: `{channel: [0, 1]}`.
fn provides(read: &mut Reader<'_>, node: &Node) -> Vec<Served> {
    let mut served = Vec::new();
    for (interface, node) in read.entries(node).unwrap_or_default() {
        let Some(mut f) = read.map(node, &format!("provides.{}", interface.value)) else { continue };
        let channels = match f.get("channel") {
            Some(node) => ids(read, node),
            None => {
                read.missing(&f, "channel");
                Vec::new()
            }
        };
        read.finish(f);
        served.push(Served { interface: interface.clone(), channels });
    }
    served
}

fn grants(read: &mut Reader<'_>, node: &Node) -> Vec<Grant> {
    let mut grants = Vec::new();
    for (word, node) in read.entries(node).unwrap_or_default() {
        let Some(row) = Kind::from_word(&word.value) else {
            let known: Vec<&str> = TABLE.iter().map(|row| row.word).collect();
            let message = format!("no kind of capability is called `{}`", word.value);
            let help = suggest(&word.value, known.iter().copied())
                .unwrap_or_else(|| format!("kinds are {}", known.join(", ")));
            read.out.push(Diagnostic::error(Code::UnknownKind, message).at(word.span, "").help(help));
            continue;
        };
        if row.shape.is_none() {
            let message = format!("capabilities of kind `{}` are not supported yet", row.word);
            read.error(Code::UnknownKind, message, word.span, "");
            continue;
        }
        if row.kind == Kind::Supervisor {
            let mut grant = empty(row.kind, None, word.span);
            grant.operations = read.texts(node);
            grants.push(grant);
            continue;
        }
        for (name, node) in read.entries(node).unwrap_or_default() {
            grants.push(grant(read, row.kind, name, node));
        }
    }
    grants
}

fn empty(kind: Kind, name: Option<Spanned<String>>, span: crate::source::Span) -> Grant {
    Grant {
        kind,
        name,
        span,
        memory: Vec::new(),
        irqs: Vec::new(),
        ports: Vec::new(),
        channels: Vec::new(),
        operations: Vec::new(),
        rights: None,
    }
}

/// A plain value where the kind is one object, a mapping of parts otherwise.
fn grant(read: &mut Reader<'_>, kind: Kind, name: &Spanned<String>, node: &Node) -> Grant {
    let mut grant = empty(kind, Some(name.clone()), name.span);
    let row = kind.row();
    if let (Value::Scalar { .. }, Some(part)) = (&node.value, row.short) {
        part_of(read, &mut grant, part, node);
        return grant;
    }
    let Some(mut f) = read.map(node, &format!("grants.{}.{}", row.word, name.value)) else { return grant };
    for part in Part::ALL {
        if row.shape.is_some_and(|shape| shape.bounds(part).1 > 0)
            && let Some(node) = f.get(part.field())
        {
            part_of(read, &mut grant, part, node);
        }
    }
    if row.rights {
        grant.rights = f.get("rights").and_then(|n| manifest::rights(read, n));
    }
    if row.shape.is_some_and(|shape| shape.channel.1 > 0) {
        f.get("on-dead").and_then(|n| read.choice(n, &[("error", ()), ("repeat", ())]));
    }
    read.finish(f);
    grant
}

fn part_of(read: &mut Reader<'_>, grant: &mut Grant, part: Part, node: &Node) {
    match part {
        Part::Memory => grant.memory = read.texts(node),
        Part::Irq => grant.irqs = ids(read, node),
        Part::IoPort => grant.ports = ids(read, node),
        Part::Channel => grant.channels = ids(read, node),
    }
}

fn providers(read: &mut Reader<'_>, node: &Node) -> Vec<(Spanned<String>, Vec<Spanned<String>>)> {
    let entries = read.entries(node).unwrap_or_default();
    entries.iter().map(|(interface, node)| (interface.clone(), read.texts(node))).collect()
}

fn recovery(read: &mut Reader<'_>, node: &Node, mentioned: &mut Vec<Spanned<String>>) {
    let Some(mut f) = read.map(node, "recovery") else { return };
    if let Some(node) = f.get("services") {
        mentioned.extend(read.texts(node));
    }
    if let Some(node) = f.get("soften") {
        for text in read.texts(node) {
            edge(read, &text, mentioned);
        }
    }
    read.finish(f);
}

/// `FROM -> TO`
fn edge(read: &mut Reader<'_>, text: &Spanned<String>, mentioned: &mut Vec<Spanned<String>>) {
    let Some((from, to)) = text.value.split_once("->") else {
        let message = format!("`{}` is not an edge", text.value);
        read.error(Code::BadValue, message, text.span, "expected FROM->TO");
        return;
    };
    mentioned.extend([from, to].map(|name| Spanned::new(name.trim().to_owned(), text.span)));
}

fn policy(read: &mut Reader<'_>, node: &Node, mentioned: &mut Vec<Spanned<String>>) {
    for item in read.list(node).unwrap_or_default() {
        let Some(mut f) = read.map(item, "policy") else { continue };
        if let Some(text) = f.get("deny").and_then(|n| read.text(n)) {
            edge(read, &text, mentioned);
        }
        if let Some(mut g) = f.get("allow-only").and_then(|n| read.map(n, "policy.allow-only")) {
            mentioned.extend(g.get("to").and_then(|n| read.text(n)));
            mentioned.extend(g.get("from").map(|n| read.texts(n)).unwrap_or_default());
            read.finish(g);
        }
        read.finish(f);
    }
}

fn storm(read: &mut Reader<'_>, node: &Node) {
    let Some(mut f) = read.map(node, "storm") else { return };
    f.get("restarts").and_then(|n| read.number(n, 1, 1_000_000));
    f.get("window").and_then(|n| read.duration(n));
    read.finish(f);
}
