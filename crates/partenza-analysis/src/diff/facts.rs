// SPDX-License-Identifier: BSD-2-Clause
//! A plan as facts that can be compared one by one.
//!
//! Settings are taken from the plan's own serialisation, so that a field that the plan gains is compared without a
//! change here; what needs words, or follows from other facts, is listed.

use std::collections::BTreeMap;

use partenza_plan::archive::checksum;
use partenza_plan::{Interface, Object, ServiceId};
use partenza_protocol::startup::{Items, Startup};
use serde_json::Value as Json;

use crate::authority::granted_operations;
use crate::names::{Names, rights};
use crate::plan::Memory;
use crate::{devices, text};

/// What a fact is about, in the order in which facts are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    Setting,
    Requires,
    Provides,
    /// A capability in its CSpace.
    Grant,
    /// A region in its address space.
    Map,
    /// An operation of the Supervisor.
    Operation,
    Argument,
    Program,
    /// A region of the system.
    Region,
    Memory,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    pub topic: Topic,
    /// In words; unique together with the topic.
    pub key: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Text(String),
    Bytes(u64),
    Number(u64),
}

pub type Facts = BTreeMap<Fact, Value>;

/// Fields of a service that are told in words elsewhere, or that follow from others.
const NOT_SETTINGS: &[&str] = &[
    "name",
    "image",
    "requires",
    "provides",
    "startup",
    "startup_page",
    "tables",
    "patches",
    "maps",
    "caps",
    "permissions",
    "optional",
    "fallback",
    "sidecar_of",
    "stack_top",
    "ipc_buffer",
    "cnode_radix",
    "service_untyped",
    "incarnation_untyped",
    "untyped_slots",
    "slot",
];

/// Parts of the plan that are told in words elsewhere, or that follow from others.
const NOT_SYSTEM: &[&str] = &[
    "system",
    "layers",
    "recovery",
    "objects",
    "regions",
    "irqs",
    "images",
    "services",
    "boot.hold",
    "boot.handover",
];

/// Last words of fields that are microseconds.
const TIMES: &[&str] = &["timeout", "interval", "window", "delay"];

struct Writer(Facts);

impl Writer {
    fn put(&mut self, topic: Topic, key: impl Into<String>, value: Value) {
        let mut key = key.into();
        // Two channels to one peer: the second is told apart.
        if self.0.contains_key(&Fact { topic, key: key.clone() }) {
            let mut number = 2;
            while self.0.contains_key(&Fact { topic, key: format!("{key} (#{number})") }) {
                number += 1;
            }
            key = format!("{key} (#{number})");
        }
        self.0.insert(Fact { topic, key }, value);
    }

    fn text(&mut self, topic: Topic, key: impl Into<String>, value: impl Into<String>) {
        self.put(topic, key, Value::Text(value.into()));
    }

    /// Every leaf of a serialised value, but what is `left_out`.
    fn settings(&mut self, prefix: &str, value: &Json, left_out: &[&str]) {
        if left_out.contains(&prefix) {
            return;
        }
        match value {
            Json::Object(fields) => {
                for (name, value) in fields {
                    let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                    self.settings(&key, value, left_out);
                }
            }
            Json::Null => {}
            Json::String(word) => self.text(Topic::Setting, prefix, word.clone()),
            Json::Number(number) => {
                let micros = number.as_u64().filter(|_| TIMES.iter().any(|end| prefix.ends_with(end)));
                let shown = micros.map_or_else(|| number.to_string(), text::time);
                self.text(Topic::Setting, prefix, shown);
            }
            Json::Array(items) if items.is_empty() => {}
            other => self.text(Topic::Setting, prefix, other.to_string()),
        }
    }
}

pub fn of_system(names: &Names<'_, '_>) -> Facts {
    let plan = names.plan;
    let mut facts = Writer(Facts::new());
    let system = serde_json::json!({
        "tool": plan.tool,
        "kernel": serde_json::to_value(plan.kernel).unwrap_or_default(),
        "platform": serde_json::to_value(plan.platform).unwrap_or_default(),
        "boot": serde_json::to_value(plan.boot).unwrap_or_default(),
        "storm": serde_json::to_value(plan.storm).unwrap_or_default(),
        "overload": serde_json::to_value(plan.overload).unwrap_or_default(),
    });
    facts.text(Topic::Setting, "name", plan.system);
    facts.settings("", &system, NOT_SYSTEM);
    let who = |id: ServiceId| names.service(id);
    let one = [
        ("boot.hold", plan.boot.hold),
        ("boot.handover", plan.boot.handover),
        ("recovery.panic", plan.recovery.panic),
    ];
    for (key, id) in one {
        if let Some(id) = id {
            facts.text(Topic::Setting, key, who(id));
        }
    }
    for layer in &plan.layers {
        let budget = layer.budget.map_or("none".to_owned(), text::time);
        facts.text(Topic::Setting, format!("layer {} budget", layer.number), budget);
    }
    let recovery = &plan.recovery;
    if recovery.max_attempts > 0 {
        facts.put(Topic::Setting, "recovery.max_attempts", Value::Number(recovery.max_attempts.into()));
    }
    for id in &recovery.services {
        facts.text(Topic::Setting, format!("recovery service {}", who(*id)), "yes");
    }
    for (from, to) in &recovery.soften {
        facts.text(Topic::Setting, format!("recovery softens {} -> {}", who(*from), who(*to)), "yes");
    }
    for region in &plan.regions {
        let place = region.physical.map_or("RAM".to_owned(), |at| format!("at {at:#x}"));
        let shown = format!("{} {place}", text::size(devices::region_bytes(region)));
        facts.text(Topic::Region, region.name, shown);
    }
    facts.put(Topic::Memory, "slots of Init's", Value::Number(plan.objects.slots.into()));
    facts.0
}

pub fn of_service(names: &Names<'_, '_>, id: ServiceId, programs: &[u64]) -> Facts {
    let plan = names.plan;
    let service = plan.service(id);
    let mut facts = Writer(Facts::new());
    facts.settings("", &serde_json::to_value(service).unwrap_or_default(), NOT_SETTINGS);
    if let Some(fallback) = service.fallback {
        facts.text(Topic::Setting, "fallback", names.service(fallback));
    }
    if let Some(module) = service.sidecar_of {
        facts.text(Topic::Setting, "sidecar of", names.service(module));
    }
    for dependency in &service.requires {
        let restart = if dependency.restart_with { ", restarts with it" } else { "" };
        let how = format!("{}{restart}", if dependency.required { "required" } else { "optional" });
        facts.text(Topic::Requires, names.service(dependency.on), how);
    }
    for Interface { name, version } in &service.provides {
        facts.text(Topic::Provides, *name, *version);
    }
    grants(&mut facts, names, id);
    for map in &service.maps {
        let Some(region) = plan.regions.get(usize::from(map.region)) else { continue };
        let cached = if map.cached { "" } else { ", uncached" };
        let shown = format!("{} at {:#x}{cached}", if map.writable { "rw" } else { "r" }, map.address);
        facts.text(Topic::Map, region.name, shown);
    }
    for operation in granted_operations(service.permissions) {
        facts.text(Topic::Operation, operation, "granted");
    }
    if let Some(page) = Startup::read(service.startup) {
        let join = |items: Items<'_>| items.collect::<Vec<_>>().join(" ");
        for (key, items) in [("arguments", page.args()), ("environment", page.env())] {
            if items.clone().next().is_some() {
                facts.text(Topic::Argument, key, join(items));
            }
        }
    }
    program(&mut facts, names, id, programs);
    let memory = Memory::new(plan, service);
    for (key, bytes) in [
        ("kernel objects", memory.objects),
        ("incarnation", memory.incarnation),
        ("reserved", memory.reserved),
        ("shared program pages", memory.shared),
    ] {
        facts.put(Topic::Memory, key, Value::Bytes(bytes));
    }
    facts.put(Topic::Memory, "slots", Value::Number(memory.slots));
    facts.0
}

fn grants(facts: &mut Writer, names: &Names<'_, '_>, id: ServiceId) {
    for grant in &names.plan.service(id).caps {
        let words = names.words(id, grant);
        let key = match names.interface(id, grant) {
            Some(interface) => format!("{words} ({interface})"),
            None => words,
        };
        let mut shown = format!("{} at {}", rights(grant.rights), grant.cptr);
        match grant.object {
            // The badge tells the receiver who it is; the Supervisor's is the boot order.
            Object::Endpoint(_) | Object::Notification(_) if grant.badge != 0 => {
                shown.push_str(&format!(", badge {:#x}", grant.badge));
            }
            Object::Irq(index) => {
                if let Some(irq) = names.plan.irqs.get(usize::from(index)) {
                    let trigger = if irq.level { "level" } else { "edge" };
                    let polarity = if irq.active_low { "low" } else { "high" };
                    shown.push_str(&format!(", {trigger}, active {polarity}, vector {}", irq.vector));
                }
            }
            Object::Endpoint(_)
            | Object::Notification(_)
            | Object::Supervisor
            | Object::FaultHandler
            | Object::Parent(_)
            | Object::Child(_)
            | Object::IoPorts(..) => {}
        }
        facts.text(Topic::Grant, key, shown);
    }
}

fn program(facts: &mut Writer, names: &Names<'_, '_>, id: ServiceId, programs: &[u64]) {
    let service = names.plan.service(id);
    let image = names.plan.image_of(service);
    facts.text(Topic::Program, "file", image.file);
    if let Some(sum) = programs.get(usize::from(service.image)) {
        facts.text(Topic::Program, "contents", format!("{sum:016x}"));
    }
    if !service.patches.is_empty() {
        let all: Vec<u8> = service
            .patches
            .iter()
            .flat_map(|patch| patch.address.to_le_bytes().into_iter().chain(patch.bytes.iter().copied()))
            .collect();
        facts.text(
            Topic::Program,
            "patched symbols",
            format!("{} ({:016x})", service.patches.len(), checksum(&all)),
        );
    }
}
