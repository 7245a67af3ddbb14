// SPDX-License-Identifier: BSD-2-Clause
//! From YAML to [`Manifest`]. A wrong field costs that field; the rest is still read.

use partenza_plan::{Readiness, Start};
use partenza_protocol::control::{MAX_OPTIONAL, MAX_PROVIDES};
use semver::Version;

use super::{
    Class, Health, Manifest, Need, Provided, Required, Requirement, Resources, STARTUP_TIMEOUT, STOP_TIMEOUT,
    Shutdown,
};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, suggest};
use crate::kinds::{Access, Kind, TABLE};
use crate::source::{FileId, Sources, Spanned};
use crate::yaml::{self, Fields, Node, Reader};

/// The specification that this release reads.
const SPEC: &str = "1.0";
const HOUR: u64 = 3_600_000_000;

/// Reads a manifest. Findings go to `out`; `None` when there is nothing to go on with.
pub fn parse(file: FileId, sources: &Sources, out: &mut Diagnostics) -> Option<Manifest> {
    let node = yaml::parse(file, sources, out)?;
    let mut read = Reader { out };
    let mut fields = read.map(&node, "")?;
    let f = &mut fields;
    specification(&mut read, f);
    let id = f.get("id").and_then(|n| read.text(n));
    if id.is_none() {
        read.missing(f, "id");
    }
    let version = match f.get("version") {
        Some(node) => read.version(node),
        None => {
            read.missing(f, "version");
            None
        }
    };
    let description = f.get("description").and_then(|n| read.text(n)).map(|t| t.value);
    let entrypoint = f.get("entrypoint").and_then(|n| read.text(n));
    let class = f.get("class").and_then(|n| read.choice(n, classes())).unwrap_or(Class::User);
    let layer = layer(&mut read, f);
    let critical = f.get("critical").and_then(|n| read.boolean(n));
    let fallback = f.get("fallback").and_then(|n| read.text(n));
    let start = f.get("start").and_then(|n| read.choice(n, starts()));
    let provides = provides(&mut read, f);
    let requires = requires(&mut read, f);
    let needs = capabilities(&mut read, f);
    let args = f.get("args").map(|n| read.texts(n)).unwrap_or_default();
    let env = environment(&mut read, f);
    let resources = resources(&mut read, f);
    let health = health(&mut read, f);
    restart(&mut read, f);
    let shutdown = shutdown(&mut read, f);
    let words = &[("message", Readiness::Message), ("signal", Readiness::Signal), ("none", Readiness::None)];
    let readiness = f.get("readiness").and_then(|n| read.choice(n, words)).unwrap_or(Readiness::Message);
    if let Some(node) = f.get("sidecars") {
        no_effect(&mut read, node, "sidecars");
    }
    read.finish(fields);
    Some(Manifest {
        span: node.span,
        id: id?,
        version: version.unwrap_or(Spanned::new(Version::new(0, 0, 0), node.span)),
        description,
        entrypoint,
        class,
        layer,
        critical,
        fallback,
        start,
        provides,
        requires,
        needs,
        args: args.into_iter().map(|t| t.value).collect(),
        env,
        resources,
        health,
        shutdown,
        readiness,
    })
}

/// The words of `class`.
pub fn classes() -> &'static [(&'static str, Class)] {
    &[("core", Class::Core), ("system", Class::System), ("driver", Class::Driver), ("user", Class::User)]
}

/// The words of `start`.
pub fn starts() -> &'static [(&'static str, Start)] {
    &[("eager", Start::Eager), ("deferred", Start::Deferred), ("on-demand", Start::OnDemand)]
}

/// The leading `partenza: "1.0"` that both kinds of file have.
pub fn specification(read: &mut Reader<'_>, fields: &mut Fields<'_>) {
    let Some(node) = fields.get("partenza") else {
        read.missing(fields, "partenza");
        return;
    };
    if let Some(version) = read.text(node).filter(|v| v.value != SPEC) {
        let message = format!("specification `{}` is not known", version.value);
        read.error(Code::UnknownSpec, message, version.span, format!("this release reads \"{SPEC}\""));
    }
}

/// `layer`, which both kinds of file have.
pub fn layer(read: &mut Reader<'_>, fields: &mut Fields<'_>) -> Option<Spanned<u8>> {
    let layer = fields.get("layer").and_then(|n| read.number(n, 0, 255))?;
    if layer.value < 2 {
        let message = format!("no service can be in layer {}", layer.value);
        read.error(Code::BadLayer, message, layer.span, "");
        return None;
    }
    Some(Spanned::new(layer.value as u8, layer.span))
}

/// Tells that a field is read and checked, and does nothing yet.
pub fn no_effect(read: &mut Reader<'_>, node: &Node, what: &str) {
    let message = format!("`{what}` has no effect in this release yet");
    read.out.push(Diagnostic::info(Code::NoEffect, message).at(node.span, ""));
}

fn provides(read: &mut Reader<'_>, fields: &mut Fields<'_>) -> Vec<Provided> {
    let Some(node) = fields.get("provides") else { return Vec::new() };
    let mut provides: Vec<Provided> = Vec::new();
    for item in read.list(node).unwrap_or_default() {
        let Some(mut f) = read.map(item, "provides") else { continue };
        let interface = f.get("interface").and_then(|n| read.text(n));
        let version = f.get("version").and_then(|n| read.version(n));
        for (there, name) in [(interface.is_some(), "interface"), (f.key("version").is_some(), "version")] {
            if !there {
                read.missing(&f, name);
            }
        }
        read.finish(f);
        let Some((interface, version)) = interface.zip(version) else { continue };
        if let Some(first) = provides.iter().find(|p| p.interface.value == interface.value) {
            read.out.push(
                Diagnostic::error(Code::DuplicateField, format!("`{}` is provided twice", interface.value))
                    .at(interface.span, "second")
                    .at(first.interface.span, "first"),
            );
        } else {
            provides.push(Provided { interface, version });
        }
    }
    if provides.len() > MAX_PROVIDES {
        let message = format!("a service provides at most {MAX_PROVIDES} interfaces");
        read.error(Code::TooManyItems, message, node.span, format!("{} here", provides.len()));
    }
    provides
}

fn requires(read: &mut Reader<'_>, fields: &mut Fields<'_>) -> Vec<Requirement> {
    let Some(node) = fields.get("requires") else { return Vec::new() };
    let mut requires = Vec::new();
    for item in read.list(node).unwrap_or_default() {
        let Some(mut f) = read.map(item, "requires") else { continue };
        let interface = f.get("interface").and_then(|n| read.text(n));
        let module = f.get("module").and_then(|n| read.text(n));
        let version = f.get("version").and_then(|n| read.requirement(n));
        let optional = f.get("optional").and_then(|n| read.boolean(n)).unwrap_or(false);
        let restart_with = f.get("restart-with").and_then(|n| read.boolean(n)).unwrap_or(false);
        let what = match (interface, module) {
            (Some(interface), None) => Some(Required::Interface(interface)),
            (None, Some(module)) => Some(Required::Module(module)),
            (Some(_), Some(module)) => {
                let message = "a requirement names an interface or a module, not both";
                read.error(Code::BadValue, message, module.span, "");
                None
            }
            (None, None) => {
                read.missing(&f, "interface");
                None
            }
        };
        read.finish(f);
        requires.extend(what.map(|what| Requirement { what, version, optional, restart_with }));
    }
    requires
}

fn capabilities(read: &mut Reader<'_>, fields: &mut Fields<'_>) -> Vec<Need> {
    let Some(node) = fields.get("capabilities") else { return Vec::new() };
    let Some(mut f) = read.map(node, "capabilities") else { return Vec::new() };
    let mut needs = Vec::new();
    if let Some(node) = f.get("required") {
        let items = read.list(node).unwrap_or_default();
        needs.extend(items.iter().filter_map(|item| need(read, item, "capabilities.required", None)));
    }
    if let Some(node) = f.get("optional") {
        let items = read.list(node).unwrap_or_default();
        if items.len() > MAX_OPTIONAL {
            let message = format!("at most {MAX_OPTIONAL} optional capabilities");
            read.error(Code::TooManyItems, message, node.span, format!("{} here", items.len()));
        }
        let numbered = items.iter().take(MAX_OPTIONAL).enumerate();
        needs.extend(
            numbered.filter_map(|(n, item)| need(read, item, "capabilities.optional", Some(n as u8))),
        );
    }
    read.finish(f);
    needs
}

/// `KIND: NAME`, with `rights` beside it where the kind has them.
fn need(read: &mut Reader<'_>, item: &Node, path: &str, optional: Option<u8>) -> Option<Need> {
    let entries = read.entries(item)?;
    let kind_entry = entries.iter().find(|(key, _)| key.value != "rights");
    let Some((word, value)) = kind_entry else {
        read.error(Code::MissingField, "a capability without a kind", item.span, "expected KIND: NAME");
        return None;
    };
    let Some(row) = Kind::from_word(&word.value) else {
        let known: Vec<&str> = TABLE.iter().map(|row| row.word).collect();
        let help = suggest(&word.value, known.iter().copied())
            .unwrap_or_else(|| format!("kinds are {}", known.join(", ")));
        let message = format!("no kind of capability is called `{}`", word.value);
        read.out.push(Diagnostic::error(Code::UnknownKind, message).at(word.span, "").help(help));
        return None;
    };
    if row.shape.is_none() {
        let message = format!("capabilities of kind `{}` are not supported yet", row.word);
        read.error(Code::UnknownKind, message, word.span, "");
        return None;
    }
    let mut f = read.map(item, path)?;
    f.get(row.word);
    let rights = match f.get("rights") {
        Some(node) if !row.rights => {
            let message = format!("a capability of kind `{}` has no rights to choose", row.word);
            read.error(Code::UnknownField, message, node.span, "");
            None
        }
        Some(node) => rights(read, node),
        None => None,
    };
    read.finish(f);
    let (name, operations) = if row.kind == Kind::Supervisor {
        (None, read.texts(value))
    } else {
        (Some(read.text(value)?), Vec::new())
    };
    Some(Need { kind: row.kind, name, operations, rights, optional, span: word.span })
}

/// Letters of `r`, `w`, `x`.
pub fn rights(read: &mut Reader<'_>, node: &Node) -> Option<Spanned<Access>> {
    let text = read.text(node)?;
    let access = Access::parse(&text.value);
    if access.is_none() {
        let message = format!("`{}` is not rights", text.value);
        read.error(Code::BadValue, message, node.span, "expected letters of r, w, x");
    }
    access.map(|a| Spanned::new(a, node.span))
}

fn environment(read: &mut Reader<'_>, fields: &mut Fields<'_>) -> Vec<String> {
    let Some(node) = fields.get("env") else { return Vec::new() };
    let entries = read.entries(node).unwrap_or_default();
    let pairs = entries.iter().filter_map(|(k, v)| Some(format!("{}={}", k.value, read.text(v)?.value)));
    pairs.collect()
}

fn resources(read: &mut Reader<'_>, fields: &mut Fields<'_>) -> Resources {
    let Some(node) = fields.get("resources") else { return Resources::default() };
    let Some(mut f) = read.map(node, "resources") else { return Resources::default() };
    let resources = Resources {
        memory: f.get("memory").and_then(|n| read.size(n)),
        stack: f.get("stack").and_then(|n| read.size(n)),
        heap: f.get("heap").and_then(|n| read.size(n)),
        priority: f.get("priority").and_then(|n| read.number(n, 0, 254)),
        cpu: f.get("cpu").and_then(|n| read.number(n, 0, 255)),
        budget: f.get("budget").and_then(|n| read.duration(n)),
        period: f.get("period").and_then(|n| read.duration(n)),
    };
    if resources.heap.is_some() {
        no_effect(read, node, "resources.heap");
    }
    read.finish(f);
    resources
}

fn health(read: &mut Reader<'_>, fields: &mut Fields<'_>) -> Health {
    let mut health = Health { startup_timeout: STARTUP_TIMEOUT };
    let Some(node) = fields.get("health") else { return health };
    let Some(mut f) = read.map(node, "health") else { return health };
    if let Some(node) = f.get("startup_timeout") {
        health.startup_timeout = positive(read, node).unwrap_or(STARTUP_TIMEOUT);
    }
    f.get("probe").and_then(|n| read.choice(n, &[("call", ()), ("heartbeat", ()), ("none", ())]));
    f.get("interval").and_then(|n| positive(read, n));
    f.get("timeout").and_then(|n| positive(read, n));
    f.get("failure_threshold").and_then(|n| read.number(n, 1, 1000));
    f.get("success_threshold").and_then(|n| read.number(n, 1, 1000));
    read.finish(f);
    health
}

/// A duration above zero and at most an hour: timeouts, intervals.
fn positive(read: &mut Reader<'_>, node: &Node) -> Option<u64> {
    let micros = read.duration(node)?;
    if micros == 0 || micros > HOUR {
        read.error(Code::BadDuration, "not above zero and at most an hour", node.span, "");
        return None;
    }
    Some(micros)
}

fn restart(read: &mut Reader<'_>, fields: &mut Fields<'_>) {
    let Some(node) = fields.get("restart") else { return };
    let Some(mut f) = read.map(node, "restart") else { return };
    let policies = &[("always", ()), ("on-failure", ()), ("on-crash", ()), ("never", ())];
    f.get("policy").and_then(|n| read.choice(n, policies));
    f.get("max").and_then(|n| read.number(n, 0, 1_000_000));
    f.get("window").and_then(|n| positive(read, n));
    f.get("initial_delay").and_then(|n| read.duration(n));
    f.get("max_delay").and_then(|n| read.duration(n));
    if let Some(text) = f.get("backoff").and_then(|n| read.text(n))
        && !text.value.parse::<f64>().is_ok_and(|b| (1.0..=100.0).contains(&b))
    {
        let message = format!("`{}` is not a factor", text.value);
        read.error(Code::BadNumber, message, text.span, "expected a number from 1 to 100");
    }
    let ends = &[("stop", ()), ("panic", ()), ("retry-forever", ()), ("fallback", ())];
    f.get("on_exhausted").and_then(|n| read.choice(n, ends));
    read.finish(f);
}

fn shutdown(read: &mut Reader<'_>, fields: &mut Fields<'_>) -> Shutdown {
    let mut shutdown = Shutdown { prepare_timeout: STOP_TIMEOUT, stop_timeout: STOP_TIMEOUT };
    let Some(node) = fields.get("shutdown") else { return shutdown };
    let Some(mut f) = read.map(node, "shutdown") else { return shutdown };
    if let Some(node) = f.get("prepare_timeout") {
        shutdown.prepare_timeout = positive(read, node).unwrap_or(STOP_TIMEOUT);
    }
    if let Some(node) = f.get("stop_timeout") {
        shutdown.stop_timeout = positive(read, node).unwrap_or(STOP_TIMEOUT);
    }
    read.finish(f);
    shutdown
}
