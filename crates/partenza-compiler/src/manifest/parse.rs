// SPDX-License-Identifier: BSD-2-Clause
//! From YAML to [`Manifest`]. A wrong field costs that field; the rest is still read.
//!
//! What each field may hold was checked by the table; here is what no table can say.

use partenza_plan::{Class, Readiness};
use semver::Version;

use super::{
    CLASSES, EXHAUSTED, Health, MANIFEST, Manifest, Need, POLICIES, PROBES, Provided, READINESS, Required,
    Requirement, Resources, Restart, STARTS, STARTUP_TIMEOUT, STOP_TIMEOUT, Shutdown, Use, aliases,
};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kinds::Kind;
use crate::source::{FileId, Sources, Spanned};
use crate::yaml::{self, Item, View};

/// Reads a manifest. Findings go to `out`; `None` when there is nothing to go on with.
pub fn parse(file: FileId, sources: &Sources, out: &mut Diagnostics) -> Option<Manifest> {
    let mut node = yaml::parse(file, sources, out)?;
    aliases::normalise(&mut node, out);
    yaml::check(&node, &MANIFEST, out);
    let top = View::new(&node, &MANIFEST)?;
    let restart = restart(&top, out);
    let health = health(&top, out);
    let nothing = Spanned::new(Version::new(0, 0, 0), node.span);
    Some(Manifest {
        span: node.span,
        id: top.text("id")?,
        version: top.version("version").unwrap_or(nothing),
        description: top.text("description").map(|text| text.value),
        entrypoint: top.text("entrypoint"),
        class: top.choice("class", CLASSES).unwrap_or(Class::User),
        layer: read_layer(&top),
        critical: top.boolean("critical"),
        fallback: top.text("fallback"),
        start: top.choice("start", STARTS),
        provides: provides(&top, out),
        requires: requires(&top, out),
        sidecars: top.texts("sidecars"),
        extensions: extensions(&top, out),
        needs: capabilities(&top),
        args: top.texts("args").into_iter().map(|text| text.value).collect(),
        env: environment(&top),
        resources: resources(&top, out),
        startup_timeout: top
            .view("health")
            .and_then(|f| f.duration("startup_timeout"))
            .map_or(STARTUP_TIMEOUT, |t| t.value),
        startup_timeout_span: top.view("health").and_then(|f| f.duration("startup_timeout")).map(|t| t.span),
        health,
        restart,
        shutdown: shutdown(&top),
        readiness: top.choice("readiness", READINESS).unwrap_or(Readiness::Message),
    })
}

/// `layer`, which two kinds of file have.
pub fn read_layer(top: &View<'_>) -> Option<Spanned<u8>> {
    let layer = top.number("layer")?;
    Some(Spanned::new(u8::try_from(layer.value).ok()?, layer.span))
}

fn provides(top: &View<'_>, out: &mut Diagnostics) -> Vec<Provided> {
    let mut provides: Vec<Provided> = Vec::new();
    for f in top.list("provides").into_iter().filter_map(Item::view) {
        let Some((interface, version)) = f.text("interface").zip(f.version("version")) else { continue };
        if let Some(first) = provides.iter().find(|p| p.interface.value == interface.value) {
            twice("provided", &interface, &first.interface, out);
        } else {
            provides.push(Provided { interface, version });
        }
    }
    provides
}

fn twice(verb: &str, second: &Spanned<String>, first: &Spanned<String>, out: &mut Diagnostics) {
    out.push(
        Diagnostic::error(Code::DuplicateField, format!("`{}` is {verb} twice", second.value))
            .at(second.span, "second")
            .at(first.span, "first"),
    );
}

fn requires(top: &View<'_>, out: &mut Diagnostics) -> Vec<Requirement> {
    let mut requires = Vec::new();
    for f in top.list("requires").into_iter().filter_map(Item::view) {
        let what = match (f.text("interface"), f.text("module")) {
            (Some(interface), None) => Required::Interface(interface),
            (None, Some(module)) => Required::Module(module),
            (Some(_), Some(module)) => {
                let message = "a requirement names an interface or a module, not both";
                out.push(Diagnostic::error(Code::BadValue, message).at(module.span, "leave out one of them"));
                continue;
            }
            (None, None) => {
                if f.key("interface").or(f.key("module")).is_none() && f.all_known() {
                    let message = "`requires`: neither `interface` nor `module`";
                    let found = Diagnostic::error(Code::MissingField, message);
                    out.push(found.at(f.span, "add `interface` or `module`"));
                }
                continue;
            }
        };
        let (optional, restart_with) = (f.boolean("optional"), f.boolean("restart-with"));
        if optional == Some(true) && restart_with == Some(true) {
            let message =
                "a requirement cannot be `optional` and `restart-with`: what restarts with another needs it";
            out.push(Diagnostic::error(Code::Disagree, message).at(f.span, "leave out one of them"));
        }
        requires.push(Requirement {
            what,
            version: f.range("version"),
            optional: optional.unwrap_or(false),
            restart_with: restart_with.unwrap_or(false),
        });
    }
    requires
}

fn extensions(top: &View<'_>, out: &mut Diagnostics) -> Vec<Use> {
    let mut uses: Vec<Use> = Vec::new();
    for f in top.list("extensions").into_iter().filter_map(Item::view) {
        let Some(extension) = f.text("extension") else { continue };
        if let Some(first) = uses.iter().find(|u| u.extension.value == extension.value) {
            twice("used", &extension, &first.extension, out);
            continue;
        }
        uses.push(Use {
            extension,
            version: f.range("version"),
            optional: f.boolean("optional").unwrap_or(false),
        });
    }
    uses
}

fn capabilities(top: &View<'_>) -> Vec<Need> {
    let Some(f) = top.view("capabilities") else { return Vec::new() };
    let required = f.list("required");
    let mut needs: Vec<Need> = required.into_iter().filter_map(|item| need(item, None)).collect();
    let numbered = f.list("optional").into_iter().enumerate();
    needs.extend(numbered.filter_map(|(n, item)| need(item, Some(u8::try_from(n).ok()?))));
    needs
}

/// `KIND: NAME`, with `rights` beside it where the kind has them.
fn need(item: Item<'_>, optional: Option<u8>) -> Option<Need> {
    let f = item.view()?;
    let (word, row) = f.keys().find_map(|key| Some((key, Kind::from_word(&key.value)?)))?;
    let (name, operations) = if row.kind == Kind::Supervisor {
        (None, f.texts(row.word))
    } else {
        (Some(f.text(row.word)?), Vec::new())
    };
    let rights = if row.rights { f.rights("rights") } else { None };
    Some(Need { kind: row.kind, name, operations, rights, optional, span: word.span })
}

fn environment(top: &View<'_>) -> Vec<String> {
    let pairs = top.named("env").into_iter();
    pairs.filter_map(|(key, item)| Some(format!("{}={}", key.value, item.text()?.value))).collect()
}

fn resources(top: &View<'_>, out: &mut Diagnostics) -> Resources {
    let Some(f) = top.view("resources") else { return Resources::default() };
    let resources = Resources {
        memory: f.size("memory"),
        stack: f.size("stack"),
        heap: f.size("heap"),
        priority: f.number("priority"),
        cpu: f.number("cpu"),
        budget: f.duration("budget"),
        period: f.duration("period"),
    };
    let message = "`resources.budget` is longer than the period it is spent in";
    at_most(resources.budget.as_ref(), resources.period.as_ref(), message, "the period", out);
    resources
}

/// Of two times that are both written, the first must not be the longer one.
fn at_most(
    time: Option<&Spanned<u64>>,
    bound: Option<&Spanned<u64>>,
    message: &str,
    label: &str,
    out: &mut Diagnostics,
) {
    if let (Some(time), Some(bound)) = (time, bound)
        && time.value > bound.value
    {
        let found = Diagnostic::error(Code::Disagree, message).at(time.span, "longer");
        out.push(found.at(bound.span, label));
    }
}

fn health(top: &View<'_>, out: &mut Diagnostics) -> Health {
    let Some(f) = top.view("health") else { return Health::default() };
    let small = |name| f.number(name).and_then(|n| u8::try_from(n.value).ok());
    let (interval, timeout) = (f.duration("interval"), f.duration("timeout"));
    let message =
        "`health.timeout` is longer than `health.interval`: the next probe comes before the answer is due";
    at_most(timeout.as_ref(), interval.as_ref(), message, "the interval", out);
    Health {
        probe: f.choice("probe", PROBES),
        interval: interval.map(|i| i.value),
        timeout: timeout.map(|t| t.value),
        failure_threshold: small("failure_threshold"),
        success_threshold: small("success_threshold"),
        span: f.get("probe").map(Item::span),
    }
}

fn restart(top: &View<'_>, out: &mut Diagnostics) -> Restart {
    let Some(f) = top.view("restart") else { return Restart::default() };
    let (initial, most) = (f.duration("initial_delay"), f.duration("max_delay"));
    let message = "`restart.initial_delay` is longer than `restart.max_delay`";
    at_most(initial.as_ref(), most.as_ref(), message, "the longest", out);
    Restart {
        policy: f.choice("policy", POLICIES),
        max: f.number("max").and_then(|n| u16::try_from(n.value).ok()),
        window: f.duration("window").map(|d| d.value),
        initial_delay: initial.map(|d| d.value),
        max_delay: most.map(|d| d.value),
        backoff_percent: f.percent("backoff"),
        on_exhausted: f.choice("on_exhausted", EXHAUSTED),
        span: f.get("on_exhausted").map(Item::span),
    }
}

fn shutdown(top: &View<'_>) -> Shutdown {
    let time = |name| {
        let written = top.view("shutdown").and_then(|f| f.duration(name));
        written.map_or(STOP_TIMEOUT, |time| time.value)
    };
    Shutdown { prepare_timeout: time("prepare_timeout"), stop_timeout: time("stop_timeout") }
}
