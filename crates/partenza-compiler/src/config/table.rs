// SPDX-License-Identifier: BSD-2-Clause
//! The fields of `partenza.yaml`, as data.

use std::sync::LazyLock;

use super::platform::{RESETS, TIMERS, UARTS};
use super::{BINARIES, BIND, ON_DEAD};
use crate::diagnostic::Code;
use crate::kinds::{Kind, Part, Row, TABLE};
use crate::manifest;
use crate::parameters;
use crate::yaml::shape::{Field, Shape, Table, field, later, list, required, table, words};

/// Channel and interrupt ids of the Microkit.
const MAX_ID: u64 = 61;

/// `partenza.yaml`.
pub static CONFIG: LazyLock<Table> = LazyLock::new(|| {
    table(vec![
        manifest::specification(),
        field("system", Shape::Text, "the directory's name", "the system's name"),
        field("boot", Shape::Table(boot()), "see its fields", "budgets, order, parameters"),
        field(
            "services",
            named("protection domain", Shape::Table(service())),
            "none",
            "by the PD's name in system.xml",
        ),
        field(
            "providers",
            named("interface", list(Shape::Name)),
            "the highest version, then the order of system.xml",
            "for an interface that several services provide: them in order of preference (SPEC S-2)",
        ),
        field(
            "recovery",
            Shape::Table(recovery()),
            "none",
            "what boots after too many failed boots (SPEC Q), and who tells of a failure",
        ),
        field(
            "policy",
            list(Shape::Table(rule())),
            "no rules",
            "rules about who may reach whom; a violation fails `check` and `build` (SPEC F-9)",
        ),
        field(
            "storm",
            Shape::Table(storm()),
            "no limit",
            "restarts of the whole system that are too many (SPEC L-4)",
        ),
        field(
            "overload",
            Shape::Table(overload()),
            "see its fields",
            "requests of one service to the Supervisor that are too many (SPEC S-4)",
        ),
        field(
            "reserved",
            Shape::Table(reserved()),
            "see its fields",
            "hardware of Init's; nobody else may name it",
        ),
        field("console", Shape::Table(console()), "see its fields", "the console for people"),
        field(
            "extensions",
            Shape::Text,
            "extensions.yaml, if it is there",
            "the registry of extensions (SPEC S-6)",
        ),
    ])
});

fn named(key: &'static str, value: Shape) -> Shape {
    Shape::Named { key, number: None, value: Box::new(value) }
}

fn boot() -> Table {
    let budgets = Shape::Named { key: "layer", number: Some(2), value: Box::new(Shape::Duration) };
    table(vec![
        field(
            "layers",
            budgets,
            "2: 500ms; 3, 4: 1s; others: 2s",
            "each layer's budget; going over it is an event (SPEC R-1)",
        ),
        field(
            "parallel",
            Shape::Boolean,
            "true",
            "independent services of a layer start together (SPEC C-5)",
        ),
        field(
            "max_attempts",
            Shape::Number { low: 1, high: 255 },
            "no recovery boot",
            "boots that may fail in a row before a recovery boot",
        ),
        field(
            "parameters",
            Shape::Table(parameters::table()),
            "see its fields",
            "boot parameters, which the machine's own override",
        ),
    ])
}

fn service() -> Table {
    table(vec![
        field("manifest", Shape::Name, "the PD's name", "the id of the manifest it runs"),
        field(
            "provides",
            named("interface", Shape::Table(served())),
            "nothing",
            "the channels on which clients of each interface come",
        ),
        field(
            "grants",
            Shape::Table(grants()),
            "none",
            "the author's name for each capability, and the objects of system.xml that it is",
        ),
        field(
            "supervisor_channel",
            Shape::Either(vec![Shape::Word(vec!["auto", "none"]), id()]),
            "auto",
            "the id of its channel to the Supervisor; `auto` is the highest free one",
        ),
        manifest::layer("the manifest's"),
        manifest::critical("the manifest's"),
        manifest::class("the manifest's"),
        manifest::start("the manifest's"),
        manifest::fallback("the manifest's"),
        field(
            "binary",
            words(BINARIES),
            "packed",
            "whether the program is in the image, or `delivered` after the boot (SPEC D-6): docs/policy/start.md",
        ),
    ])
}

fn id() -> Shape {
    Shape::Number { low: 0, high: MAX_ID }
}

fn served() -> Table {
    table(vec![required("channel", list(id()), "the id of each client's channel at this PD")])
}

/// One field for each kind of capability.
fn grants() -> Table {
    let supported = TABLE.iter().filter(|row| row.shape.is_some());
    let fields = supported.map(|row| {
        let value = match row.kind {
            Kind::Supervisor => list(Shape::Operation),
            _ => named("capability", grant(row)),
        };
        field(row.word, value, "none", row.made_of)
    });
    Table { fields: fields.collect(), unknown: (Code::UnknownKind, "kind of capability") }
}

/// The objects of one grant: written out, or as one plain value where the kind has one part.
fn grant(row: &Row) -> Shape {
    let part = |part: Part| match part {
        Part::Memory | Part::Child => list(Shape::Text),
        Part::Irq | Part::IoPort | Part::Channel => list(id()),
    };
    let about = |part| match part {
        Part::Memory => "name of a `<memory_region>` that the PD maps",
        Part::Irq => "id of an `<irq>` of the PD",
        Part::IoPort => "id of an `<ioport>` of the PD",
        Part::Channel => "id of the PD's end of a `<channel>`",
        Part::Child => "name of a `<protection_domain>` inside the PD",
    };
    let has = |part| row.shape.is_some_and(|shape| shape.bounds(part).1 > 0);
    let parts = Part::ALL.into_iter().filter(|part| has(*part));
    let mut fields: Vec<Field> = parts.map(|p| field(p.field(), part(p), "none", about(p))).collect();
    if row.rights {
        fields.push(manifest::rights("what the manifest asks for"));
    }
    if matches!(row.kind, Kind::Call | Kind::Axiom) {
        let default = "error";
        let about = "what becomes of a call whose server dies: it is answered with an error, or made again (SPEC J-4)";
        fields.push(field("on-dead", words(ON_DEAD), default, about));
        let about = "when the capability is there: from the start; once it was looked up (SPEC S-5) or granted at run time (SPEC F-7), until its server dies";
        fields.push(field("bind", words(BIND), "start", about));
    }
    let written_out = Shape::Table(table(fields));
    match row.short {
        Some(short) => Shape::Either(vec![part(short), written_out]),
        None => written_out,
    }
}

fn recovery() -> Table {
    table(vec![
        field("services", list(Shape::Text), "none", "the services of a recovery boot"),
        field(
            "soften",
            list(Shape::Edge),
            "none",
            "requirements that are optional there, as in `terminal->identity`",
        ),
        field(
            "panic",
            Shape::Text,
            "nobody",
            "the service that shows why, when a failure has brought the system down: it is started when everything else \
             is gone, and stopped when it is ready (SPEC L-8)",
        ),
    ])
}

fn rule() -> Table {
    table(vec![
        field("deny", Shape::Edge, "-", "`A -> B`: A must have no way to act on B, however long"),
        field("allow-only", Shape::Table(allow_only()), "-", "nobody else may act on it directly"),
    ])
}

fn allow_only() -> Table {
    table(vec![
        required("to", Shape::Text, "a service, memory region or device"),
        required("from", list(Shape::Text), "the services that may"),
    ])
}

fn storm() -> Table {
    table(vec![
        required("restarts", Shape::Number { low: 1, high: 65_535 }, "restarts of all services together"),
        required("window", Shape::Timeout, "the time in which they are counted"),
    ])
}

fn overload() -> Table {
    table(vec![
        field(
            "requests",
            Shape::Number { low: 16, high: 1_000_000 },
            "1000",
            "requests of one service within `period`; a line for the log counts 8, an audit 64",
        ),
        field(
            "period",
            Shape::Timeout,
            "100ms",
            "the time in which they are counted; who asks more waits for its end",
        ),
        field(
            "restart_after",
            Shape::Number { low: 0, high: 65_535 },
            "3",
            "excesses after which the service is restarted; 0: never, it stays throttled",
        ),
        field("calm", Shape::Timeout, "10s", "the time without excess after which it counts as recovered"),
    ])
}

fn hex(high: u64) -> Shape {
    Shape::Number { low: 0, high }
}

fn reserved() -> Table {
    let hpet = table(vec![
        required("address", hex(u64::MAX), "physical address of its registers"),
        required("pin", Shape::Number { low: 0, high: 23 }, "IOAPIC pin of timer 0"),
    ]);
    let power = table(vec![
        required("port", hex(0xfffe), "I/O port"),
        required("value", hex(0xffff), "what to write there"),
    ]);
    table(vec![
        field("timer", Shape::Either(vec![words(TIMERS), Shape::Table(hpet)]), "hpet", "Init's timer"),
        field("events", uart(), "com2", "the line for machines: events out, requests in"),
        field(
            "power_off",
            Shape::Either(vec![Shape::Word(vec!["none"]), Shape::Table(power)]),
            "port 0x604, value 0x2000",
            "how the machine is switched off; the default is QEMU's",
        ),
        field(
            "reset",
            words(RESETS),
            "init",
            "who may reset the machine by port 0xcf9: Init alone, or also a service whose ports hold it (PCI's 0xcf8)",
        ),
        later("watchdog", Shape::Text, "none", "a watchdog"),
    ])
}

/// A 16550 by name, written out, or none.
fn uart() -> Shape {
    let mut names: Vec<&'static str> = UARTS.iter().map(|(name, _)| *name).collect();
    names.push("none");
    let written_out = table(vec![
        required("port", hex(0xfff8), "its first I/O port"),
        required("pin", Shape::Number { low: 0, high: 23 }, "its IOAPIC pin"),
    ]);
    Shape::Either(vec![Shape::Word(names), Shape::Table(written_out)])
}

fn console() -> Table {
    table(vec![
        field("uart", uart(), "com1", "Init's console"),
        field(
            "handover",
            Shape::Text,
            "nobody",
            "the PD that gets the console when it is ready; Init takes it back at a panic",
        ),
    ])
}
