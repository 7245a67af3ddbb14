// SPDX-License-Identifier: BSD-2-Clause
//! From YAML to [`Config`].

use partenza_plan::{Overload, Storm};

use super::{
    BINARIES, BIND, Bind, Boot, CONFIG, Config, Entry, Grant, ON_DEAD, OnDead, Recovery, Rule, Served,
    SupervisorChannel, platform,
};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kinds::{Kind, Part};
use crate::manifest::{CLASSES, STARTS, read_layer};
use crate::numbers;
use crate::parameters;
use crate::source::{FileId, Sources, Spanned};
use crate::yaml::{self, Item, View};

/// Reads `partenza.yaml`. Findings go to `out`.
pub fn parse(file: FileId, sources: &Sources, out: &mut Diagnostics) -> Option<Config> {
    let node = yaml::parse(file, sources, out)?;
    yaml::check(&node, &CONFIG, out);
    let top = View::new(&node, &CONFIG)?;
    let services = top.named("services").into_iter();
    let providers = top.named("providers").into_iter();
    Some(Config {
        system: top.text("system"),
        boot: top.view("boot").map(|f| boot(&f, out)).unwrap_or_default(),
        services: services.filter_map(|(name, item)| service(name, &item.view()?)).collect(),
        providers: providers.map(|(interface, item)| (interface.clone(), item.texts())).collect(),
        platform: platform::parse(&top),
        recovery: top.view("recovery").map(|f| recovery(&f)).unwrap_or_default(),
        policy: policy(&top, out),
        storm: top.view("storm").and_then(|f| storm(&f)),
        overload: top.view("overload").map_or(Overload::DEFAULT, |f| overload(&f)),
        extensions: top.text("extensions"),
    })
}

fn boot(f: &View<'_>, out: &mut Diagnostics) -> Boot {
    let layers = f.named("layers").into_iter();
    Boot {
        layers: layers.filter_map(|(key, item)| Some((key.value.parse().ok()?, item.duration()?))).collect(),
        parallel: f.boolean("parallel"),
        max_attempts: f.get("max_attempts").and_then(id),
        parameters: f.view("parameters").map(|f| parameters::parse(&f, out)).unwrap_or_default(),
    }
}

fn service(name: &Spanned<String>, f: &View<'_>) -> Option<Entry> {
    Some(Entry {
        name: name.clone(),
        manifest: f.text("manifest"),
        provides: provides(f),
        grants: f.view("grants").map(|f| grants(&f)).unwrap_or_default(),
        supervisor_channel: supervisor_channel(f),
        layer: read_layer(f),
        critical: f.boolean("critical"),
        class: f.choice("class", CLASSES),
        start: f.choice("start", STARTS),
        fallback: f.text("fallback"),
        binary: f
            .get("binary")
            .and_then(|item| Some(Spanned::new(f.choice("binary", BINARIES)?, item.span()))),
    })
}

fn supervisor_channel(f: &View<'_>) -> SupervisorChannel {
    let Some(item) = f.get("supervisor_channel") else { return SupervisorChannel::Auto };
    match id(item) {
        Some(id) => SupervisorChannel::Id(id),
        None if item.text().is_some_and(|text| text.value == "none") => SupervisorChannel::None(item.span()),
        None => SupervisorChannel::Auto,
    }
}

fn id(item: Item<'_>) -> Option<Spanned<u8>> {
    let number = item.number()?;
    Some(Spanned::new(u8::try_from(number.value).ok()?, number.span))
}

fn ids(item: Item<'_>) -> Vec<Spanned<u8>> {
    item.list().into_iter().filter_map(id).collect()
}

/// `{INTERFACE: {channel: 0}}`; several clients: `{channel: [0, 1]}`.
fn provides(f: &View<'_>) -> Vec<Served> {
    let served = |(interface, item): (&Spanned<String>, Item<'_>)| {
        let channels = item.view()?.get("channel").map(ids).unwrap_or_default();
        Some(Served { interface: interface.clone(), channels })
    };
    f.named("provides").into_iter().filter_map(served).collect()
}

fn grants(f: &View<'_>) -> Vec<Grant> {
    let mut grants = Vec::new();
    for (word, row) in f.keys().filter_map(|word| Some((word, Kind::from_word(&word.value)?))) {
        if row.kind == Kind::Supervisor {
            let operations = f.texts(row.word);
            grants.push(Grant { operations, ..Grant::empty(row.kind, None, word.span) });
        } else if row.shape.is_some() {
            grants.extend(f.named(row.word).into_iter().map(|(name, item)| grant(row.kind, name, item)));
        }
    }
    grants
}

fn grant(kind: Kind, name: &Spanned<String>, item: Item<'_>) -> Grant {
    let mut grant = Grant::empty(kind, Some(name.clone()), name.span);
    let row = kind.row();
    let Some(f) = item.view() else {
        if let Some(part) = row.short {
            part_of(&mut grant, part, item);
        }
        return grant;
    };
    for part in Part::ALL {
        if row.shape.is_some_and(|shape| shape.bounds(part).1 > 0)
            && let Some(item) = f.get(part.field())
        {
            part_of(&mut grant, part, item);
        }
    }
    if row.rights {
        grant.rights = f.rights("rights");
    }
    if matches!(kind, Kind::Call | Kind::Axiom) {
        grant.on_dead = f.choice("on-dead", ON_DEAD).unwrap_or(OnDead::Error);
        grant.bind = f.choice("bind", BIND).unwrap_or(Bind::Start);
    }
    grant
}

fn part_of(grant: &mut Grant, part: Part, item: Item<'_>) {
    match part {
        Part::Memory => grant.memory = item.texts(),
        Part::Irq => grant.irqs = ids(item),
        Part::IoPort => grant.ports = ids(item),
        Part::Channel => grant.channels = ids(item),
        Part::Child => grant.children = item.texts(),
    }
}

fn edge(item: Item<'_>) -> Option<(Spanned<String>, Spanned<String>)> {
    let text = item.text()?;
    let (from, to) = numbers::edge(&text.value)?;
    let name = |name: &str| Spanned::new(name.to_owned(), text.span);
    Some((name(from), name(to)))
}

fn recovery(f: &View<'_>) -> Recovery {
    Recovery {
        services: f.texts("services"),
        soften: f.list("soften").into_iter().filter_map(edge).collect(),
        panic: f.text("panic"),
    }
}

fn policy(top: &View<'_>, out: &mut Diagnostics) -> Vec<Rule> {
    let mut rules = Vec::new();
    for f in top.list("policy").into_iter().filter_map(Item::view) {
        let deny = f.get("deny").and_then(edge);
        let allow = f.view("allow-only").and_then(|g| Some((g.text("to")?, g.texts("from"))));
        if f.key("deny").is_some() == f.key("allow-only").is_some() && f.all_known() {
            let message = "`policy`: a rule is either `deny` or `allow-only`";
            out.push(Diagnostic::error(Code::BadValue, message).at(f.span, "write two rules, or one"));
        }
        rules.extend(deny.map(|(from, to)| Rule::Deny { from, to, span: f.span }));
        rules.extend(allow.map(|(to, from)| Rule::AllowOnly { to, from, span: f.span }));
    }
    rules
}

fn storm(f: &View<'_>) -> Option<Storm> {
    let restarts = u16::try_from(f.number("restarts")?.value).ok()?;
    Some(Storm { restarts, window: f.duration("window")?.value })
}

fn overload(f: &View<'_>) -> Overload {
    let number = |name| f.number(name).map(|n| n.value);
    let time = |name| f.duration(name).map(|d| d.value);
    let default = Overload::DEFAULT;
    Overload {
        requests: number("requests").and_then(|n| n.try_into().ok()).unwrap_or(default.requests),
        period: time("period").unwrap_or(default.period),
        restart_after: number("restart_after")
            .and_then(|n| n.try_into().ok())
            .unwrap_or(default.restart_after),
        calm: time("calm").unwrap_or(default.calm),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::TABLE;

    #[test]
    fn every_kind_that_is_supported_can_be_granted() {
        for row in TABLE.iter().filter(|row| row.shape.is_some()) {
            let grants = CONFIG.field("services").map(|field| format!("{:?}", field.shape)).unwrap();
            assert!(grants.contains(&format!("name: {:?}", row.word)), "{}", row.word);
        }
    }
}
