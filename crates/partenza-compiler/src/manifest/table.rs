// SPDX-License-Identifier: BSD-2-Clause
//! The fields of a manifest (SPEC N-1), as data.

use std::sync::LazyLock;

use partenza_protocol::control::{MAX_OPTIONAL, MAX_PROVIDES};

use super::{CLASSES, EXHAUSTED, POLICIES, PROBES, READINESS, STARTS};
use crate::diagnostic::Code;
use crate::kinds::{Kind, Row, TABLE};
use crate::yaml::shape::{Field, Shape, Table, Tagged, field, later, list, required, table, words};

/// A manifest.
pub static MANIFEST: LazyLock<Table> = LazyLock::new(|| {
    table(vec![
        specification(),
        required("id", Shape::Name, "what others call it; the file is ID.yaml"),
        required("version", Shape::Version, "its own version, which it reports when it is ready"),
        field("description", Shape::Text, "nothing", "one line for people"),
        field(
            "entrypoint",
            Shape::Text,
            "whatever system.xml names",
            "its ELF file; must be the `program_image` of the PD that runs it",
        ),
        layer("partenza.yaml must say"),
        class("user"),
        critical("true in layers 2 to 4, else false"),
        fallback("none"),
        start("eager"),
        field(
            "provides",
            Shape::List { of: Box::new(Shape::Table(provided())), most: MAX_PROVIDES },
            "nothing",
            "interfaces that it offers to others",
        ),
        field("requires", list(Shape::Table(requirement())), "nothing", "what must run before it"),
        field(
            "sidecars",
            list(Shape::Name),
            "none",
            "services that accompany it: they start before it, stop after it and share its fate (SPEC S-3)",
        ),
        field(
            "extensions",
            list(Shape::Table(extension())),
            "none",
            "extensions that it uses, by the registry in extensions.yaml (SPEC S-6)",
        ),
        field(
            "capabilities",
            Shape::Table(capabilities()),
            "none",
            "what it needs, each in its author's words",
        ),
        field("args", list(Shape::Text), "none", "its arguments, in its startup page"),
        field(
            "env",
            Shape::Named { key: "variable", number: None, value: Box::new(Shape::Text) },
            "empty",
            "its environment, in its startup page",
        ),
        field(
            "resources",
            Shape::Table(resources()),
            "no bounds",
            "upper bounds; system.xml decides within them",
        ),
        field(
            "health",
            Shape::Table(health()),
            "see its fields",
            "how long it may take to start, how it is probed",
        ),
        field(
            "restart",
            Shape::Table(restart()),
            "by class",
            "when it is started again after it ended (SPEC L)",
        ),
        field(
            "shutdown",
            Shape::Table(shutdown()),
            "see its fields",
            "how long it may take to stop (SPEC M-1)",
        ),
        field(
            "readiness",
            words(READINESS),
            "message",
            "how it tells that it works: it calls `ready`, it signals its supervisor channel, or it counts as ready when started",
        ),
    ])
});

/// The leading `partenza: "1.0"` of every file.
pub fn specification() -> Field {
    required("partenza", Shape::Specification, "the version of the specification that the file follows")
}

pub fn layer(default: &'static str) -> Field {
    let about = "when it boots: layers start in ascending order; 0 and 1 are the kernel's and Init's";
    field("layer", Shape::Layer, default, about)
}

pub fn class(default: &'static str) -> Field {
    field(
        "class",
        words(CLASSES),
        default,
        "what sort of service it is; chooses the defaults of `restart` (SPEC L-3)",
    )
}

pub fn critical(default: &'static str) -> Field {
    field("critical", Shape::Boolean, default, "whether the boot fails if it does (SPEC E-2)")
}

pub fn fallback(default: &'static str) -> Field {
    field(
        "fallback",
        Shape::Name,
        default,
        "the service that is started when its restarts are used up (SPEC L-8)",
    )
}

pub fn start(default: &'static str) -> Field {
    field(
        "start",
        words(STARTS),
        default,
        "in its layer, after BootComplete, or when it is first asked for (SPEC C-6)",
    )
}

fn provided() -> Table {
    table(vec![
        required("interface", Shape::Name, "the interface's name, as in `storage/files`"),
        required("version", Shape::Version, "the version of the interface that it speaks"),
    ])
}

fn requirement() -> Table {
    table(vec![
        field(
            "interface",
            Shape::Name,
            "-",
            "an interface; whoever provides it is meant. Either this or `module`",
        ),
        field("module", Shape::Name, "-", "a service by its name"),
        field("version", Shape::Range, "any", "a range, as in `\">=1.0, <2\"`"),
        field("optional", Shape::Boolean, "false", "whether it works without"),
        field(
            "restart-with",
            Shape::Boolean,
            "false",
            "whether it is stopped and started again when that service is (SPEC L-5)",
        ),
    ])
}

fn extension() -> Table {
    table(vec![
        required("extension", Shape::Name, "its name in the registry"),
        field("version", Shape::Range, "any", "a range"),
        field("optional", Shape::Boolean, "false", "whether it works without"),
    ])
}

fn capabilities() -> Table {
    let items = |most| Shape::List { of: Box::new(Shape::Tagged(need())), most };
    table(vec![
        field("required", items(usize::MAX), "none", "each must be granted in partenza.yaml"),
        field("optional", items(MAX_OPTIONAL), "none", "may be granted; it is told which it got (SPEC F-5)"),
    ])
}

/// One item of `capabilities`: `KIND: NAME`, with `rights` beside it where the kind has them.
fn need() -> Tagged {
    let made = |row: &Row| {
        let about = row.made_of;
        let tag = match row.kind {
            Kind::Supervisor => list(Shape::Operation),
            _ => Shape::Name,
        };
        let mut fields = vec![required(row.word, tag, about)];
        if row.rights {
            fields.push(rights("rw"));
        }
        (row.word, table(fields))
    };
    let supported = TABLE.iter().filter(|row| row.shape.is_some());
    Tagged {
        noun: "kind of capability",
        code: Code::UnknownKind,
        tables: supported.map(made).collect(),
        later: TABLE.iter().filter(|row| row.shape.is_none()).map(|row| row.word).collect(),
    }
}

pub fn rights(default: &'static str) -> Field {
    field("rights", Shape::Rights, default, "letters of `r`, `w`, `x`")
}

fn resources() -> Table {
    table(vec![
        field(
            "memory",
            Shape::Size,
            "no bound",
            "pages that one incarnation has for itself: data, stack, IPC buffer",
        ),
        field("stack", Shape::Size, "no bound", "`stack_size` of its PD"),
        later("heap", Shape::Size, "what its ELF file reserves", "memory for a heap"),
        field("priority", Shape::Number { low: 0, high: 254 }, "no bound", "`priority` of its PD"),
        later("cpu", Shape::Number { low: 0, high: 255 }, "any", "the processor it runs on"),
        field("budget", Shape::Duration, "no bound", "`budget` of its PD, on an MCS kernel"),
        field("period", Shape::Duration, "no bound", "`period` of its PD, on an MCS kernel"),
    ])
}

fn health() -> Table {
    let threshold = || Shape::Number { low: 1, high: 255 };
    table(vec![
        field("startup_timeout", Shape::Timeout, "500ms", "from its first instruction to ready"),
        field("probe", words(PROBES), "none", "it is asked, it reports by itself, or neither (SPEC K-1)"),
        field(
            "interval",
            Shape::Timeout,
            "5s, or `timeout` where that is longer",
            "from one probe to the next, or the longest pause between heartbeats",
        ),
        field(
            "timeout",
            Shape::Timeout,
            "1s, or `interval` where that is shorter",
            "from a probe to its answer",
        ),
        field(
            "failure_threshold",
            threshold(),
            "3",
            "bad answers in a row that make it Unhealthy; the first makes it Degraded",
        ),
        field("success_threshold", threshold(), "2", "good answers in a row that make it Running again"),
    ])
}

fn restart() -> Table {
    table(vec![
        field(
            "policy",
            words(POLICIES),
            "on-failure",
            "however it ended, when it failed, or never; `on-crash` is `on-failure`",
        ),
        field(
            "max",
            Shape::Number { low: 0, high: 65_535 },
            "core 3, system 5, driver 5, user 10",
            "restarts within `window`",
        ),
        field(
            "window",
            Shape::Timeout,
            "core 1m, system 2m, driver 1m, user 5m",
            "the time in which they are counted",
        ),
        field("initial_delay", Shape::Duration, "100ms", "the pause before the first restart"),
        field("max_delay", Shape::Duration, "5s", "the longest pause"),
        field(
            "backoff",
            Shape::Factor,
            "core 2, system 1.5, driver 2, user 1.5",
            "growth of the pause from one restart to the next",
        ),
        field(
            "on_exhausted",
            words(EXHAUSTED),
            "`fallback` where there is one, else core panic, others stop",
            "what follows the last restart allowed",
        ),
    ])
}

fn shutdown() -> Table {
    table(vec![
        field("prepare_timeout", Shape::Timeout, "500ms", "from PrepareStop to ReadyToStop"),
        field("stop_timeout", Shape::Timeout, "500ms", "from Stop to Stopped; then it is stopped by force"),
    ])
}
