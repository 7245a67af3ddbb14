// SPDX-License-Identifier: BSD-2-Clause
//! docs/vectors.txt: an example of every message of the supervisor channel, to the byte (SPEC S-10). Whoever writes the
//! protocol in another language holds it against this file, as c/tests/vectors.c does.

use std::fmt::{Debug, Write};

use heapless::Vec;
use partenza_interfaces::Info;
use partenza_protocol::control::{
    ChildFault, Component, Directive, Emit, HealthReport, Hello, Level, Provided, ServiceReady, Stopped,
    Welcome,
};
use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::{BootState, CapKind, Event, Record, ServiceState};
use partenza_protocol::request::{
    Audit, BootPage, BootRow, Deliver, Found, Grant, GrantRow, GrantsOf, GrantsPage, Health, ListPage,
    LogFrom, LogPage, Lookup, Page, Release, Revoke, Spawn, Status, Subscribe, Summary, Switch, Target,
    Uptime, Version,
};
use partenza_protocol::startup::{self, Channel, Contents, PAGE_SIZE, RIGHT_READ, RIGHT_WRITE, Secrets};
use partenza_protocol::{ABI, Incarnation, Secret, ServiceId, encode};
use serde::Serialize;

const SECRET: Secret = Secret([0, 1, 2, 3, 4, 5, 6, 7, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff]);

struct Vectors(String);

impl Vectors {
    fn put<T: Serialize + Debug>(&mut self, name: &str, value: &T) {
        let bytes = payload(value);
        self.line(name, &bytes, &format!("{value:?}"));
    }

    fn line(&mut self, name: &str, bytes: &[u8], meaning: &str) {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let _ = writeln!(self.0, "# {meaning}\n{name} {hex}\n");
    }
}

fn payload<T: Serialize>(value: &T) -> std::vec::Vec<u8> {
    let mut buffer = [0; partenza_interfaces::MAX_MESSAGE];
    // Every example is far shorter than a message.
    let used = encode(value, &mut buffer).unwrap_or(0);
    buffer[..used].to_vec()
}

fn list<T, const N: usize>(items: impl IntoIterator<Item = T>) -> Vec<T, N> {
    items.into_iter().collect()
}

pub fn page() -> String {
    let mut vectors = Vectors(
        "# SPDX-License-Identifier: BSD-2-Clause\n# Written by `partenza docs` from the protocol's types: change them, \
         not this.\n#\n# Payloads of messages (docs/protocol.md), without the zeros that pad them to a whole register. \
         Each is\n#   # what it says\n#   NAME BYTES\n# Secrets are \
         00 01 02 03 04 05 06 07 88 99 aa bb cc dd ee ff.\n\n"
            .to_owned(),
    );
    from_services(&mut vectors);
    requests(&mut vectors);
    answers(&mut vectors);
    startup_page(&mut vectors);
    let mut text = vectors.0;
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn from_services(vectors: &mut Vectors) {
    vectors.put("hello", &Hello { secret: SECRET, abi: ABI });
    vectors.put("hello/other-abi", &Hello { secret: SECRET, abi: 0xffff });
    let provides = &[
        Provided { interface: "storage/files", version: "1.0.0" },
        Provided { interface: "storage/blocks", version: "0.2.1-rc.1" },
    ][..];
    vectors.put("ready", &ServiceReady { name: "filesystem", endpoint: Some(3), version: "0.1.0", provides });
    vectors.put(
        "ready/no-endpoint",
        &ServiceReady {
            name: "terminal",
            endpoint: None,
            version: "0.1.0",
            provides: &[] as &[Provided<'_>],
        },
    );
    let components = &[
        Component { name: "disk", healthy: true, message: "" },
        Component { name: "cache", healthy: false, message: "overfull: 130 %" },
    ][..];
    let (uptime, last_error) = (123_456_789_012, "block 7: no answer");
    vectors.put("health", &HealthReport { probe: 300, healthy: false, uptime, last_error, components });
    let plain = HealthReport {
        probe: u32::MAX,
        healthy: true,
        uptime: 0,
        last_error: "",
        components: &components[..0],
    };
    vectors.put("health/plain", &plain);
    for (name, code) in
        [("", 0), ("/positive", 3), ("/negative", -1), ("/least", i32::MIN), ("/most", i32::MAX)]
    {
        vectors.put(&format!("stopped{name}"), &Stopped { code });
    }
    vectors.put("child-fault", &ChildFault { child: 61, behind: 1 });
    vectors.put("emit", &Emit { level: Level::Info, text: "größer als 128?" });
    vectors.put("emit/empty", &Emit { level: Level::Error, text: "" });
    let text = &"0123456789".repeat(16);
    vectors.put("emit/longest", &Emit { level: Level::Debug, text });
    vectors.put(
        "info",
        &Info {
            name: "witness",
            version: "0.1.0",
            incarnation: Incarnation(2),
            calls: 128,
            text: "counts\ncalls",
        },
    );
}

fn requests(vectors: &mut Vectors) {
    vectors.put("page", &Page { from: 8 });
    vectors.put("page/far", &Page { from: u16::MAX });
    vectors.put("target", &Target { name: "network" });
    vectors.put("log-from", &LogFrom { sequence: 70_000 });
    vectors.put("grants-of", &GrantsOf { name: "axiom", from: 16 });
    let (interface, at_least) = ("storage/files", Release { major: 1, minor: 0, patch: 300 });
    let below = Some(Release { major: 2, minor: 0, patch: 0 });
    vectors.put("lookup", &Lookup { interface, at_least, below });
    vectors.put("lookup/open", &Lookup { interface, at_least, below: None });
    vectors.put("subscribe", &Subscribe { on: true });
    vectors.put("subscribe/end", &Subscribe { on: false });
    let args = list(["--once", ""]);
    vectors.put("spawn", &Spawn { name: "worker", args });
    vectors.put("grant", &Grant { client: "worker", interface });
    vectors.put("revoke", &Revoke { client: Some("worker"), interface });
    vectors.put("revoke/all", &Revoke { client: None, interface });
    let bytes = &[0x7f, 0x45, 0x4c, 0x46];
    vectors.put("deliver", &Deliver { service: "plugin", offset: 768, bytes, last: false });
    vectors.put("deliver/last", &Deliver { service: "plugin", offset: 20_479, bytes: &[0], last: true });
    vectors.put("switch", &Switch { interface, provider: "ramfs" });
}

fn answers(vectors: &mut Vectors) {
    vectors.put("welcome", &Welcome { supervisor_secret: SECRET, incarnation: Incarnation(7), optional: 5 });
    vectors.put("directive/nothing", &Directive::Nothing);
    vectors.put("directive/probe", &Directive::Probe(300));
    vectors.put("directive/prepare-stop", &Directive::PrepareStop);
    vectors.put("directive/stop", &Directive::Stop);
    vectors.put("directive/crash", &Directive::Crash);
    vectors.put("directive/changed", &Directive::Changed(70_000));
    vectors.put("found", &Found { channel: Some(3), provider: "ramfs", version: "1.0.300" });
    vectors.put("found/host", &Found { channel: None, provider: "ramfs", version: "1.0.300" });
    let rows = list([
        Summary { name: "axiom", layer: 2, state: ServiceState::Running, incarnation: Incarnation(1) },
        Summary { name: "network", layer: 5, state: ServiceState::Disabled, incarnation: Incarnation(200) },
    ]);
    vectors.put("list", &ListPage { total: 300, rows, next: Some(8) });
    vectors.put("list/empty", &ListPage { total: 0, rows: Vec::new(), next: None });
    let status = Status {
        id: 9,
        name: "network",
        version: "0.1.0",
        layer: 5,
        critical: false,
        state: ServiceState::Running,
        incarnation: Incarnation(3),
        restarts: 2,
        uptime: Some(5_000_000),
        last_error: Some(SupervisorError::Crashed.code()),
        priority: 200,
        memory: 1 << 20,
        rejected: 0,
        messages: 4_000_000_000,
        health: Health::NotWell(300),
    };
    vectors.put("status", &status);
    vectors.put("status/well", &Status { health: Health::Well, ..status });
    let down = Status {
        state: ServiceState::Failed,
        critical: true,
        uptime: None,
        last_error: None,
        health: Health::Unknown,
        ..status
    };
    vectors.put("status/down", &down);
    let mut log = payload(&LogPage { count: 1, lost: 2, next: 43 });
    let record = Record { sequence: 42, time: 1_000_000, event: Event::Ready { service: ServiceId(9) } };
    let mut bytes = [0; 64];
    log.extend_from_slice(postcard::to_slice(&record, &mut bytes).unwrap_or_default());
    vectors.line("log", &log, &format!("LogPage {{ count: 1, lost: 2, next: 43 }}, then {record:?}"));
    let rows = list([
        GrantRow { kind: CapKind::Endpoint, at: 77, rights: 5, object: "storage/files" },
        GrantRow { kind: CapKind::Device, at: 0x1000_0000, rights: 3, object: "hpet" },
    ]);
    vectors.put("grants", &GrantsPage { total: 2, rows, next: None });
    let rows = list([
        BootRow { name: "axiom", layer: 2, created: Some(100), started: Some(120), ready: Some(4000) },
        BootRow { name: "late", layer: 7, created: Some(200), started: None, ready: None },
    ]);
    vectors.put("boot", &BootPage { state: BootState::BootingLayer(7), complete: None, rows, next: None });
    vectors.put(
        "boot/complete",
        &BootPage {
            state: BootState::SupervisorMode,
            complete: Some(95_000),
            rows: Vec::new(),
            next: Some(24),
        },
    );
    vectors.put("version", &Version { system: "reference", partenza: "0.1.0", kernel: "seL4 5.0.0 x86_64" });
    vectors.put("uptime", &Uptime { micros: u64::MAX });
    vectors.put(
        "audit",
        &Audit { slots: 512, present: 9, missing: 1, wrong: 2, surplus: 3, types: true, diverted: 4 },
    );
}

/// No payload: it begins with its magic.
fn startup_page(vectors: &mut Vectors) {
    let contents = Contents {
        ipc_buffer: 0x3f_f000,
        optional: 5,
        service: 10,
        supervisor_channel: Some(25),
        serves: Some(1),
        name: "terminal",
        version: "0.1.0",
        args: &["--echo", ""],
        env: &["TERM=dumb"],
        provides: &["shell/line@1.0.0"],
        channels: &[
            Channel { id: 1, rights: RIGHT_WRITE, name: "identity" },
            Channel { id: 3, rights: RIGHT_READ, name: "storage/files" },
            Channel { id: 25, rights: 0, name: "supervisor/control" },
        ],
    };
    let mut page = [0; PAGE_SIZE];
    let used = startup::build(&contents, &mut page).unwrap_or(0);
    let template = page[..used].to_vec();
    let supervisor = Secret(SECRET.0.map(|byte| !byte));
    startup::begin(&mut page, &template, Secrets { service: SECRET, supervisor }, Incarnation(300));
    vectors.line(
        "startup-page",
        &page[..used],
        "the startup page of terminal 0.1.0: IPC buffer at 0x3ff000, incarnation 300, optional grants 0 and 2, \
         service 10, supervisor channel 25, serves on 1; arguments `--echo` and ``, environment TERM=dumb, provides \
         shell/line@1.0.0; channels 1 identity w, 3 storage/files r, 25 supervisor/control",
    );
}
